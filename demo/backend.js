// @ts-check
/** TensorFlow.js on its WebAssembly backend, made fit for training in Node. */

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

/**
 * The backend multiplies plain matrices with SIMD kernels, but falls back to scalar loops for the
 * transposed operands that tfjs's own gradient of a product uses. Transposing first makes a
 * training step five times as fast.
 */
function useFastProductGradient() {
  tf.unregisterGradient('BatchMatMul');
  tf.registerGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = /** @type {[tf.Tensor2D, tf.Tensor2D]} */ (saved);
      const product = /** @type {tf.Tensor2D} */ (dy);
      return {
        a: () => tf.matMul(product, tf.transpose(b)),
        b: () => tf.matMul(tf.transpose(a), product),
      };
    },
  });
}

/** Has to come before the first tensor: tfjs would put that on its slow CPU backend. */
export async function startBackend() {
  if (!(await tf.setBackend('wasm'))) {
    throw new Error(`the tfjs backend "wasm" did not start; "${tf.getBackend()}" is active`);
  }
  useFastProductGradient();
}
