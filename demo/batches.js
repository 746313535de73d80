// @ts-check
/** The training set in batches, in an order that depends on the seed and the epoch alone. */

import * as tf from '@tensorflow/tfjs';
import { PIXELS } from './mnist.js';
import { imageOf, writeInput } from './pixels.js';

/** @import { Digits } from './mnist.js' */

/**
 * @param {number[]} shape
 * @param {string} seed
 * @returns {Float32Array} uniform in [0, 1)
 */
function uniform(shape, seed) {
  return tf.tidy(() => /** @type {Float32Array} */ (tf.randomUniform(shape, 0, 1, 'float32', seed).dataSync()));
}

/**
 * @param {number} count
 * @param {string} seed
 * @returns {Int32Array} 0 … count − 1, shuffled
 */
export function shuffled(count, seed) {
  const keys = uniform([count], seed);
  return Int32Array.from(keys.keys()).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
}

/**
 * @param {number} count
 * @param {number} reach
 * @param {string} seed
 * @returns {Int32Array} integers from −reach to +reach, equally likely
 */
function shifts(count, reach, seed) {
  return Int32Array.from(uniform([count], seed), (u) => Math.floor(u * (2 * reach + 1)) - reach);
}

/**
 * One epoch. The last batch is left out if it isn't full; the next epoch's order has its digits
 * elsewhere.
 *
 * @param {Digits} digits
 * @param {Float32Array} table from `normalization`
 * @param {{ batchSize: number, seed: string, shift: number }} options `shift`: each digit moves by
 *   up to so many pixels in both directions
 * @returns {Generator<{ pixels: Float32Array, labels: Int32Array }>}
 */
export function* batches(digits, table, { batchSize, seed, shift }) {
  const order = shuffled(digits.count, `${seed}/order`);
  const right = shifts(digits.count, shift, `${seed}/right`);
  const down = shifts(digits.count, shift, `${seed}/down`);
  for (let start = 0; start + batchSize <= digits.count; start += batchSize) {
    const rows = order.subarray(start, start + batchSize);
    const pixels = new Float32Array(batchSize * PIXELS);
    rows.forEach((row, i) => {
      const out = pixels.subarray(i * PIXELS, (i + 1) * PIXELS);
      writeInput(out, imageOf(digits, row), table, right[row], down[row]);
    });
    yield { pixels, labels: rows.map((row) => digits.labels[row] ?? -1) };
  }
}
