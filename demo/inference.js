// @ts-check
/** A trained network on a whole set of digits. */

import * as tf from '@tensorflow/tfjs';
import { PIXELS } from './mnist.js';
import { FEATURES } from './network.js';
import { imageOf, writeInput } from './pixels.js';

/** @import { Digits } from './mnist.js' */
/** @import { Network } from './network.js' */

/** Bounds the memory of the activations. */
const CHUNK = 1000;

/**
 * @param {Network} network
 * @param {Digits} digits
 * @param {Float32Array} table from `normalization`
 * @returns {{ features: Float32Array, predicted: Int32Array }} features [count, 2], and the class
 *   that the softmax head gives
 */
export function infer(network, digits, table) {
  const features = new Float32Array(digits.count * FEATURES);
  const predicted = new Int32Array(digits.count);
  for (let start = 0; start < digits.count; start += CHUNK) {
    const count = Math.min(CHUNK, digits.count - start);
    const pixels = new Float32Array(count * PIXELS);
    for (let i = 0; i < count; i++) {
      const out = pixels.subarray(i * PIXELS, (i + 1) * PIXELS);
      writeInput(out, imageOf(digits, start + i), table);
    }
    tf.tidy(() => {
      const rows = network.features(tf.tensor2d(pixels, [count, PIXELS]));
      features.set(rows.dataSync(), start * FEATURES);
      predicted.set(tf.argMax(network.logits(rows), 1).dataSync(), start);
    });
  }
  return { features, predicted };
}
