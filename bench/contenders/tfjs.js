// @ts-check
// tfjs on its wasm backend. That backend has no gradient for gather, so users who rely on tf.grads take the own
// centers from a product with one-hot labels; the gradients written out by hand can gather and scatter.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { timed } from '../measure.js';

const NAME = 'tfjs-backend-wasm';
const TOLERANCE = 1e-4;

export async function openTfjs() {
  await tf.setBackend('wasm');
  await tf.ready();
  return { contenders, version: tf.version.tfjs };
}

/**
 * @param {import('../shapes.js').Work} work
 * @param {import('../data.js').Data} data
 * @returns {import('../measure.js').Contender[]}
 */
function contenders({ kind, shape: { B, D, C } }, data) {
  const x = tf.tensor2d(data.x, [B, D]);
  const centers = tf.tensor2d(data.centers, [C, D]);
  const target = tf.tensor1d(data.target, 'int32');

  const autodiff = tf.valueAndGrads((rows, all) => {
    // Asked for float32, this backend's oneHot writes the bits of integers.
    const own = tf.oneHot(target, C).toFloat().matMul(all);
    return rows
      .sub(own)
      .square()
      .sum()
      .div(B * C)
      .asScalar();
  });
  // For many rows matMul's own transposeB takes ten times as long as a transpose before it, for one row a third.
  const products = () => (B === 1 ? x.matMul(centers, false, true) : x.matMul(centers.transpose()));
  const distances = () => x.square().sum(1, true).add(centers.square().sum(1)).sub(products().mul(2));

  /** @type {Record<import('../shapes.js').Kind, Record<string, () => Record<string, tf.Tensor>>>} */
  const forms = {
    gradients: {
      [NAME]() {
        const { value, grads } = autodiff([x, centers]);
        const [gradX, gradCenters] = /** @type {[tf.Tensor, tf.Tensor]} */ (grads);
        return { loss: value, gradX, gradCenters };
      },
      [`${NAME}, by hand`]() {
        const residuals = x.sub(centers.gather(target));
        const gradX = residuals.mul(2 / (B * C));
        return {
          loss: residuals
            .square()
            .sum()
            .div(B * C),
          gradX,
          gradCenters: tf.scatterND(target.expandDims(1), gradX.neg(), [C, D]),
        };
      },
    },
    distances: { [NAME]: () => ({ distances: distances() }) },
    predict: { [NAME]: () => ({ nearest: distances().argMin(1) }) },
  };
  return Object.entries(forms[kind]).map(([name, form], at) => {
    const run = () => {
      /** @type {Record<string, Float32Array | Int32Array | Uint8Array>} */
      const outcome = {};
      // Nothing is returned out of tidy: it would look for tensors in each entry of each array.
      tf.tidy(() => {
        for (const [result, tensor] of Object.entries(form())) {
          // Brings the values into JS, where ours and the plain loop leave theirs.
          outcome[result] = tensor.dataSync();
        }
      });
      return outcome;
    };
    return {
      name,
      group: 'peer',
      tolerance: TOLERANCE,
      outcome: run,
      time: timed(run),
      ...(at === 0 && { dispose: () => tf.dispose([x, centers, target]) }),
    };
  });
}
