// @ts-check
// Usage: node scripts/charts/pictures.js [FOLDER] — draws the pictures of the pages that need no training and no bench: losses
// and accuracy from calls of the package, lambda and cores from the figures that the pages give.

import { readFileSync } from 'node:fs';
import { CACLoss, CenterLoss, ClassCenters, ContrastiveCenterLoss, TripletCenterLoss } from 'center-loss';
import { PICTURES, writePicture } from './render.js';
import { CLASS_COLORS } from './theme.js';

/** @import { Colors } from './theme.js' */

const page = (/** @type {string} */ name) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
const SERIES = [0, 6, 3, 5].map((at) => String(CLASS_COLORS[at]));
const DASHES = [
  [1, 0],
  [7, 3],
  [2, 2],
  [7, 2, 2, 2],
];

/**
 * Lines with a legend.
 *
 * @param {{ x: number | string, y: number, name: string }[]} values
 * @param {{ x: object, y: object, legend?: object, layer?: object[], [key: string]: unknown }} options
 */
function lines(values, { x, y, legend, layer = [], ...rest }) {
  const domain = [...new Set(values.map(({ name }) => name))];
  const byName = (/** @type {unknown[]} */ range) => ({
    field: 'name',
    type: 'nominal',
    scale: { domain, range: range.slice(0, domain.length) },
    legend: { title: null, symbolType: 'stroke', symbolSize: 400, rowPadding: 6, ...legend },
  });
  const encoding = {
    x: { field: 'x', ...x },
    y: { field: 'y', ...y },
    color: byName(SERIES),
    strokeDash: byName(DASHES),
  };
  return {
    ...rest,
    layer: [...layer, { data: { values }, mark: { type: 'line', strokeWidth: 2.5, clip: true }, encoding }],
  };
}

/** Table of docs/training.md: accuracy and AUROC by λ. */
function lambda() {
  const [, head = '', ...rows] = /** @type {RegExpMatchArray} */ (
    page('training').match(/\| λ, `'batch'` (\|.*)\n\|[-|]+\n\|(.*)\n\|(.*)\n\|(.*)\n/)
  );
  const cells = (/** @type {string} */ row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .filter((cell) => cell !== '');
  const values = rows.flatMap((row) => {
    const [name = '', ...figures] = cells(row);
    return figures.map((figure, i) => ({
      name,
      x: cells(head)[i] ?? '',
      y: Number.parseFloat(figure),
    }));
  });
  return () => ({
    title: {
      text: 'A larger λ separates unknown digits better, until accuracy suffers',
      subtitle: 'Six known digits of MNIST. AUROC: how well the distance tells the other four from them.',
    },
    ...lines(values, {
      width: 460,
      height: 240,
      x: {
        type: 'ordinal',
        sort: null,
        title: "λ, with reduction: 'batch'",
        axis: { labelAngle: 0 },
        scale: { padding: 0.2 },
      },
      y: { type: 'quantitative', title: '%', scale: { domain: [60, 100] }, axis: { tickCount: 5 } },
    }),
  });
}

/** Figures of docs/many-cores.md. */
function cores() {
  const found = page('many-cores').match(
    /one thread takes (\d+) ms \((\d+)–(\d+)\) and two take (\d+) ms \((\d+)–(\d+)\)/,
  );
  const [one, oneLow, oneHigh, two, twoLow, twoHigh] = /** @type {RegExpMatchArray} */ (found).slice(1).map(Number);
  const values = [
    { threads: 'one thread', ms: one, low: oneLow, high: oneHigh },
    { threads: 'two threads', ms: two, low: twoLow, high: twoHigh },
  ];
  const y = { field: 'threads', type: 'nominal', title: null, axis: { ticks: false, labelPadding: 6 } };
  const axis = { title: 'milliseconds', scale: { domainMin: 0 }, axis: { tickCount: 5 } };
  return (/** @type {Colors} */ colors) => ({
    title: {
      text: 'Two threads take about half the time of one',
      subtitle: '1,000,000 rows of 128 values, 100 classes, on two cores. Line: quartiles of the rounds.',
    },
    width: 580,
    height: { step: 44 },
    data: { values },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.7 }, color: colors.known },
        encoding: { y, x: { field: 'ms', type: 'quantitative', ...axis } },
      },
      {
        mark: { type: 'rule', strokeWidth: 2, color: colors.text },
        encoding: { y, x: { field: 'low', type: 'quantitative', ...axis }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 8, color: colors.background, fontWeight: 'bold' },
        encoding: { y, x: { datum: 0 }, text: { field: 'ms', type: 'quantitative', format: 'd' } },
      },
    ],
  });
}

const [ROWS, CLASSES, DIM] = [256, 100, 64];

/** Typical distance of a value from its center: 64 of them give a squared distance of 0.006. */
const SPREAD = 0.0097;
const OFFSETS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

/** Smaller errors, 0 too, are drawn at it: the axis is logarithmic. */
const LEAST_ERROR = 1e-8;

/** Error of the squared distances of rows to their own centers, by the distance of all from the origin. */
function accuracy() {
  const normal = new CenterLoss(ROWS + CLASSES, DIM, { init: 'normal', seed: 1 }).centers.params.slice();
  const values = OFFSETS.flatMap((offset) => {
    const params = normal.slice(0, CLASSES * DIM).map((value) => value + offset);
    const centers = new ClassCenters(CLASSES, DIM);
    centers.params.set(params);
    const own = (/** @type {number} */ row) => row % CLASSES;
    const x = Float32Array.from({ length: ROWS * DIM }, (_, i) => {
      const center = Number(params[own(Math.floor(i / DIM)) * DIM + (i % DIM)]);
      return center + SPREAD * Number(normal[CLASSES * DIM + i]);
    });
    const distances = centers.distances(x);
    const worst = { ours: 0, expanded: 0 };
    for (let row = 0; row < ROWS; row++) {
      const [a, b] = [x.subarray(row * DIM, (row + 1) * DIM), params.subarray(own(row) * DIM, (own(row) + 1) * DIM)];
      const truth = a.reduce((sum, value, i) => sum + (value - Number(b[i])) ** 2, 0);
      const error = (/** @type {number} */ distance) => Math.abs(distance - truth) / truth;
      worst.ours = Math.max(worst.ours, error(Number(distances[row * CLASSES + own(row)])));
      worst.expanded = Math.max(worst.expanded, error(expansion(a, b)));
    }
    return [
      { x: offset, y: Math.max(worst.ours, LEAST_ERROR), name: 'center-loss' },
      { x: offset, y: worst.expanded, name: 'expansion in float32' },
    ];
  });
  const log = (/** @type {string} */ title, /** @type {[number, number]} */ domain, /** @type {number[]} */ ticks) => ({
    type: 'quantitative',
    title,
    scale: { type: 'log', domain },
    axis: { values: ticks, format: '~g', ...(domain[0] < 0.01 && { format: '.0e' }) },
  });
  const x = log('offset of all rows and centers from the origin', [0.1, 1000], [0.1, 1, 10, 100, 1000]);
  const y = log('largest relative error', [LEAST_ERROR, 1e4], [1e-8, 1e-6, 1e-4, 1e-2, 1, 1e2, 1e4]);
  return (/** @type {Colors} */ colors) => ({
    title: {
      text: 'Error of a squared distance, far from the origin',
      subtitle: [
        `${ROWS} rows of ${DIM} values in ${CLASSES} tight clusters: squared distances are about 0.006.`,
        'An error of 1 is as large as the distance. The truth is the sum in float64. Bottom: 1e-8 or less.',
      ],
    },
    ...lines(values, {
      width: 420,
      height: 260,
      x,
      y,
      layer: [
        {
          data: { values: [{ y: 1e-5 }] },
          mark: { type: 'rule', strokeDash: [4, 3], color: colors.text },
          encoding: { y: { ...y, field: 'y' } },
        },
        {
          data: { values: [{ y: 1e-5 }] },
          mark: { type: 'text', align: 'left', baseline: 'bottom', dx: 6, dy: -4 },
          encoding: { x: { value: 0 }, y: { ...y, field: 'y' }, text: { value: 'bound of center-loss: 1e-5' } },
        },
      ],
    }),
  });
}

/** ‖a‖² + ‖b‖² − 2a·b as usual float32 code computes it: every step is rounded. @param {Float32Array} a @param {Float32Array} b */
function expansion(a, b) {
  const { fround } = Math;
  const dot = (/** @type {Float32Array} */ u, /** @type {Float32Array} */ v) =>
    u.reduce((sum, value, i) => fround(sum + fround(value * Number(v[i]))), 0);
  return fround(fround(dot(a, a) + dot(b, b)) - fround(2 * dot(a, b)));
}

/** Points of a curve, and place of the other center. */
const STEPS = 160;
const OTHER = 4;

/** Losses of one row by its distance to its center, and by its place between two centers. */
function losses() {
  const curve = (/** @type {string} */ name, /** @type {number} */ end, /** @type {(x: number) => number} */ f) =>
    Array.from({ length: STEPS + 1 }, (_, i) => ({ name, x: (i / STEPS) * end, y: f((i / STEPS) * end) }));
  const init = new Float32Array([0, 0, OTHER, 0]);
  const shared = /** @type {const} */ ({ init, reduction: 'batch' });
  const at =
    (/** @type {CenterLoss | CACLoss | ContrastiveCenterLoss | TripletCenterLoss} */ loss) =>
    (/** @type {number} */ x) =>
      loss.evaluate([[x, 0]], [0]);
  const own = [
    ["the default, metric 'sqeuclidean'", {}],
    ["metric 'euclidean'", { metric: 'euclidean' }],
    ["metric 'euclidean', radius 1", { metric: 'euclidean', radius: 1 }],
    ["… and penalty 'half-squared'", { metric: 'euclidean', radius: 1, penalty: 'half-squared' }],
  ].flatMap(([name, options]) =>
    curve(String(name), 3, at(new CenterLoss(2, 2, { ...shared, .../** @type {object} */ (options) }))),
  );
  const separating = [
    ...curve('TripletCenterLoss', OTHER, at(new TripletCenterLoss(2, 2, shared))),
    ...curve('ContrastiveCenterLoss', OTHER, at(new ContrastiveCenterLoss(2, 2, shared))),
    ...curve('CACLoss', OTHER, at(new CACLoss(2, 2, { ...shared, magnitude: 1 }))),
  ];
  const size = { width: 270, height: 220, legend: { orient: 'bottom', direction: 'vertical', columns: 1 } };
  const axis = (/** @type {string} */ title, /** @type {[number, number]} */ domain) => ({
    type: 'quantitative',
    title,
    scale: { domain, nice: false },
    axis: { tickCount: 4 },
  });
  const title = (/** @type {string} */ text) => ({ text, fontSize: 13, offset: 6, frame: 'group' });
  return () => ({
    title: {
      text: 'The loss of one row',
      subtitle: 'Left: CenterLoss. Right: losses that also look at another center, which is 4 away.',
    },
    hconcat: [
      lines(own, {
        ...size,
        title: title('by the distance to its center'),
        x: axis('distance ‖x − c‖', [0, 3]),
        y: axis('loss', [0, 4]),
      }),
      lines(separating, {
        ...size,
        title: title('on the way to another center'),
        x: axis('place: 0 own center, 4 other', [0, OTHER]),
        y: axis('loss', [0, 12]),
      }),
    ],
    resolve: { scale: { color: 'independent', strokeDash: 'independent' } },
  });
}

for (const [name, draw] of Object.entries({
  lambda: lambda(),
  cores: cores(),
  accuracy: accuracy(),
  losses: losses(),
})) {
  await writePicture(process.argv[2] ?? PICTURES, name, draw);
}
