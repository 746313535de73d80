// All that the entries share, as one file: they must have one core, or their objects would not know each other.
export * from './api.js';
export { checkAlpha, checkChoice, checkOptions } from './check.js';
export type { Kernels } from './kernels.js';
export { isLoaded, load, provide } from './load.js';
export { instantiate, isModule, unlessBlocked } from './wasm.js';
