// @ts-check
// Libraries that have a distance of two vectors, in loops over all pairs.
//
// ml-distance, which is JavaScript, takes a third to a half of the time at 960 centers with plain arrays that V8 keeps as
// bare doubles. At 10,000, which these caches don't hold, it takes 1.5 times the time of typed ones; but a process in
// which it has seen both is slower with either. simsimd is native: each pair is a call out of JavaScript.

import { timed } from '../measure.js';

/** @import { Baseline } from '../types.js' */

/**
 * @param {string} name
 * @param {(a: any, b: any) => number} squared
 * @param {boolean} asDoubles  rows as plain arrays rather than Float32Arrays
 * @returns {Baseline}
 */
export const pairsBaseline = (name, squared, asDoubles) => ({
  implementations({ operation, shape: { B, D, C } }, data) {
    if (operation !== 'distances' && operation !== 'predict') return [];
    /** @param {Float32Array} values @param {number} rows */
    const rowsOf = (values, rows) =>
      Array.from({ length: rows }, (_, row) => {
        const part = values.subarray(row * D, (row + 1) * D);
        return asDoubles ? doubles(part) : part;
      });
    const x = rowsOf(data.x, B);
    const centers = rowsOf(data.centers, C);
    const all = new Float32Array(B * C);
    const nearest = new Int32Array(B);

    const distances = () => {
      let i = 0;
      for (const row of x) for (const center of centers) all[i++] = squared(row, center);
      return { distances: all };
    };
    const predict = () => {
      x.forEach((row, b) => {
        let least = Infinity;
        let c = 0;
        for (const center of centers) {
          const value = squared(row, center);
          if (value < least) {
            least = value;
            nearest[b] = c;
          }
          c++;
        }
      });
      return { nearest };
    };
    const results = operation === 'distances' ? distances : predict;
    return [{ name, tolerance: asDoubles ? 1e-5 : 1e-4, results, time: timed(results) }];
  },
});

/** An array that has held doubles from the start stays one of doubles. @param {Float32Array} row */
function doubles(row) {
  const values = new Array(row.length).fill(0.5);
  row.forEach((value, d) => {
    values[d] = value;
  });
  return values;
}
