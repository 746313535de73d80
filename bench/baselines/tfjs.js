// @ts-check
// tfjs on its wasm and cpu backends, with the gradients written out by hand: the wasm backend has no gradient for gather,
// and that of the cpu backend takes 3 s for 256 rows and 960 classes.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { timed } from '../measure.js';

/** @import { Case, Data, Implementation, Results } from '../types.js' */
/** @typedef {Record<string, () => Record<string, tf.Tensor>>} Forms */

const BACKENDS = /** @type {const} */ ({ wasm: 'tfjs-backend-wasm', cpu: 'tfjs cpu' });
/** @typedef {keyof typeof BACKENDS} Backend */

export async function openTfjs() {
  // Without checks of values and advice.
  tf.enableProdMode();
  // The wasm backend comes last, as it is the current one when the first case begins.
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    await tf.ready();
  }
  return {
    version: tf.version.tfjs,
    /** @param {Case} one @param {Data} data */
    async implementations(one, data) {
      const all = [];
      for (const backend of /** @type {Backend[]} */ (Object.keys(BACKENDS))) {
        await tf.setBackend(backend);
        all.push(...onBackend(backend, one, data));
      }
      return all;
    },
  };
}

/** @param {Backend} backend @param {Case} one @param {Data} data @returns {Implementation[]} */
function onBackend(backend, { operation, shape: { B, D, C } }, data) {
  const name = BACKENDS[backend];
  const x = tf.tensor2d(data.x, [B, D]);
  const centers = tf.tensor2d(data.centers, [C, D]);
  const target = tf.tensor1d(data.target, 'int32');
  const entries = tf.scalar(B * C);

  const byHand = () => {
    const residuals = x.sub(centers.gather(target));
    const gradX = residuals.mul(2 / (B * C));
    const gradCenters = tf.scatterND(target.expandDims(1), gradX.neg(), [C, D]);
    return { loss: residuals.square().sum().div(entries), gradX, gradCenters };
  };
  // For many rows matMul's own transposeB takes ten times as long as a transpose before it, for one row a third.
  const products = () => (B === 1 ? x.matMul(centers, false, true) : x.matMul(centers.transpose()));
  const distances = () => x.square().sum(1, true).add(centers.square().sum(1)).sub(products().mul(2));

  /** @type {Record<string, Forms>} */
  const forms = {
    gradients: { [`${name}, by hand`]: byHand },
    distances: { [name]: () => ({ distances: distances() }) },
    predict: { [name]: () => ({ nearest: distances().argMin(1) }) },
  };
  return Object.entries(forms[operation] ?? {}).map(([form, compute], i) => {
    const run = () => {
      /** @type {Results} */
      const results = {};
      // Nothing is returned out of tidy, which would look for tensors in each entry of each array.
      tf.tidy(() => {
        // dataSync brings the values into JavaScript, where ours and the plain loops leave theirs.
        for (const [key, tensor] of Object.entries(compute())) results[key] = tensor.dataSync();
      });
      return results;
    };
    const time = timed(run);
    return {
      name: form,
      tolerance: 1e-4,
      async results() {
        await tf.setBackend(backend);
        return run();
      },
      async time(iterations) {
        await tf.setBackend(backend);
        return time(iterations);
      },
      ...(i === 0 && { dispose: () => tf.dispose([x, centers, target, entries]) }),
    };
  });
}
