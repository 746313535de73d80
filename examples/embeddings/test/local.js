// @ts-check
/** Preload: transformers.js finds the model in the working directory, runs it in ONNX Runtime Web, and uses no network. */
import { env } from '@huggingface/transformers';
import { writeModel } from './model.js';

writeModel('Xenova/all-MiniLM-L6-v2');
Object.assign(env, { localModelPath: '.', allowRemoteModels: false, useWasmCache: false });
// In examples/package.json ONNX Runtime Web takes the place of the native one, which has 290 MB.
Object.assign(/** @type {object} */ (env.backends.onnx.wasm), {
  wasmPaths: new URL('.', import.meta.resolve('onnxruntime-node')).href,
  numThreads: 1,
});
