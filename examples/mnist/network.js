// @ts-check
/**
 * The network and its training, in TensorFlow.js on the WebAssembly backend: a multilayer perceptron 784-256-128-D
 * gives D features, and a linear layer turns them into one logit for each class.
 */

import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { batches, PIXELS, pixelsOf } from './data.js';

/** @import { Digits } from './data.js' */
/** @import { Objective } from './losses.js' */

const HIDDEN = [256, 128];

/** Slope of the rectifiers below 0. */
const SLOPE = 0.1;

/** Share of the training in which the learning rate rises to its maximum. */
const WARM_UP = 0.02;

/** Digits in one forward pass of `infer`. More digits need more memory for the activations. */
const CHUNK = 1000;

export const SETTINGS = { batchSize: 128, learningRate: 3e-3, shift: 1 };

/** Starts the backend. No tensor may exist before, because tfjs would put it on its slow CPU backend. */
export async function startBackend() {
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js did not start');
  // The gradient of tfjs multiplies by transposed operands, for which the backend has scalar loops only. A training
  // step is five times as fast if the operands are transposed first.
  tf.unregisterGradient('BatchMatMul');
  tf.registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = /** @type {[tf.Tensor2D, tf.Tensor2D]} */ (saved);
      const product = /** @type {tf.Tensor2D} */ (dy);
      return { a: () => tf.matMul(product, tf.transpose(b)), b: () => tf.matMul(tf.transpose(a), product) };
    },
  });
}

export class Network {
  #layers;

  /** @param {{ nDim: number, nClasses: number, seed: number }} options */
  constructor({ nDim, nClasses, seed }) {
    this.nDim = nDim;
    this.nClasses = nClasses;
    const sizes = [PIXELS, ...HIDDEN, nDim, nClasses];
    this.#layers = sizes.slice(1).map((outputs, i) => {
      // tfjs takes seed 0 for "no seed", hence the + 1.
      const initializer = tf.initializers.heNormal({ seed: seed * sizes.length + i + 1 });
      const weights = initializer.apply([Number(sizes[i]), outputs], 'float32');
      return {
        weights: tf.variable(/** @type {tf.Tensor2D} */ (weights)),
        bias: tf.variable(tf.zeros([outputs])),
      };
    });
  }

  /** @param {tf.Tensor2D} pixels [B, 784] @returns {tf.Tensor2D} [B, nDim] */
  features(pixels) {
    return this.#layers.slice(0, -1).reduce((x, layer, i) => {
      const y = affine(x, layer);
      return i < HIDDEN.length ? tf.leakyRelu(y, SLOPE) : y;
    }, pixels);
  }

  /** @param {tf.Tensor2D} features [B, nDim] @returns {tf.Tensor2D} [B, nClasses] */
  logits(features) {
    return this.#layers.slice(-1).reduce(affine, features);
  }

  get variables() {
    return this.#layers.flatMap(({ weights, bias }) => [weights, bias]);
  }

  dispose() {
    tf.dispose(this.variables);
  }
}

/** @param {tf.Tensor2D} x @param {{ weights: tf.Tensor2D, bias: tf.Tensor }} layer @returns {tf.Tensor2D} */
function affine(x, { weights, bias }) {
  return tf.add(tf.matMul(x, weights), bias);
}

/** @param {number} count of the digits @param {number} epochs */
export function stepsOf(count, epochs) {
  return Math.floor(count / SETTINGS.batchSize) * epochs;
}

/**
 * @typedef {object} TrainingOptions
 * @property {number} epochs
 * @property {number} seed of the order and the shifts of the digits
 * @property {(loss: number) => void} onStep
 */

/**
 * Minimizes an objective by Adam. The learning rate follows half a cosine down to 0.
 *
 * @param {Network} network
 * @param {Objective} objective
 * @param {Digits} digits
 * @param {TrainingOptions} options
 */
export async function train(network, objective, digits, { epochs, seed, onStep }) {
  const { learningRate, ...batching } = SETTINGS;
  const optimizer = tf.train.adam(learningRate);
  const total = stepsOf(digits.labels.length, epochs);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { pixels, labels } of batches(digits, { ...batching, seed: `${seed}/${epoch}` })) {
      const progress = step / total;
      // TypeScript has the learning rate protected, but Adam reads it anew at every step.
      Object.assign(optimizer, {
        learningRate: (learningRate * Math.min(1, progress / WARM_UP) * (1 + Math.cos(Math.PI * progress))) / 2,
      });
      const loss = tf.tidy(() => {
        const cost = optimizer.minimize(
          () => {
            const features = network.features(pixels);
            return objective.loss({ features, logits: network.logits(features), labels, progress });
          },
          true,
          network.variables,
        );
        return Number(cost?.dataSync()[0]);
      });
      pixels.dispose();
      if (!Number.isFinite(loss)) throw new Error(`the training diverged: the loss is ${loss} in step ${step}`);
      step += 1;
      onStep(loss);
      // Lets the progress bar and Ctrl+C have their turn.
      await setImmediate();
    }
  }
  optimizer.dispose();
}

/**
 * @typedef {object} Outputs of a trained network
 * @property {Float32Array} embedding [count, D] features or logits
 * @property {Int32Array} labels of the digits
 * @property {Int32Array} predicted class of the largest logit
 * @property {Float32Array} notMaxSoftmax 1 − the largest softmax probability (Hendrycks & Gimpel 2017)
 * @property {Float32Array} notMaxLogit − the largest logit (Vaze et al. 2022)
 */

/**
 * @param {Network} network
 * @param {Digits} digits
 * @param {'features' | 'logits'} layer that has the centers
 * @returns {Outputs}
 */
export function infer(network, digits, layer = 'features') {
  const count = digits.labels.length;
  const width = layer === 'features' ? network.nDim : network.nClasses;
  const embedding = new Float32Array(count * width);
  const predicted = new Int32Array(count);
  const notMaxSoftmax = new Float32Array(count);
  const notMaxLogit = new Float32Array(count);
  for (let start = 0; start < count; start += CHUNK) {
    tf.tidy(() => {
      const rows = Int32Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => start + i);
      const features = network.features(pixelsOf(digits, rows));
      const logits = network.logits(features);
      const largest = tf.max(logits, 1, true);
      const others = tf.less(logits, largest);
      // 1 − max softmax as the sum of the other probabilities: a difference from 1 would round to 0 for most digits.
      const sum = tf.sum(tf.mul(tf.exp(tf.sub(logits, largest)), others), 1);
      embedding.set((layer === 'features' ? features : logits).dataSync(), start * width);
      predicted.set(tf.argMax(logits, 1).dataSync(), start);
      notMaxSoftmax.set(tf.div(sum, tf.add(sum, 1)).dataSync(), start);
      notMaxLogit.set(tf.neg(largest).dataSync(), start);
    });
  }
  return { embedding, labels: digits.labels, predicted, notMaxSoftmax, notMaxLogit };
}
