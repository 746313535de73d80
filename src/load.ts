import { CenterLossError } from './errors.js';
import type { Kernels } from './kernels.js';

/** Makes the engine, from wherever an entry has it. */
export type Source = () => Kernels;

let loaded: Kernels | undefined;
let source: Source = () => {
  throw new CenterLossError(
    'ERR_NOT_INITIALIZED',
    "center-loss/slim holds no WebAssembly: call `await init(source)` or `initSync({ module })` first, or import 'center-loss'",
  );
};

/** The one engine of this process, made at first use, so that an import costs nothing. */
export function kernels(): Kernels {
  loaded ??= source();
  return loaded;
}

/** Whether an engine is there, after which no other can be. */
export const isLoaded = (): boolean => loaded !== undefined;

/**
 * Names where the engine comes from, if there is none yet, and gives back one of the names of the package. An entry
 * exports what this returns: a bundler that drops files without side effects keeps the call with the class.
 */
export function provide<Api>(api: Api, from: Source): Api {
  source = from;
  return api;
}

/** Takes an engine, if there is none yet. */
export function load(from: Source): void {
  loaded ??= from();
}
