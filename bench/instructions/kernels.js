// @ts-check
// Which calls are counted, at which shapes.

import { CenterLoss } from 'center-loss';
import { makeData } from '../data.js';
import { countingEngine } from './engines.js';
import { countOpenSet, OPEN_SET_SHAPES } from './open-set.js';

/** @typedef {import('./compare.js').Counts} Counts */

/** Blocks of everything, a batch of one, few classes, and remainders of four in rows, dimensions and classes. */
const shapes = [
  { B: 256, D: 128, C: 960 },
  { B: 1, D: 512, C: 960 },
  { B: 64, D: 64, C: 10 },
  { B: 33, D: 31, C: 7 },
];

/** @returns {Counts} */
export function countAll() {
  const count = countingEngine();
  return { ...countEach(shapes, countCore, count), ...countEach(OPEN_SET_SHAPES, countOpenSet, count) };
}

/**
 * @param {readonly import('../shapes.js').Shape[]} shapes
 * @param {typeof countCore} countAt
 * @param {(call: () => unknown) => number} count
 * @returns {Counts}
 */
function countEach(shapes, countAt, count) {
  /** @type {Counts} */
  const counts = {};
  for (const shape of shapes) {
    const at = `${shape.B}×${shape.D}×${shape.C}`;
    for (const [kernel, value] of Object.entries(countAt(shape, count))) counts[`${kernel} ${at}`] = value;
  }
  return counts;
}

/**
 * @param {import('../shapes.js').Shape} shape
 * @param {(call: () => unknown) => number} count
 * @returns {Counts}
 */
function countCore(shape, count) {
  const { x, target, centers } = makeData(shape);
  const loss = new CenterLoss(shape.C, shape.D, { init: centers });
  const batch = loss.batch(shape.B);
  batch.x.set(x);
  batch.target.set(target);
  const distances = count(() => loss.centers.distances(x));
  const counts = {
    'gradients, dense': count(() => loss.gradients(batch)),
    'gradients, touched': count(() => loss.gradients(batch, { centers: 'touched' })),
    evaluate: count(() => loss.evaluate(x, target)),
    distances,
    predict: count(() => loss.centers.predict(x)),
    // Probabilities are distances, then softmin in place.
    softmin: count(() => loss.centers.predictProba(x)) - distances,
    // The last, as it moves the centers.
    step: count(() => loss.step(batch)),
  };
  batch.dispose();
  loss.dispose();
  return counts;
}
