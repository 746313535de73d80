// @ts-check
// simsimd has distances of pairs, in native code with the widest vectors of the machine, so each pair is a call out of
// JavaScript. The loops are those of ml-distance.js, which says why they are not shared.

import { sqeuclidean } from 'simsimd';
import { timed } from '../measure.js';
import { rowsOf } from './rows.js';

const TOLERANCE = 1e-4;

/**
 * @param {import('../shapes.js').Work} work
 * @param {import('../data.js').Data} data
 * @returns {import('../measure.js').Contender[]}
 */
export function contenders({ kind, shape: { B, D, C } }, data) {
  if (kind !== 'distances' && kind !== 'predict') return [];
  const x = rowsOf(data.x, D, (row) => row);
  const centers = rowsOf(data.centers, D, (row) => row);
  const all = new Float32Array(B * C);
  const nearest = new Int32Array(B);

  const distances = () => {
    let at = 0;
    for (const row of x) for (const center of centers) all[at++] = sqeuclidean(row, center);
    return { distances: all };
  };
  const predict = () => {
    for (let b = 0; b < B; b++) {
      const row = /** @type {Float32Array} */ (x[b]);
      let least = Infinity;
      let c = 0;
      for (const center of centers) {
        const value = sqeuclidean(row, center);
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
  return [{ name: 'simsimd', group: 'peer', tolerance: TOLERANCE, outcome: run, time: timed(run) }];
}
