// @ts-check
/** Pictures, as Vega-Lite specifications. */

import { quantile } from 'd3-array';

/** @typedef {import('vega-lite/build/src/spec/index.js').NonNormalizedSpec} Spec */

/** Colors of the digits 0 to 9, Tableau's. */
const DIGIT_COLORS = [
  ...['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd'],
  ...['#8c564b', '#e377c2', '#7f7f7f', '#bcbd22', '#17becf'],
];
const UNKNOWN = 'unknown';

/** Cells on each side of a plane in which the decision is drawn. */
const CELLS = 100;

/** Share of the points that may lie outside the plane on each side if decisions are drawn in it. */
const OUTSIDE = 0.005;
const MARGIN = 1.04;

/** Scores below it, 0 too, are drawn at it: the axis is logarithmic. */
const LEAST_SCORE = 1e-10;

/** Panels side by side by their frames: without a browser, the width of the text around them is only estimated. */
export const ALIGNED = /** @type {const} */ ({ bounds: 'flush', spacing: 84 });

/**
 * @typedef {object} Plane of two features
 * @property {string} title
 * @property {string[]} subtitle
 * @property {number} side in pixels
 * @property {number[]} digits digit of each label
 * @property {ArrayLike<number>} centers [digits, 2]
 * @property {{ features: Float32Array, labels: Int32Array }[]} points drawn one after the other; label below 0: unknown
 * @property {(rows: Float32Array) => Int32Array} [labelsOf] decision about places [count, 2], drawn as the background
 */

/**
 * Features of digits by class, with a marked center for each class.
 *
 * @param {Plane} plane
 * @returns {Spec}
 */
export function plane({ title, subtitle, side, digits, centers, points, labelsOf }) {
  const nameOf = (/** @type {number} */ label) => String(digits[label] ?? UNKNOWN);
  const dots = points.flatMap(({ features, labels }) =>
    Array.from(labels, (label, row) => ({ ...placeOf(features, row), digit: nameOf(label) })),
  );
  const marks = digits.map((_, label) => ({ ...placeOf(centers, label), digit: nameOf(label) }));
  const [xDomain, yDomain] = squareDomains(dots, marks, labelsOf ? OUTSIDE : 0);
  const axis = (/** @type {string} */ field, /** @type {string} */ title, /** @type {[number, number]} */ domain) =>
    /** @type {const} */ ({
      field,
      type: 'quantitative',
      title,
      scale: { domain, nice: false },
      axis: { tickCount: 7, grid: !labelsOf },
    });
  const x = axis('x', 'feature 1', xDomain);
  const y = axis('y', 'feature 2', yDomain);
  const color = /** @type {const} */ ({
    field: 'digit',
    type: 'nominal',
    scale: {
      domain: [...digits.map(String), ...(labelsOf ? [UNKNOWN] : [])],
      range: [...digits.map((digit) => DIGIT_COLORS[digit] ?? 'black'), 'black'],
    },
    legend: { symbolType: 'circle', symbolSize: 90, orient: labelsOf ? 'bottom' : 'right' },
  });
  const cells = labelsOf ? decidedCells(xDomain, yDomain, labelsOf) : [];
  return {
    title: { text: title, subtitle, frame: 'group' },
    width: side,
    height: side,
    layer: [
      {
        data: { values: cells.map(({ label, ...cell }) => ({ ...cell, digit: nameOf(label) })) },
        mark: { type: 'rect', opacity: 0.3, aria: false },
        encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' }, color },
      },
      {
        data: { values: dots },
        mark: { type: 'circle', size: 7, opacity: 0.55, clip: true, aria: false },
        encoding: { x, y, color },
      },
      {
        data: { values: marks },
        mark: { type: 'circle', size: 190, fill: 'white', stroke: 'black', strokeWidth: 1.6, opacity: 0.95 },
        encoding: { x, y },
      },
      {
        data: { values: marks },
        mark: { type: 'text', fontSize: 10, fontWeight: 'bold', color: 'black', baseline: 'middle', dy: 0.5 },
        encoding: { x, y, text: { field: 'digit', type: 'nominal' } },
      },
    ],
  };
}

/** @param {ArrayLike<number>} rows [count, 2] @param {number} row */
function placeOf(rows, row) {
  return { x: Number(rows[2 * row]), y: Number(rows[2 * row + 1]) };
}

/**
 * Domains of one length for axes of one length, so that a distance looks the same in all directions.
 *
 * @param {{ x: number, y: number }[]} dots
 * @param {{ x: number, y: number }[]} marks all of which are inside
 * @param {number} outside share of the dots that may be outside, on each side
 * @returns {[[number, number], [number, number]]}
 */
function squareDomains(dots, marks, outside) {
  const [x, y] = /** @type {const} */ (['x', 'y']).map((key) => {
    const at = (/** @type {number} */ share) => Number(quantile(dots, share, (dot) => dot[key]));
    const centers = marks.map((mark) => mark[key]);
    return { low: Math.min(at(outside), ...centers), high: Math.max(at(1 - outside), ...centers) };
  });
  if (!x || !y) throw new Error('a plane has two axes');
  const half = (Math.max(x.high - x.low, y.high - y.low) / 2) * MARGIN;
  return [
    [(x.low + x.high) / 2 - half, (x.low + x.high) / 2 + half],
    [(y.low + y.high) / 2 - half, (y.low + y.high) / 2 + half],
  ];
}

/**
 * Cells of the plane whose middle is accepted as a class.
 *
 * @param {[number, number]} xDomain
 * @param {[number, number]} yDomain
 * @param {(rows: Float32Array) => Int32Array} labelsOf
 */
function decidedCells([left, right], [bottom, top], labelsOf) {
  const [dx, dy] = [(right - left) / CELLS, (top - bottom) / CELLS];
  const cells = Array.from({ length: CELLS ** 2 }, (_, i) => ({
    x: left + (i % CELLS) * dx,
    y: bottom + Math.floor(i / CELLS) * dy,
  }));
  const labels = labelsOf(Float32Array.from(cells.flatMap(({ x, y }) => [x + dx / 2, y + dy / 2])));
  return cells
    .map(({ x, y }, i) => ({ x, x2: x + dx, y, y2: y + dy, label: Number(labels[i]) }))
    .filter(({ label }) => label >= 0);
}

/**
 * Scores of known and unknown digits, one panel for each training.
 *
 * @param {string} subtitle
 * @param {{ title: string, score: string, threshold: number, known: Float32Array, unknown: Float32Array }[]} panels
 * @returns {Spec}
 */
export function histograms(subtitle, panels) {
  return {
    title: { text: 'Scores of the test digits', subtitle },
    hconcat: panels.map(({ title, score, threshold, known, unknown }) => {
      const values = Object.entries({ known, unknown }).flatMap(([group, scores]) =>
        Array.from(scores, (value) => ({ group: `${group} digits`, log: Math.log10(Math.max(value, LEAST_SCORE)) })),
      );
      return {
        title: { text: title, fontSize: 13, offset: 6, frame: 'group' },
        width: 270,
        height: 200,
        layer: [
          {
            data: { values },
            mark: { type: 'bar', opacity: 0.55, binSpacing: 0, aria: false },
            encoding: {
              x: {
                field: 'log',
                bin: { maxbins: 60 },
                title: score,
                axis: { grid: false, ticks: false, labelExpr: "format(pow(10, datum.value), '.1~g')" },
              },
              y: { aggregate: 'count', stack: null, title: 'digits', axis: { tickCount: 5 } },
              color: {
                field: 'group',
                type: 'nominal',
                scale: { range: ['#1f5fa8', '#d9480f'] },
                legend: { title: null, orient: 'bottom' },
              },
            },
          },
          {
            data: { values: [{ log: Math.log10(threshold) }] },
            mark: { type: 'rule', strokeDash: [4, 3], strokeWidth: 1.4, color: 'black', aria: false },
            encoding: { x: { field: 'log', type: 'quantitative' } },
          },
        ],
      };
    }),
    // One scale of counts, so that areas compare across the panels.
    resolve: { scale: { y: 'shared' } },
    ...ALIGNED,
  };
}
