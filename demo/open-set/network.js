// @ts-check
/** A small convolutional network: 28 × 28 grey values → features → one logit a class. */

import * as tf from '@tensorflow/tfjs';
import { PIXELS, SIDE } from '../mnist.js';

/** Each convolution halves the sides of the image: 28 → 14 → 7 → 4. */
const STRIDE = 2;
const CHANNELS = [1, 8, 16, 32];
const TAPS = [5, 3, 3];
const HIDDEN = 128;

/** Keeps some gradient on a rectifier's negative side, as in the network of demo/network.js. */
const SLOPE = 0.1;

/** @typedef {{ weights: tf.Variable, bias: tf.Variable }} Layer */

export class Network {
  /** @type {Layer[]} */
  #convolutions;
  /** @type {Layer[]} */
  #dense;

  /**
   * @param {{ nDim: number, nClasses: number, seed: number }} options
   */
  constructor({ nDim, nClasses, seed }) {
    let drawn = 0;
    const layer = (/** @type {number[]} */ shape, /** @type {number} */ inputs) => {
      const deviation = Math.sqrt(2 / inputs);
      // A layer's seed is of the network's and its place; tfjs takes seed 0 for "no seed", hence the + 1.
      drawn += 1;
      return {
        weights: tf.variable(tf.randomNormal(shape, 0, deviation, 'float32', 100 * seed + drawn)),
        bias: tf.variable(tf.zeros([shape.at(-1) ?? 0])),
      };
    };
    this.#convolutions = TAPS.map((taps, i) => {
      const [from, to] = [CHANNELS[i] ?? 0, CHANNELS[i + 1] ?? 0];
      return layer([taps, taps, from, to], taps * taps * from);
    });
    const side = TAPS.reduce((side) => Math.ceil(side / STRIDE), SIDE);
    const pixels = side ** 2 * (CHANNELS.at(-1) ?? 0);
    const sizes = [pixels, HIDDEN, nDim, nClasses];
    this.#dense = sizes.slice(1).map((to, i) => layer([sizes[i] ?? 0, to], sizes[i] ?? 0));
  }

  /**
   * @param {number} index
   * @param {tf.Tensor2D} x
   */
  #affine(index, x) {
    const layer = this.#dense[index];
    if (!layer) throw new Error(`the network has no layer ${index}`);
    return /** @type {tf.Tensor2D} */ (tf.add(tf.matMul(x, /** @type {tf.Tensor2D} */ (layer.weights)), layer.bias));
  }

  /**
   * @param {tf.Tensor2D} pixels [B, 784]
   * @returns {tf.Tensor2D} [B, nDim]
   */
  features(pixels) {
    /** @type {tf.Tensor4D} */
    let x = tf.reshape(pixels, [pixels.size / PIXELS, SIDE, SIDE, 1]);
    for (const { weights, bias } of this.#convolutions) {
      const y = tf.conv2d(x, /** @type {tf.Tensor4D} */ (weights), STRIDE, 'same');
      x = tf.leakyRelu(/** @type {tf.Tensor4D} */ (tf.add(y, bias)), SLOPE);
    }
    const flat = /** @type {tf.Tensor2D} */ (tf.reshape(x, [x.shape[0], -1]));
    return this.#affine(1, tf.leakyRelu(this.#affine(0, flat), SLOPE));
  }

  /**
   * @param {tf.Tensor2D} features [B, nDim]
   * @returns {tf.Tensor2D} [B, nClasses]
   */
  logits(features) {
    return this.#affine(2, features);
  }

  /** What training changes. */
  get variables() {
    return [...this.#convolutions, ...this.#dense].flatMap(({ weights, bias }) => [weights, bias]);
  }

  dispose() {
    tf.dispose(this.variables);
  }
}
