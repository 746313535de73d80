import { CenterLossError } from './errors.js';
import type { Kernels } from './kernels.js';

/**
 * An instance of the module, compiled here if it comes as bytes.
 * @throws CenterLossError `ERR_WASM_BLOCKED` where WebAssembly may not be compiled or is not there at all
 */
export function instantiate(module: WebAssembly.Module | BufferSource, imports?: WebAssembly.Imports): Kernels {
  // One guard for both steps: under a content security policy WebKit compiles and refuses only the instance.
  const { exports } = unlessBlocked(
    () => new WebAssembly.Instance(isModule(module) ? module : new WebAssembly.Module(module), imports),
  );
  return exports as unknown as Kernels;
}

/** Not the stand-in of the engine in JavaScript. */
export const isWasmMemory = (value: unknown): value is WebAssembly.Memory =>
  Object.prototype.toString.call(value) === '[object WebAssembly.Memory]';

/** By its name: an edge runtime hands in modules of another realm than that of the program. */
export const isModule = (value: unknown): value is WebAssembly.Module =>
  Object.prototype.toString.call(value) === '[object WebAssembly.Module]';

/** @throws CenterLossError `ERR_WASM_BLOCKED` for whatever `act` throws */
export function unlessBlocked<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new CenterLossError(
      'ERR_WASM_BLOCKED',
      `WebAssembly can't be compiled here (${cause}). A page needs 'wasm-unsafe-eval' in the script-src of its content security policy; where WebAssembly can't be had, import 'center-loss/js' instead.`,
      { cause },
    );
  }
}
