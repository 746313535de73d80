// @ts-check
/** A trained network on a set of images: what the scores are computed from. */

import * as tf from '@tensorflow/tfjs';
import { PIXELS } from '../mnist.js';
import { imageOf, writeInput } from '../pixels.js';

/** @import { Digits } from '../mnist.js' */
/** @import { Network } from './network.js' */

/** Bounds the memory of the activations. */
const CHUNK = 1000;

/**
 * @typedef {object} Outputs
 * @property {Float32Array} embedding [count, D], where the distances to centers are taken
 * @property {Int32Array} labels below 0: unknown
 * @property {Int32Array} predicted the class of the largest logit
 * @property {Float32Array} notMaxSoftmax 1 − the largest softmax probability (Hendrycks & Gimpel 2017)
 * @property {Float32Array} notMaxLogit − the largest logit (Vaze et al. 2022)
 */

/**
 * @param {Network} network
 * @param {'features' | 'logits'} from which of the two the embedding is
 * @param {Digits} digits
 * @param {Float32Array} table from `normalization`
 * @returns {Outputs}
 */
export function infer(network, from, digits, table) {
  /** @type {Float32Array | undefined} */
  let embedding;
  const predicted = new Int32Array(digits.count);
  const notMaxSoftmax = new Float32Array(digits.count);
  const notMaxLogit = new Float32Array(digits.count);
  for (let start = 0; start < digits.count; start += CHUNK) {
    const count = Math.min(CHUNK, digits.count - start);
    const pixels = new Float32Array(count * PIXELS);
    for (let i = 0; i < count; i++) {
      writeInput(pixels.subarray(i * PIXELS, (i + 1) * PIXELS), imageOf(digits, start + i), table);
    }
    tf.tidy(() => {
      const features = network.features(tf.tensor2d(pixels, [count, PIXELS]));
      const logits = network.logits(features);
      const rows = from === 'features' ? features : logits;
      const width = rows.shape[1];
      embedding ??= new Float32Array(digits.count * width);
      embedding.set(rows.dataSync(), start * width);
      const largest = tf.argMax(logits, 1);
      predicted.set(largest.dataSync(), start);
      notMaxLogit.set(tf.neg(tf.max(logits, 1)).dataSync(), start);
      notMaxSoftmax.set(othersShare(logits, /** @type {tf.Tensor1D} */ (largest)).dataSync(), start);
    });
  }
  return { embedding: embedding ?? new Float32Array(), labels: digits.labels, predicted, notMaxSoftmax, notMaxLogit };
}

/**
 * 1 − max softmax as the sum of the others' probabilities: subtracted from 1, the many rows that a network is sure of
 * would all be 0, and their order lost.
 *
 * @param {tf.Tensor2D} logits
 * @param {tf.Tensor1D} largest
 */
function othersShare(logits, largest) {
  const others = tf.sub(1, tf.oneHot(largest, logits.shape[1]));
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  const sum = tf.sum(tf.mul(tf.exp(shifted), others), 1);
  return tf.div(sum, tf.add(sum, 1));
}
