// @ts-check
/**
 * Picture of what center loss does, as an SVG that moves by itself in an `<img>`: features move to their centers, circles
 * appear around these, then unknown digits. A reader who asks for less motion sees the last state.
 */

import { extent, mean } from 'd3-array';
import { CLASS_COLORS, FONT, WIDTH } from '../../scripts/charts/theme.js';
import { placeOf } from './charts.js';
import { percent } from './report.js';

/** @import { Colors } from '../../scripts/charts/theme.js' */

const HEIGHT = 420;
const PANEL = { x: 8, y: 8, side: 404 };
const CAPTIONS = { x: 436, y: 44, step: 84 };

/** Pixels between the frame and the outermost things inside, and between a ring and the name of its class. */
const MARGIN = 22;
const NAME_GAP = 22;

/** Seconds of a round, and shares of it at which the training starts and ends, and the next stages start. */
const SECONDS = 13;
const STAGES = { train: 0.1, trained: 0.5, radius: 0.56, unknown: 0.72 };
const FADE = 0.025;

/** @typedef {{ x: number, y: number }} Place in the plane of features */

/**
 * @typedef {object} Scene
 * @property {number[]} digits digit of each label
 * @property {ArrayLike<number>} centers [digits, 2]
 * @property {number} radius within which a digit is accepted
 * @property {Float32Array[]} frames features [count, 2] at moments of the training
 * @property {Int32Array} labels of these features
 * @property {Float32Array} unknown features [count, 2] after the training
 * @property {number} accepted share of known digits
 * @property {number} refused share of unknown digits
 * @property {number[]} unknownDigits the digits of these
 */

/** @param {Scene} scene @param {Colors} colors @returns {string} */
export function movingPicture(scene, colors) {
  const alt =
    'Features of digits move from a heap into one cluster for each class. A circle around each center holds nearly all ' +
    'known digits. Most unknown digits lie outside of the circles.';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="${FONT}" font-size="13">
<title>${alt}</title>
<style>.still{display:none}@media(prefers-reduced-motion:reduce){.still{display:inline}.moving{display:none}}</style>
<clipPath id="panel"><rect x="${PANEL.x}" y="${PANEL.y}" width="${PANEL.side}" height="${PANEL.side}"/></clipPath>
<rect width="100%" height="100%" fill="${colors.background}"/>
<g class="moving">${draw(scene, colors, true)}</g>
<g class="still">${draw(scene, colors, false)}</g>
<rect x="${PANEL.x}" y="${PANEL.y}" width="${PANEL.side}" height="${PANEL.side}" fill="none" stroke="${colors.frame}"/>
</svg>
`;
}

/** @param {Scene} scene @param {Colors} colors @param {boolean} moves */
function draw({ digits, centers, radius, frames, labels, unknown, accepted, refused, unknownDigits }, colors, moves) {
  const centerPlaces = digits.map((_, label) => placeOf(centers, label));
  const last = /** @type {Float32Array} */ (frames.at(-1));
  const { at, scale } = panelScale([...centerPlaces, ...places(last), ...places(unknown)]);
  /** Motion over the training, with rests before and after. @param {Place[]} way */
  const motion = (way) => {
    const values = [way[0], ...way, way.at(-1)].map((place) => at(/** @type {Place} */ (place)));
    return `<animateMotion dur="${SECONDS}s" repeatCount="indefinite" calcMode="linear" keyTimes="${keyTimes(way.length)}" values="${values.join(';')}"/>`;
  };
  /** Element that moves along a way, or is at its end. @param {Place[]} way @param {string} tag @param {string} attributes @param {string} content */
  const moved = (way, tag, attributes, content = '') => {
    const end = /** @type {Place} */ (way.at(-1));
    if (moves) return `<${tag}${attributes}>${content}${motion(way)}</${tag}>`;
    return `<${tag} transform="translate(${at(end)})"${attributes}>${content}</${tag}>`;
  };
  /** Content that appears at a share of the round. @param {number} share @param {string} content @param {number} before opacity until then */
  const appears = (share, content, before = 0) =>
    moves ? `<g>${content}${opacity([before, before, 1, 1], [0, share, share + FADE, 1])}</g>` : `<g>${content}</g>`;

  const rows = Array.from(labels.keys());
  const dots = digits.map((digit, label) => {
    const own = rows.filter((row) => labels[row] === label);
    const circles = own.map((row) =>
      moved(
        frames.map((frame) => placeOf(frame, row)),
        'circle',
        ' r="2.6"',
      ),
    );
    return `<g fill="${CLASS_COLORS[digit]}">${circles.join('')}</g>`;
  });
  const names = digits.map((digit, label) => {
    const own = rows.filter((row) => labels[row] === label);
    const { x, y } = /** @type {Place} */ (centerPlaces[label]);
    const away = NAME_GAP / Math.hypot(x, y) / scale;
    const way = frames.map((frame) => ({
      x: Number(mean(own, (row) => placeOf(frame, row).x)) + x * away,
      y: Number(mean(own, (row) => placeOf(frame, row).y)) + y * away,
    }));
    return moved(way, 'text', ' dy="5.5"', String(digit));
  });
  const rings = centerPlaces.map((place) => `<circle r="4" transform="translate(${at(place)})"/>`);
  const circles = centerPlaces.map(
    (place) => `<circle r="${(radius * scale).toFixed(1)}" transform="translate(${at(place)})"/>`,
  );
  const crosses = places(unknown).map((place) => `<path transform="translate(${at(place)})" d="M-3-3L3 3M3-3L-3 3"/>`);
  const captions = [
    ['Start', 'A new network gives each image', 'two features. All digits mix.'],
    ['Train', 'Center loss pulls each digit', 'to the center of its class.'],
    ['Measure', 'One radius around the centers', `holds ${percent(accepted, 0)} of known digits.`],
    ['Decide', `Digits it never saw, ${unknownDigits.join(' ')}:`, `${percent(refused, 0)} lie outside: unknown.`],
  ].map(([title, ...lines], i) => {
    const y = CAPTIONS.y + i * CAPTIONS.step;
    const text = lines.map((line, row) => `<text x="${CAPTIONS.x}" y="${y + 22 + 19 * row}">${line}</text>`);
    const share = [0, STAGES.train, STAGES.radius, STAGES.unknown][i] ?? 0;
    const head = `<text x="${CAPTIONS.x}" y="${y}" font-weight="bold" font-size="15">${i + 1}. ${title}</text>`;
    return share === 0 ? head + text.join('') : appears(share, head + text.join(''), 0.4);
  });
  const y = CAPTIONS.y + captions.length * CAPTIONS.step;
  const legend = `<g fill="none" stroke="${colors.unknown}" stroke-width="2"><path transform="translate(${CAPTIONS.x + 4} ${y})" d="M-4-4L4 4M4-4L-4 4"/></g>
<text x="${CAPTIONS.x + 18}" y="${y + 5}">unknown digit</text>`;

  const plane = [
    appears(STAGES.radius, `<g fill="${colors.accepted}">${circles.join('')}</g>`),
    ...dots,
    appears(STAGES.unknown, `<g stroke="${colors.unknown}" stroke-width="1.6" fill="none">${crosses.join('')}</g>`),
    appears(
      STAGES.trained,
      `<g fill="${colors.background}" stroke="${colors.text}" stroke-width="2">${rings.join('')}</g>`,
    ),
    `<g fill="${colors.text}" stroke="${colors.background}" stroke-width="4" paint-order="stroke" font-weight="bold" font-size="17" text-anchor="middle">${names.join('')}</g>`,
  ].join('\n');
  const round = moves ? opacity([1, 1, 0], [0, 1 - FADE, 1]) : '';
  return `<g clip-path="url(#panel)"><g>${plane}${round}</g></g><g fill="${colors.text}">${captions.join('\n')}${appears(STAGES.unknown, legend)}</g>`;
}

/** @param {number[]} values @param {number[]} times */
function opacity(values, times) {
  return `<animate attributeName="opacity" dur="${SECONDS}s" repeatCount="indefinite" values="${values.join(';')}" keyTimes="${times.map(short).join(';')}"/>`;
}

/** Moments of a way: its first place from 0 on, its last one until 1. @param {number} count of its places */
function keyTimes(count) {
  const { train, trained } = STAGES;
  const times = Array.from({ length: count }, (_, i) => train + (i / (count - 1)) * (trained - train));
  return [0, ...times, 1].map(short).join(';');
}

/** @param {number} value */
const short = (value) => String(Math.round(value * 1000) / 1000).replace(/^0\./, '.');

/** @param {Float32Array} rows [count, 2] */
const places = (rows) => Array.from({ length: rows.length / 2 }, (_, row) => placeOf(rows, row));

/** Function from features to pixels, the same in both directions. @param {Place[]} all */
function panelScale(all) {
  const [left = 0, right = 0] = extent(all, ({ x }) => x);
  const [bottom = 0, top = 0] = extent(all, ({ y }) => y);
  const scale = (PANEL.side - 2 * MARGIN) / Math.max(right - left, top - bottom);
  const middle = PANEL.side / 2;
  const pixel = (/** @type {number} */ value) => value.toFixed(1).replace(/\.0$/, '');
  const at = (/** @type {Place} */ { x, y }) =>
    `${pixel(PANEL.x + middle + (x - (left + right) / 2) * scale)} ${pixel(PANEL.y + middle - (y - (bottom + top) / 2) * scale)}`;
  return { at, scale };
}
