// @ts-check

import { measure } from '../measure.js';
import { memoryOf, OPERATIONS, openOperations } from '../operations.js';
import { spread } from '../summary.js';
import { fitLine } from './line.js';

/** @typedef {'B' | 'D' | 'C'} Axis */
/** @typedef {{ n: number, ns: number, line: number, ratio: number }} Point  `line` is the line's time, `ratio` that of ns to it */
/** @typedef {{ axis: Axis, operation: import('../operations.js').Operation, a: number, b: number, points: Point[] }} Curve */

/** @type {Axis[]} */
export const AXES = ['B', 'D', 'C'];

/** What the other two sizes are: small enough that each alone may be a million. */
export const BASE = { B: 32, D: 32, C: 32 };
export const MEMORY = 1e9;

/**
 * @param {number[]} sizes
 * @param {import('../measure.js').Effort} effort
 * @param {number} sweeps  there and back: a slow minute of the machine then meets a size only once
 * @param {(axis: Axis, n: number) => void} onShape  before each
 * @returns {Promise<Curve[]>}
 */
export async function sweep(sizes, effort, sweeps, onShape) {
  /** @type {Curve[]} */
  const curves = [];
  for (const axis of AXES) {
    const shapes = sizes
      .map((n) => ({ n, shape: { ...BASE, [axis]: n } }))
      .filter(({ shape }) => memoryOf(shape) < MEMORY);
    /** @type {Map<string, number>} */
    const least = new Map();
    for (let turn = 0; turn < sweeps; turn++) {
      for (const { n, shape } of turn % 2 === 0 ? shapes : shapes.toReversed()) {
        onShape(axis, n);
        const { contenders, dispose } = openOperations(shape, OPERATIONS);
        for (const { contender, samples } of await measure(contenders, effort)) {
          const key = `${contender.name} ${n}`;
          least.set(key, Math.min(least.get(key) ?? Infinity, spread(samples).min));
        }
        dispose();
      }
    }
    for (const operation of OPERATIONS) {
      const times = shapes.map(({ n }) => ({ n, t: least.get(`${operation} ${n}`) ?? Number.NaN }));
      const { a, b } = fitLine(times);
      const points = times.map(({ n, t }) => ({ n, ns: t, line: a + b * n, ratio: t / (a + b * n) }));
      curves.push({ axis, operation, a, b, points });
    }
  }
  return curves;
}
