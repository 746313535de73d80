// @ts-check
/** The plane of two features, cut into cells: what the classifier says of each. */

/** @import { Outputs } from './inference.js' */

const MARGIN = 1.06;
/** Of all points so many may lie outside on each side: a few far ones would make the rest a dot. */
const OUTSIDE = 0.005;

/**
 * Domains of one length, so that a distance looks the same in all directions.
 *
 * @param {ArrayLike<number>[]} planes rows of two features, nearly all of which are inside
 * @param {ArrayLike<number>} marks rows of two features, all of which are inside
 * @returns {[[number, number], [number, number]]}
 */
export function domainsOf(planes, marks) {
  const range = (/** @type {0 | 1} */ axis) => {
    const values = Float64Array.from(
      planes.flatMap((plane) => Array.from(plane).filter((_, at) => at % 2 === axis)),
    ).sort();
    const at = (/** @type {number} */ place) => values[Math.round(place * (values.length - 1))] ?? 0;
    const all = Array.from(marks).filter((_, at) => at % 2 === axis);
    return /** @type {const} */ ([Math.min(at(OUTSIDE), ...all), Math.max(at(1 - OUTSIDE), ...all)]);
  };
  const [left, right] = range(0);
  const [bottom, top] = range(1);
  const half = (Math.max(right - left, top - bottom) / 2) * MARGIN;
  const around = (/** @type {number} */ from, /** @type {number} */ to) =>
    /** @type {[number, number]} */ ([(from + to) / 2 - half, (from + to) / 2 + half]);
  return [around(left, right), around(bottom, top)];
}

/**
 * @param {[[number, number], [number, number]]} domains
 * @param {number} cells on each side
 * @param {(x: Float32Array) => Int32Array} labelsOf rows [count, 2]
 * @returns {{ x: number, x2: number, y: number, y2: number, label: number }[]} neighbours of one label in a row are one run
 */
export function labelRuns([[left, right], [bottom, top]], cells, labelsOf) {
  const [dx, dy] = [(right - left) / cells, (top - bottom) / cells];
  const middles = Float32Array.from({ length: 2 * cells * cells }, (_, at) => {
    const cell = at >> 1;
    return at % 2 ? bottom + (Math.floor(cell / cells) + 0.5) * dy : left + ((cell % cells) + 0.5) * dx;
  });
  const labels = labelsOf(middles);
  /** @type {ReturnType<typeof labelRuns>} */
  const runs = [];
  for (let row = 0; row < cells; row++) {
    let start = 0;
    for (let column = 1; column <= cells; column++) {
      const label = labels[row * cells + start] ?? -1;
      if (column < cells && labels[row * cells + column] === label) continue;
      runs.push({
        x: left + start * dx,
        x2: left + column * dx,
        y: bottom + row * dy,
        y2: bottom + (row + 1) * dy,
        label,
      });
      start = column;
    }
  }
  return runs;
}

/**
 * @param {Outputs} outputs of two features
 * @param {number} count
 * @returns {{ x: number, y: number, label: number }[]} the first so many
 */
export function pointsOf({ embedding, labels }, count) {
  return Array.from(labels.subarray(0, count), (label, row) => ({
    x: embedding[2 * row] ?? Number.NaN,
    y: embedding[2 * row + 1] ?? Number.NaN,
    label,
  }));
}
