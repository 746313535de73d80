// All that the entries share, as one file: they must have one core, or their objects would not know each other.
export * from './api.js';
export * from './check.js';
export { dispose, disposedError } from './dispose.js';
export { initCenters } from './init.js';
export type { Kernels } from './kernels.js';
export { isLoaded, kernels, load, provide } from './load.js';
export {
  Block,
  BYTES,
  copyFloats,
  hold,
  integers,
  newFloats,
  readFloats,
  readIntegers,
  scratch,
  writeFloats,
} from './memory.js';
export { checkSettings, reductionCode } from './options.js';
export { checkTarget, writeLabels } from './targets.js';
export { instantiate, isModule, isWasmMemory, unlessBlocked } from './wasm.js';
