// @ts-check
// Exact search of usearch: native code that compares all pairs by NumKong, the successor of simsimd, which npm has in no
// package of its own.

import { exactSearch, MetricKind } from 'usearch';
import { timed } from '../measure.js';

/** @import { Case, Data, Implementation } from '../types.js' */

/** @param {Case} one @param {Data} data @returns {Implementation[]} */
export function implementations({ operation, shape: { D } }, { x, centers }) {
  if (operation !== 'predict') return [];
  const results = () => ({ nearest: Array.from(exactSearch(centers, x, D, 1, MetricKind.L2sq, 1).keys, Number) });
  return [{ name: 'usearch, exact', tolerance: 0, results, time: timed(results) }];
}
