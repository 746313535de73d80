// @ts-check

import { columns } from '../columns.js';
import { TITLES } from '../operations.js';
import { spread } from '../summary.js';
import { duration } from '../table.js';
import { KINDS } from './grid.js';

/** @typedef {import('./survey.js').Spot} Spot */

const percent = (/** @type {number} */ share) => `${Math.round(100 * share)} %`;

/** Of each call. @param {Spot[]} spots @param {number} count @returns {string} */
export function coldest(spots, count) {
  const cold = KINDS.flatMap((kind) =>
    spots
      .filter((spot) => spot.kind === kind)
      .sort((a, b) => a.efficiency - b.efficiency)
      .slice(0, count),
  );
  return columns([
    ['coldest spots', 'B', 'D', 'C', 'time', 'efficiency', 'bound by'],
    ...cold.map(({ kind, B, D, C, ns, efficiency, by }) => [
      TITLES[kind],
      ...[B, D, C].map((size) => size.toLocaleString('en')),
      duration(ns),
      percent(efficiency),
      by,
    ]),
  ]);
}

/** @param {Spot[]} spots @returns {string} */
export function byKind(spots) {
  return columns([
    ['efficiency over all shapes', 'least', 'median', 'most'],
    ...KINDS.map((kind) => {
      const { median, min, max } = spread(spots.filter((spot) => spot.kind === kind).map((spot) => spot.efficiency));
      return [TITLES[kind], ...[min, median, max].map(percent)];
    }),
  ]);
}
