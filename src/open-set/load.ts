import { CenterLossError, isWasmMemory, kernels, instantiate as newInstance } from '../core.js';
import type { OpenSetKernels } from './kernels.js';

/** Makes the engine, from wherever an entry has it, and gives what hands it out at each use. */
export type OpenSetSource = () => () => OpenSetKernels;

let current: (() => OpenSetKernels) | undefined;
let source: OpenSetSource = () => {
  throw new CenterLossError(
    'ERR_NOT_INITIALIZED',
    "center-loss/slim/open-set holds no WebAssembly: call `await initOpenSet(source)` or `initOpenSetSync({ module })` first, or import 'center-loss/open-set'",
  );
};

/** The engine, made at first use, in the memory of the core's. Not to be kept: see open-set-js-engine.ts. */
export function openSet(): OpenSetKernels {
  current ??= source();
  return current();
}

export const isOpenSetLoaded = (): boolean => current !== undefined;

/**
 * Names where the engine comes from, if there is none yet, and gives back one of the names of the package, as the
 * core's `provide` does.
 * @param core a name of the entry that has the core's engine: a bundler that keeps this call then keeps that one, too
 */
export function provideOpenSet<Api>(api: Api, from: OpenSetSource, core: unknown): Api {
  if (core) source = from;
  return api;
}

/** Takes an engine, if there is none yet. */
export function loadOpenSet(from: OpenSetSource): void {
  current ??= from();
}

/**
 * An instance of the module in the core's memory.
 * @throws CenterLossError `ERR_WASM_BLOCKED` where WebAssembly may not be compiled; `ERR_NOT_INITIALIZED` if the
 * core's engine is the one in JavaScript, whose memory no module can have
 */
export function instantiate(module: WebAssembly.Module | BufferSource): () => OpenSetKernels {
  const { memory } = kernels();
  if (!isWasmMemory(memory)) {
    throw new CenterLossError(
      'ERR_NOT_INITIALIZED',
      "center-loss runs in JavaScript here (center-loss/js): import 'center-loss/js/open-set' beside it",
    );
  }
  const exports = newInstance(module, { env: { memory } }) as unknown as OpenSetKernels;
  return () => exports;
}
