// @ts-check
// tfjs on its wasm and on its cpu backend. The wasm one has no gradient for gather, so users who rely on tf.grads take
// the own centers from a product with one-hot labels; the gradients written out by hand can gather and scatter. The cpu
// one has that gradient, but takes 3 s for 256 rows and 960 classes (once by class over all rows), and is timed by hand.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { timed } from '../measure.js';

const BACKENDS = { wasm: 'tfjs-backend-wasm', cpu: 'tfjs cpu' };
const TOLERANCE = 1e-4;

/** @typedef {keyof typeof BACKENDS} Backend */
/** @typedef {import('../shapes.js').Kind} Kind */

export async function openTfjs() {
  // No checks of values, no advice.
  tf.enableProdMode();
  // wasm is the last: it is what stands when the first work begins.
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    await tf.ready();
  }
  return {
    version: tf.version.tfjs,
    /**
     * @param {import('../shapes.js').Work} work
     * @param {import('../data.js').Data} data
     */
    async contenders(work, data) {
      const all = [];
      for (const backend of /** @type {Backend[]} */ (Object.keys(BACKENDS))) {
        await tf.setBackend(backend);
        all.push(...contendersOn(backend, work, data));
      }
      return all;
    },
  };
}

/**
 * @param {Backend} backend
 * @param {import('../shapes.js').Work} work
 * @param {import('../data.js').Data} data
 * @returns {import('../measure.js').Contender[]}
 */
function contendersOn(backend, { kind, shape: { B, D, C } }, data) {
  const name = BACKENDS[backend];
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

  /** @type {Partial<Record<Kind, Record<string, () => Record<string, tf.Tensor>>>>} */
  const forms = {
    gradients: {
      ...(backend === 'wasm' && {
        [name]() {
          const { value, grads } = autodiff([x, centers]);
          const [gradX, gradCenters] = /** @type {[tf.Tensor, tf.Tensor]} */ (grads);
          return { loss: value, gradX, gradCenters };
        },
      }),
      [`${name}, by hand`]() {
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
    distances: { [name]: () => ({ distances: distances() }) },
    predict: { [name]: () => ({ nearest: distances().argMin(1) }) },
  };
  return Object.entries(forms[kind] ?? {}).map(([form, compute], at) => {
    const run = () => {
      /** @type {Record<string, Float32Array | Int32Array | Uint8Array>} */
      const outcome = {};
      // Nothing is returned out of tidy: it would look for tensors in each entry of each array.
      tf.tidy(() => {
        for (const [result, tensor] of Object.entries(compute())) {
          // Brings the values into JS, where ours and the plain loop leave theirs.
          outcome[result] = tensor.dataSync();
        }
      });
      return outcome;
    };
    const time = timed(run);
    return {
      name: form,
      group: 'peer',
      tolerance: TOLERANCE,
      async outcome() {
        await tf.setBackend(backend);
        return run();
      },
      async time(iterations) {
        await tf.setBackend(backend);
        return time(iterations);
      },
      ...(at === 0 && { dispose: () => tf.dispose([x, centers, target]) }),
    };
  });
}
