// @ts-check
// The calls that are timed over many shapes, in the forms that copy least.

import { CenterLoss } from 'center-loss';
import { makeData } from './data.js';
import { timed } from './measure.js';
import { distancesDemand, gradientsDemand, predictDemand } from './shapes.js';

/** @typedef {import('./shapes.js').Shape} Shape */
/** @typedef {'gradients' | 'step' | 'distances' | 'predict'} Operation */

/** @type {Operation[]} */
export const OPERATIONS = ['gradients', 'step', 'distances', 'predict'];

/** @type {Record<Operation, string>} */
export const TITLES = {
  gradients: 'gradients(batch), touched',
  step: 'step(batch)',
  distances: 'distances(x, out)',
  predict: 'predict(x)',
};

/** A prime, so that rows of no length repeat each other. */
const PERIOD = 65_537;
const normals = makeData({ B: 1, D: 1, C: PERIOD }).centers;

/** As many normal numbers, as fast as memory allows. @param {number} length */
function numbers(length) {
  const array = new Float32Array(length);
  for (let done = 0; done < length; done += PERIOD) array.set(normals.subarray(0, length - done), done);
  return array;
}

/** The most that one shape takes in all, in bytes. @param {Shape} shape */
export const memoryOf = ({ B, D, C }) => 4 * (3 * B * D + C * D + B * C + Math.min(B, C) * D);

/**
 * @param {Shape} shape
 * @param {Operation[]} wanted
 * @returns {{ contenders: import('./measure.js').Contender[], dispose: () => void }} named by operation
 */
export function openOperations(shape, wanted) {
  const { B, D, C } = shape;
  const loss = new CenterLoss(C, D, { init: 'normal', seed: 1, reduction: 'batch' });
  const x = numbers(B * D);
  const batch = loss.batch(B);
  batch.x.set(x);
  batch.target.set(makeData({ B, D: 1, C }).target);
  const out = new Float32Array(B * C);
  const inBatch = gradientsDemand(shape, new Set(batch.target).size, 'touched');
  const touched = /** @type {const} */ ({ centers: 'touched' });

  /** @type {Record<Operation, { run: () => unknown, demand: import('./shapes.js').Demand }>} */
  const calls = {
    gradients: { run: () => loss.gradients(batch, touched), demand: inBatch },
    step: { run: () => loss.step(batch), demand: inBatch },
    distances: { run: () => loss.centers.distances(x, out), demand: distancesDemand(shape) },
    predict: { run: () => loss.centers.predict(x), demand: predictDemand(shape) },
  };
  return {
    contenders: wanted.map((name) => ({
      name,
      group: 'ours',
      demand: calls[name].demand,
      // That results are right is for the tests and for bench/run.js to see.
      outcome: () => ({}),
      tolerance: 0,
      time: timed(calls[name].run),
    })),
    dispose() {
      batch.dispose();
      loss.dispose();
    },
  };
}
