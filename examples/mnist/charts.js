// @ts-check
/** Pictures, as Vega-Lite specifications. */

import { bin, bisectRight, max, quantile, ticks } from 'd3-array';
import { CLASS_COLORS } from '../../scripts/charts/theme.js';

/** @import { Colors } from '../../scripts/charts/theme.js' */
/** @typedef {import('vega-lite/build/src/spec/index.js').NonNormalizedSpec} Spec */

/** CSS pixels on a side of a plane: two fit beside each other. */
const SIDE = 280;

/** Cells on each side of a plane in which the decision is drawn: one for each pixel of the PNG. */
const CELLS = 2 * SIDE;

/** Share of the points that may lie outside the plane on each side. */
const OUTSIDE = 0.002;
const MARGIN = 1.12;

/** Share of the points of a class that are nearer to the origin than its name, and pixels between them and the name. */
const NAMED_BEYOND = 0.97;
const NAME_GAP = 12;

/** Scores below it, 0 too, are drawn at it: the axis is logarithmic. */
const LEAST_SCORE = 1e-10;
const BINS = 40;
const HISTOGRAM_SIDE = 190;
const SHORT_NUMBER = "format(datum.value, datum.value < 0.01 ? '.0e' : '~g')";

/** Points of a curve, of thousands that nobody can tell apart. */
const CURVE_POINTS = 300;

/** Panels side by side by their frames, with pixels between for the labels of an axis. */
export const ALIGNED = /** @type {const} */ ({ bounds: 'flush', spacing: 56 });

/**
 * @typedef {object} Plane of two features
 * @property {string} title
 * @property {string[]} subtitle
 * @property {number[]} digits digit of each label
 * @property {ArrayLike<number>} centers [digits, 2]
 * @property {{ features: Float32Array, labels: Int32Array }} known
 * @property {Float32Array} [unknown] features
 * @property {(rows: Float32Array) => Int32Array} [labelsOf] decision about places [count, 2], drawn as the background
 */

/**
 * Features of digits, with a ring at the center of each class and its name beside. Without a decision, a class has its
 * color; with one, all known digits have one color.
 *
 * @param {Plane} plane
 * @param {Colors} colors
 * @returns {Spec}
 */
export function plane({ title, subtitle, digits, centers, known, unknown, labelsOf }, colors) {
  const dots = Array.from(known.labels, (label, row) => ({
    ...placeOf(known.features, row),
    label,
    color: labelsOf ? colors.known : CLASS_COLORS[Number(digits[label])],
  }));
  const unknownDots = Array.from({ length: (unknown?.length ?? 0) / 2 }, (_, row) =>
    placeOf(/** @type {Float32Array} */ (unknown), row),
  );
  const rings = digits.map((_, label) => placeOf(centers, label));
  const [xDomain, yDomain] = squareDomains(dots, rings);
  const axis = (/** @type {string} */ field, /** @type {string} */ title, /** @type {[number, number]} */ domain) =>
    /** @type {const} */ ({
      field,
      type: 'quantitative',
      title,
      scale: { domain, nice: false },
      // A label at a corner would move the titles of one panel.
      axis: {
        values: ticks(...domain, 6).filter(
          (tick) => Math.abs(tick - (domain[0] + domain[1]) / 2) < 0.47 * (domain[1] - domain[0]),
        ),
        grid: false,
      },
    });
  const x = axis('x', 'feature 1', xDomain);
  const y = axis('y', 'feature 2', yDomain);
  const names = digits.map((digit, label) => {
    const own = dots.filter((dot) => dot.label === label);
    return { ...beyond(own, ((xDomain[1] - xDomain[0]) / SIDE) * NAME_GAP), digit: String(digit) };
  });
  const name = { type: 'text', fontSize: 15, fontWeight: 'bold', baseline: 'middle', aria: false };
  const named = { data: { values: names }, encoding: { x, y, text: { field: 'digit', type: 'nominal' } } };
  const layer = [
    {
      data: { values: labelsOf ? acceptedRuns(xDomain, yDomain, labelsOf) : [] },
      mark: { type: 'rect', color: colors.accepted, aria: false },
      encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' } },
    },
    {
      data: { values: dots },
      mark: { type: 'circle', size: 7, opacity: 0.8, clip: true, aria: false },
      encoding: { x, y, color: { field: 'color', type: 'nominal', scale: null } },
    },
    {
      data: { values: unknownDots },
      mark: { type: 'point', shape: 'cross', size: 9, color: colors.unknown, filled: true, clip: true, aria: false },
      encoding: { x, y },
    },
    {
      data: { values: rings },
      mark: { type: 'circle', size: 60, fill: colors.background, stroke: colors.text, strokeWidth: 2, opacity: 1 },
      encoding: { x, y },
    },
    // A halo in the color of the background keeps a name legible on dots.
    { ...named, mark: { ...name, color: colors.background, stroke: colors.background, strokeWidth: 4 } },
    { ...named, mark: name },
  ];
  const text = { text: title, subtitle, frame: 'group', fontSize: 13, offset: 8 };
  return /** @type {Spec} */ ({ title: text, width: SIDE, height: SIDE, layer });
}

/** @param {ArrayLike<number>} rows [count, 2] @param {number} row */
export function placeOf(rows, row) {
  return { x: Number(rows[2 * row]), y: Number(rows[2 * row + 1]) };
}

/**
 * Domains of one length for axes of one length, so that a distance looks the same in all directions.
 *
 * @param {{ x: number, y: number }[]} dots
 * @param {{ x: number, y: number }[]} rings all of which are inside
 * @returns {[[number, number], [number, number]]}
 */
function squareDomains(dots, rings) {
  const [x, y] = /** @type {const} */ (['x', 'y']).map((key) => {
    const at = (/** @type {number} */ share) => Number(quantile(dots, share, (dot) => dot[key]));
    const centers = rings.map((ring) => ring[key]);
    return { low: Math.min(at(OUTSIDE), ...centers), high: Math.max(at(1 - OUTSIDE), ...centers) };
  });
  if (!x || !y) throw new Error('a plane has two axes');
  const half = (Math.max(x.high - x.low, y.high - y.low) / 2) * MARGIN;
  return [
    [(x.low + x.high) / 2 - half, (x.low + x.high) / 2 + half],
    [(y.low + y.high) / 2 - half, (y.low + y.high) / 2 + half],
  ];
}

/** Place behind nearly all dots of a class, as seen from the origin. @param {{ x: number, y: number }[]} dots @param {number} gap */
function beyond(dots, gap) {
  const [x, y] = [Number(quantile(dots, 0.5, (dot) => dot.x)), Number(quantile(dots, 0.5, (dot) => dot.y))];
  const length = Math.hypot(x, y);
  const reach = Number(quantile(dots, NAMED_BEYOND, (dot) => (dot.x * x + dot.y * y) / length)) + gap;
  return { x: (x / length) * reach, y: (y / length) * reach };
}

/**
 * Parts of the plane that are accepted as a class, as horizontal runs of cells. A narrow gap is between classes.
 *
 * @param {[number, number]} xDomain
 * @param {[number, number]} yDomain
 * @param {(rows: Float32Array) => Int32Array} labelsOf
 */
function acceptedRuns([left, right], [bottom, top], labelsOf) {
  const [dx, dy] = [(right - left) / CELLS, (top - bottom) / CELLS];
  const places = Array.from({ length: CELLS ** 2 }, (_, i) => [
    left + ((i % CELLS) + 0.5) * dx,
    bottom + (Math.floor(i / CELLS) + 0.5) * dy,
  ]);
  const labels = labelsOf(Float32Array.from(places.flat()));
  const isBorder = (/** @type {number} */ i) =>
    [1, 2, CELLS, 2 * CELLS].some((step) => Number(labels[i + step]) >= 0 && labels[i + step] !== labels[i]);
  /** @type {{ x: number, x2: number, y: number, y2: number }[]} */
  const runs = [];
  for (let row = 0; row < CELLS; row++) {
    for (let start = 0, end = 0; end <= CELLS; end++) {
      const i = row * CELLS + end;
      if (end < CELLS && Number(labels[i]) >= 0 && !isBorder(i)) continue;
      if (end > start) {
        // A run also covers half of the next row, lest a seam shows between them.
        runs.push({ x: left + start * dx, x2: left + end * dx, y: bottom + row * dy, y2: bottom + (row + 1.5) * dy });
      }
      start = end + 1;
    }
  }
  return runs;
}

/**
 * @typedef {object} Scores of one training
 * @property {string} training
 * @property {string} score
 * @property {string} axis  the score, or a function of it
 * @property {number} threshold
 * @property {Float32Array} known
 * @property {Float32Array} unknown
 */

/**
 * Histograms of the scores of known and unknown digits, one panel for each training.
 *
 * @param {string[]} subtitle
 * @param {Scores[]} panels
 * @param {Colors} colors
 * @returns {Spec}
 */
export function histograms(subtitle, panels, colors) {
  const drawn = panels.map((panel) => {
    const logs = (/** @type {Float32Array} */ scores) =>
      Array.from(scores, (score) => Math.log10(Math.max(score, LEAST_SCORE)));
    const groups = { known: logs(panel.known), unknown: logs(panel.unknown) };
    const all = Object.values(groups).flat();
    const [least = 0, most = 0] = [quantile(all, 0.001), quantile(all, 1)];
    const edges = Array.from({ length: BINS }, (_, i) => least + (i / BINS) * (most - least));
    const bars = Object.entries(groups).flatMap(([group, scores]) =>
      bin()
        .domain([least, most])
        .thresholds(edges)(scores)
        .map((each) => ({
          group,
          low: 10 ** Number(each.x0),
          high: 10 ** Number(each.x1),
          count: each.length,
        })),
    );
    const tops = Object.entries(groups).map(([group, scores]) => ({
      group,
      at: 10 ** Number(quantile(scores, 0.5)),
      count: Number(max(bars, (bar) => (bar.group === group ? bar.count : 0))),
    }));
    return { ...panel, bars, tops };
  });
  const most = Number(max(drawn, ({ tops }) => max(tops, ({ count }) => count)));
  const color = {
    field: 'group',
    type: 'nominal',
    scale: { domain: ['known', 'unknown'], range: [colors.known, colors.unknown] },
    legend: null,
  };
  return /** @type {Spec} */ ({
    title: { text: 'Scores of known and unknown digits', subtitle },
    hconcat: drawn.map(({ training, axis, threshold, bars, tops }, i) => {
      const count = {
        type: 'quantitative',
        title: i === 0 ? 'digits' : null,
        // One scale of counts, so that areas compare across the panels, with room for the names above.
        scale: { domain: [0, 1.15 * most] },
        axis: { tickCount: 5, labels: i === 0, ticks: i === 0 },
      };
      const x = { type: 'quantitative', title: axis, scale: { type: 'log', nice: false } };
      return {
        title: { text: training, fontSize: 13, offset: 6, frame: 'group' },
        width: HISTOGRAM_SIDE,
        height: HISTOGRAM_SIDE,
        layer: [
          {
            data: { values: bars },
            mark: { type: 'rect', opacity: 0.6, aria: false },
            encoding: {
              x: {
                ...x,
                field: 'low',
                axis: {
                  grid: false,
                  ticks: false,
                  tickCount: 3,
                  labelSeparation: 10,
                  labelOverlap: 'greedy',
                  labelExpr: SHORT_NUMBER,
                },
              },
              x2: { field: 'high' },
              y: { ...count, field: 'count' },
              y2: { datum: 0 },
              color,
            },
          },
          {
            data: { values: [{ threshold }] },
            mark: { type: 'rule', strokeDash: [4, 3], strokeWidth: 1.5, color: colors.text, aria: false },
            encoding: { x: { ...x, field: 'threshold' } },
          },
          ...tops.flatMap(({ group, at, count: top }) => {
            const isKnown = group === 'known';
            // The highest bar of unknown digits is near the right edge.
            const mark = {
              type: 'text',
              align: isKnown ? 'center' : 'right',
              baseline: 'bottom',
              dy: -4,
              fontWeight: 'bold',
            };
            const encoding = {
              x: isKnown ? { ...x, datum: at } : { value: HISTOGRAM_SIDE - 4 },
              y: { ...count, datum: top },
              text: { value: group },
            };
            const data = { values: [{}] };
            return [
              {
                data,
                mark: { ...mark, color: colors.background, stroke: colors.background, strokeWidth: 4 },
                encoding,
              },
              { data, mark: { ...mark, color: isKnown ? colors.known : colors.unknown }, encoding },
            ];
          }),
        ],
      };
    }),
    ...ALIGNED,
    spacing: 20,
  });
}

/**
 * Receiver operating characteristic: the share of known digits that a threshold accepts, over that of unknown ones.
 *
 * @param {string[]} subtitle
 * @param {(Scores & { auroc: number })[]} curves best last
 * @param {Colors} colors
 * @returns {Spec}
 */
export function rocCurves(subtitle, curves, colors) {
  const share = (/** @type {Float32Array} */ sorted, /** @type {number} */ threshold) =>
    bisectRight(sorted, threshold) / sorted.length;
  const name = (/** @type {Scores & { auroc: number }} */ { training, score, auroc }) =>
    `${training}, ${score}: ${(100 * auroc).toFixed(1)}`;
  const sorted = curves.map((curve) => ({
    ...curve,
    name: name(curve),
    known: curve.known.toSorted(),
    unknown: curve.unknown.toSorted(),
  }));
  const place = (/** @type {typeof sorted[number]} */ { name, known, unknown }, /** @type {number} */ threshold) => ({
    name,
    known: share(known, threshold),
    unknown: share(unknown, threshold),
  });
  const lines = sorted.flatMap((curve) => {
    const thresholds = [...curve.known, ...curve.unknown].sort((a, b) => a - b);
    return [
      { name: curve.name, known: 0, unknown: 0 },
      ...Array.from({ length: CURVE_POINTS }, (_, i) =>
        place(curve, Number(thresholds[Math.round((i / (CURVE_POINTS - 1)) * (thresholds.length - 1))])),
      ),
    ];
  });
  const names = sorted.map(({ name }) => name).reverse();
  const axis = (/** @type {string} */ field, /** @type {string} */ title) => ({
    field,
    type: 'quantitative',
    title,
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
  });
  const x = axis('unknown', 'unknown digits accepted');
  const y = axis('known', 'known digits accepted');
  const color = {
    field: 'name',
    type: 'nominal',
    scale: { domain: names, range: [5, 0, 6, 3].map((digit) => CLASS_COLORS[digit]) },
    legend: {
      title: 'training, score: AUROC in %',
      orient: 'right',
      symbolType: 'stroke',
      symbolSize: 400,
      rowPadding: 8,
      offset: 16,
    },
  };
  const dash = {
    field: 'name',
    type: 'nominal',
    scale: {
      domain: names,
      range: [
        [8, 2],
        [1, 0],
        [2, 2],
        [6, 2, 2, 2],
      ],
    },
  };
  return /** @type {Spec} */ ({
    title: { text: 'How many known and unknown digits each threshold accepts', subtitle },
    width: 320,
    height: 320,
    layer: [
      {
        data: {
          values: [
            { known: 0, unknown: 0 },
            { known: 1, unknown: 1 },
          ],
        },
        mark: { type: 'line', color: colors.frame, strokeWidth: 1, aria: false },
        encoding: { x, y },
      },
      {
        data: { values: lines },
        mark: { type: 'line', strokeWidth: 2.5, aria: false },
        encoding: { x, y, color, strokeDash: dash, order: { field: 'unknown' } },
      },
      {
        data: { values: sorted.map((curve) => place(curve, curve.threshold)) },
        mark: { type: 'circle', size: 70, opacity: 1, stroke: colors.text, strokeWidth: 1.5, aria: false },
        encoding: { x, y, color },
      },
    ],
  });
}
