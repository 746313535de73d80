// @ts-check

import { columns } from '../columns.js';
import { TITLES } from '../operations.js';
import { duration } from '../table.js';
import { isOff, OFF } from './line.js';

/** @typedef {import('./sweep.js').Curve} Curve */

const times = (/** @type {number} */ ratio) => `× ${ratio.toFixed(2)}`;

/** All points of one axis, each with its ratio to the line. @param {Curve[]} curves @returns {string} */
export function axisTable(curves) {
  const axis = curves[0]?.axis ?? '';
  const lines = curves[0]?.points.map(({ n }, row) => [
    n.toLocaleString('en'),
    ...curves.flatMap(({ points }) => {
      const { ns, ratio } = points[row] ?? { ns: Number.NaN, ratio: Number.NaN };
      return [duration(ns), `${times(ratio)}${isOff(ratio) ? ' !' : '  '}`];
    }),
  ]);
  const head = [axis, ...curves.flatMap(({ operation }) => [TITLES[operation], 'of line  '])];
  const slopes = curves.flatMap(({ a, b }) => [`${duration(a)} + ${duration(b)}·${axis}`, '']);
  return columns([head, ...(lines ?? []), ['line', ...slopes]]);
}

/** @param {Curve[]} curves @returns {string} */
export function offTheLine(curves) {
  const off = curves.flatMap(({ axis, operation, points }) =>
    points
      .filter(({ ratio }) => isOff(ratio))
      .map(
        ({ n, ratio }) => `  ${TITLES[operation]} at ${axis} = ${n.toLocaleString('en')}: ${times(ratio)} of the line`,
      ),
  );
  const all = curves.reduce((sum, { points }) => sum + points.length, 0);
  return [`${off.length} of ${all} points lie off their line by more than ${OFF} ×`, ...off].join('\n');
}
