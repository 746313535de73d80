// @ts-check
/** One training of one split and what it gives: the unit of work of the demo. */

import { classMeans } from '../figures.js';
import { infer } from './inference.js';
import { objective } from './losses.js';
import { Network } from './network.js';
import { KNOWN, openSet, SPLITS } from './splits.js';
import { train } from './train.js';

/** @import { Digits } from '../mnist.js' */
/** @import { Outputs } from './inference.js' */
/** @import { Method, Settings } from './settings.js' */

/**
 * @typedef {object} Job
 * @property {number} split index into SPLITS
 * @property {number} nDim
 * @property {Method} method
 * @property {number} seed of held-out digits, weights, batches and centers
 * @property {number} limit of digits to train on
 * @property {Settings} settings
 */

/**
 * @typedef {object} Trained
 * @property {Float32Array} centers [C, D] as trained; the class means of the training embeddings where the method has none
 * @property {Outputs} validation
 * @property {Outputs} test
 * @property {Outputs} unknown
 * @property {Outputs | null} fashion
 * @property {number} seconds of training
 */

/**
 * @param {Job} job
 * @param {{ mnist: { train: Digits, test: Digits }, fashion: Digits | null, table: Float32Array }} data
 * @param {() => void} onStep
 * @returns {Trained}
 */
export function runJob({ split, nDim, method, seed, limit, settings }, { mnist, fashion, table }, onStep) {
  const known = SPLITS[split];
  if (!known) throw new Error(`there is no split ${split}`);
  // The split is part of the seed, or every split would start from the same weights.
  const own = seed * SPLITS.length + split;
  const set = openSet(mnist, known, { seed: own, limit });
  const network = new Network({ nDim, nClasses: KNOWN, seed: own });
  const loss = objective(method, { nClasses: KNOWN, nDim, seed: own, settings });
  const started = performance.now();
  train(network, loss, set.train, table, { ...settings, seed: own }, onStep);
  const seconds = (performance.now() - started) / 1000;
  const outputs = (/** @type {Digits} */ digits) => infer(network, loss.embedding, digits, table);
  const centers = loss.centers() ?? meansOf(outputs(set.train));
  const trained = {
    centers,
    validation: outputs(set.validation),
    test: outputs(set.test),
    unknown: outputs(set.unknown),
    fashion: fashion && outputs(fashion),
    seconds,
  };
  network.dispose();
  loss.dispose();
  return trained;
}

/** @param {Outputs} outputs */
function meansOf({ embedding, labels }) {
  return Float32Array.from(classMeans(embedding, labels, KNOWN));
}
