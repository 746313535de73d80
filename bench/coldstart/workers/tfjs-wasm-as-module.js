// No way that the package offers: where it would compile bytes, which workerd refuses, it is handed the module.
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import module from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import * as tf from '@tensorflow/tfjs-core';
import { B, C, centers, D, target, x } from '../programs/data.js';
import { worker } from './worker.js';

const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (_bytes, imports) => ({ instance: await instantiate(module, imports), module });

export default worker(async () => {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  tf.env().setPlatform('worker', { fetch: async () => new Response(), now: () => performance.now() });
  // The second parameter has it fetch by the platform.
  setWasmPaths('/', true);
  await tf.setBackend('wasm');
  await tf.ready();
  const own = tf.gather(tf.tensor2d(centers, [C, D]), tf.tensor1d(target, 'int32'));
  return tf.sum(tf.square(tf.sub(tf.tensor2d(x, [B, D]), own))).dataSync()[0];
});
