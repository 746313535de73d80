// Not a way that the package offers: its module is handed in where it would compile bytes, which workerd refuses.
import '@tensorflow/tfjs-backend-wasm';
import module from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import * as tf from '@tensorflow/tfjs-core';
import { B, C, centers, D, target, x } from '../programs/data.js';
import { worker } from './worker.js';

const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (_bytes, imports) => ({ instance: await instantiate(module, imports), module });

export default worker(async () => {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  globalThis.fetch = async () => new Response(new Uint8Array(8));
  await tf.setBackend('wasm');
  await tf.ready();
  const own = tf.gather(tf.tensor2d(centers, [C, D]), tf.tensor1d(target, 'int32'));
  return tf.sum(tf.square(tf.sub(tf.tensor2d(x, [B, D]), own))).dataSync()[0];
});
