// @ts-check
/** One training on the known digits. */

import * as tf from '@tensorflow/tfjs';
import { batches } from '../batches.js';
import { PIXELS } from '../mnist.js';
import { learningRateAt } from '../settings.js';

/** @import { Digits } from '../mnist.js' */
/** @import { Objective } from './losses.js' */
/** @import { Network } from './network.js' */
/** @import { Settings } from './settings.js' */

/**
 * @param {Network} network
 * @param {Objective} objective
 * @param {Digits} digits
 * @param {Float32Array} table from `normalization`
 * @param {Settings & { seed: number }} settings
 * @param {() => void} onStep
 */
export function train(network, objective, digits, table, settings, onStep) {
  const optimizer = tf.train.adam(settings.learningRate);
  const total = stepsOf(digits.count, settings);
  let done = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const seed = `${settings.seed}/${epoch}`;
    for (const { pixels, labels } of batches(digits, table, { ...settings, seed })) {
      const progress = done / total;
      // Adam declares its learning rate protected, but reads it anew at every step.
      Object.assign(optimizer, { learningRate: learningRateAt(settings, progress) });
      tf.tidy(() => {
        const x = tf.tensor2d(pixels, [labels.length, PIXELS]);
        const { value, grads } = tf.variableGrads(() => {
          const features = network.features(x);
          return objective.value(features, network.logits(features), labels, progress);
        }, network.variables);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        const loss = value.dataSync()[0] ?? Number.NaN;
        if (!Number.isFinite(loss)) throw new Error(`training diverged: the loss is ${loss} in step ${done}`);
      });
      done += 1;
      onStep();
    }
  }
  optimizer.dispose();
}

/**
 * @param {number} count of the digits
 * @param {{ batchSize: number, epochs: number }} settings
 */
export function stepsOf(count, { batchSize, epochs }) {
  return Math.floor(count / batchSize) * epochs;
}
