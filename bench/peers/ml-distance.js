// @ts-check
// ml-distance has distances of pairs. With plain arrays that V8 keeps as bare doubles it takes a third to a half of the
// time that it takes with typed ones at 960 centers. At 10,000, which these caches don't hold, it takes 1.5 times theirs; but
// a process in which it has seen both is slower with either, so all works get the one form.
// The loops around them are written twice, here and for simsimd: shared, the call would not be inlined.

import { distance } from 'ml-distance';
import { timed } from '../measure.js';
import { rowsOf } from './rows.js';

/** Sums in float64. */
const TOLERANCE = 1e-5;

/**
 * @param {import('../shapes.js').Work} work
 * @param {import('../data.js').Data} data
 * @returns {import('../measure.js').Contender[]}
 */
export function contenders({ kind, shape: { B, D, C } }, data) {
  if (kind !== 'distances' && kind !== 'predict') return [];
  const { squaredEuclidean } = distance;
  const x = rowsOf(data.x, D, doubles);
  const centers = rowsOf(data.centers, D, doubles);
  const all = new Float32Array(B * C);
  const nearest = new Int32Array(B);

  const distances = () => {
    let at = 0;
    for (const row of x) for (const center of centers) all[at++] = squaredEuclidean(row, center);
    return { distances: all };
  };
  const predict = () => {
    for (let b = 0; b < B; b++) {
      const row = /** @type {number[]} */ (x[b]);
      let least = Infinity;
      let c = 0;
      for (const center of centers) {
        const value = squaredEuclidean(row, center);
        if (value < least) {
          least = value;
          nearest[b] = c;
        }
        c++;
      }
    }
    return { nearest };
  };
  const run = kind === 'distances' ? distances : predict;
  return [{ name: 'ml-distance', group: 'peer', tolerance: TOLERANCE, outcome: run, time: timed(run) }];
}

/** An array that has held doubles from the start stays one of doubles. @param {Float32Array} row */
function doubles(row) {
  const values = new Array(row.length).fill(0.5);
  row.forEach((value, d) => {
    values[d] = value;
  });
  return values;
}
