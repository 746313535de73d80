// @ts-check
/** Softmax cross-entropy + λ · center loss, on the network of network.js. */

import * as tf from '@tensorflow/tfjs';
import { centerLossTerm } from 'center-loss/tfjs';
import { batches } from './batches.js';
import { accuracy } from './figures.js';
import { infer } from './inference.js';
import { CLASSES, PIXELS } from './mnist.js';
import { Network } from './network.js';
import { lambdaAt, learningRateAt } from './settings.js';

/** @import { CenterLoss } from 'center-loss' */
/** @import { Digits } from './mnist.js' */
/** @import { Settings } from './settings.js' */

/**
 * @typedef {object} Step what one batch gave
 * @property {number} epoch from 0, with its fraction
 * @property {number} softmax mean cross-entropy
 * @property {number} center center loss before λ; 0 without
 * @property {number} total what was minimized
 * @property {number} accuracy of the softmax head on this batch
 */

/**
 * @typedef {object} Check on the test set after an epoch
 * @property {number} epoch
 * @property {number} head accuracy by softmax head
 * @property {number | null} nearest accuracy by nearest center, if there are centers
 */

/**
 * @typedef {object} Training
 * @property {Network} network
 * @property {Step[]} steps
 * @property {Check[]} checks
 * @property {number} seconds without the checks
 */

/**
 * @param {{ train: Digits, test: Digits, table: Float32Array }} data
 * @param {Settings} settings
 * @param {CenterLoss | null} loss null: softmax only
 * @param {(step: Step) => void} onStep
 * @returns {Training}
 */
export function train(data, settings, loss, onStep) {
  const network = new Network(settings.seed);
  const optimizer = tf.train.adam(settings.learningRate);
  const centerTerm = loss && centerLossTerm(tf, loss, { alpha: settings.alpha });
  const stepsPerEpoch = Math.floor(data.train.count / settings.batchSize);
  /** @type {Step[]} */
  const steps = [];
  /** @type {Check[]} */
  const checks = [];
  let seconds = 0;

  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const start = performance.now();
    const seed = `${settings.seed}/${epoch}`;
    for (const { pixels, labels } of batches(data.train, data.table, { ...settings, seed })) {
      const progress = steps.length / (stepsPerEpoch * settings.epochs);
      // Adam declares its learning rate protected, but reads it anew at every step.
      Object.assign(optimizer, { learningRate: learningRateAt(settings, progress) });
      const lambda = lambdaAt(settings, progress);
      const step = { epoch: steps.length / stepsPerEpoch, softmax: 0, center: 0, total: 0, accuracy: 0 };
      tf.tidy(() => {
        const x = tf.tensor2d(pixels, [labels.length, PIXELS]);
        const wanted = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES);
        const { value, grads } = tf.variableGrads(() => {
          const features = network.features(x);
          const logits = network.logits(features);
          /** @type {tf.Scalar} */
          const softmax = tf.losses.softmaxCrossEntropy(wanted, logits);
          step.softmax = numberIn(softmax);
          step.accuracy = accuracy(tf.argMax(logits, 1).dataSync(), labels);
          if (!centerTerm) return softmax;
          const center = centerTerm(features, labels);
          step.center = numberIn(center);
          return /** @type {tf.Scalar} */ (tf.add(softmax, tf.mul(center, lambda)));
        }, network.variables);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        step.total = numberIn(value);
      });
      if (!Number.isFinite(step.total)) {
        throw new Error(`training diverged: the loss is ${step.total} in epoch ${step.epoch.toFixed(2)}`);
      }
      steps.push(step);
      onStep(step);
    }
    seconds += (performance.now() - start) / 1000;
    const { features, predicted } = infer(network, data.test, data.table);
    checks.push({
      epoch: epoch + 1,
      head: accuracy(predicted, data.test.labels),
      nearest: loss && accuracy(loss.centers.predict(features), data.test.labels),
    });
  }
  optimizer.dispose();
  return { network, steps, checks, seconds };
}

/** @param {tf.Scalar} scalar */
function numberIn(scalar) {
  return scalar.dataSync()[0] ?? Number.NaN;
}
