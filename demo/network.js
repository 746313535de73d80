// @ts-check
/** The multilayer perceptron 784-256-128-2, and the softmax head that reads its two features. */

import * as tf from '@tensorflow/tfjs';
import { CLASSES, PIXELS } from './mnist.js';

export const FEATURES = 2;
export const LAYERS = [PIXELS, 256, 128, FEATURES, CLASSES];

/** Keeps some gradient on a rectifier's negative side, as the learned slopes in the paper's network do. */
const SLOPE = 0.1;

export class Network {
  /** @type {{ weights: tf.Variable<tf.Rank.R2>, bias: tf.Variable<tf.Rank.R1> }[]} */
  #layers;

  /** @param {number} seed */
  constructor(seed) {
    this.#layers = LAYERS.slice(1).map((outputs, index) => {
      const inputs = LAYERS[index] ?? 0;
      // tfjs takes seed 0 for "no seed", hence the + 1.
      const initializer = tf.initializers.heNormal({ seed: seed * LAYERS.length + index + 1 });
      return {
        weights: tf.variable(/** @type {tf.Tensor2D} */ (initializer.apply([inputs, outputs], 'float32'))),
        bias: tf.variable(tf.zeros([outputs])),
      };
    });
  }

  /**
   * @param {number} index
   * @param {tf.Tensor2D} x
   */
  #affine(index, x) {
    const layer = this.#layers[index];
    if (!layer) throw new Error(`the network has no layer ${index}`);
    return /** @type {tf.Tensor2D} */ (tf.add(tf.matMul(x, layer.weights), layer.bias));
  }

  /**
   * @param {tf.Tensor2D} pixels [B, 784]
   * @returns {tf.Tensor2D} [B, 2]
   */
  features(pixels) {
    const first = tf.leakyRelu(this.#affine(0, pixels), SLOPE);
    const second = tf.leakyRelu(this.#affine(1, first), SLOPE);
    return this.#affine(2, second);
  }

  /**
   * @param {tf.Tensor2D} features [B, 2]
   * @returns {tf.Tensor2D} [B, 10]
   */
  logits(features) {
    return this.#affine(3, features);
  }

  /** What training changes. */
  get variables() {
    return this.#layers.flatMap(({ weights, bias }) => [weights, bias]);
  }

  dispose() {
    tf.dispose(this.variables);
  }
}
