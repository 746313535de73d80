// @ts-check
// tfjs on its wasm backend, with the gradients written out by hand, as that backend has no gradient for gather.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { timed } from '../measure.js';

/** @import { Case, Data, Implementation, Results } from '../types.js' */

const NAME = 'tfjs-backend-wasm';

// Without checks of values and advice.
tf.enableProdMode();
await tf.setBackend('wasm');
await tf.ready();

export const version = tf.version.tfjs;

/** @param {Case} one @param {Data} data @returns {Implementation[]} */
export function implementations({ operation, shape: { B, D, C } }, data) {
  if (operation !== 'gradients' && operation !== 'distances' && operation !== 'predict') return [];
  const x = tf.tensor2d(data.x, [B, D]);
  const centers = tf.tensor2d(data.centers, [C, D]);
  const target = tf.tensor1d(data.target, 'int32');

  const gradients = () => {
    const residuals = x.sub(centers.gather(target));
    const gradX = residuals.mul(2 / (B * C));
    const gradCenters = tf.scatterND(target.expandDims(1), gradX.neg(), [C, D]);
    const loss = residuals
      .square()
      .sum()
      .div(tf.scalar(B * C));
    return { loss, gradX, gradCenters };
  };
  // For many rows matMul's own transposeB takes ten times as long as a transpose before it, for one row a third.
  const products = () => (B === 1 ? x.matMul(centers, false, true) : x.matMul(centers.transpose()));
  const distances = () => x.square().sum(1, true).add(centers.square().sum(1)).sub(products().mul(2));

  /** @type {() => Record<string, tf.Tensor>} */
  const compute = {
    gradients,
    distances: () => ({ distances: distances() }),
    predict: () => ({ nearest: distances().argMin(1) }),
  }[operation];
  const results = () => {
    /** @type {Results} */
    const arrays = {};
    // The callback returns nothing: tidy would look for tensors in each entry of each array.
    tf.tidy(() => {
      // dataSync brings the values into JavaScript, where ours and the plain loops leave theirs.
      for (const [key, tensor] of Object.entries(compute())) arrays[key] = tensor.dataSync();
    });
    return arrays;
  };
  const dispose = () => tf.dispose([x, centers, target]);
  return [{ name: NAME, tolerance: 1e-4, results, time: timed(results), dispose }];
}
