// All that the entries share, as one file: they must have one core, or their objects would not know each other.
export * from './api.js';
export { Batch, newBatch } from './batch.js';
export { type CenterGradient, CenterGradients, type GradientForm } from './center-gradient.js';
export * from './check.js';
export { disposedError, HoldsMemory } from './dispose.js';
export { gradientsInPlace, stepInPlace, stepResult } from './in-place.js';
export { initCenters } from './init.js';
export type { Kernels } from './kernels.js';
export { isLoaded, kernels, load, provide } from './load.js';
export {
  Block,
  Blocks,
  BYTES,
  copyFloats,
  doubles,
  hold,
  integers,
  newFloats,
  readBytes,
  readFloats,
  readIntegers,
  scratch,
  writeBytes,
  writeFloats,
} from './memory.js';
export { checkSettings, reductionCode } from './options.js';
export { checkLabels, checkTarget, writeLabels } from './targets.js';
export { instantiate, isModule, isWasmMemory, unlessBlocked } from './wasm.js';
