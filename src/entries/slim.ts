/**
 * Every name of `center-loss` without the bytes of the WebAssembly module: the program says where they are.
 * @packageDocumentation
 * @module center-loss/slim
 */

import { instantiate, isLoaded, isUnavailable, load, RANK, registerEngine } from '../engine/engine.js';
import { checkedModule, fetched, type WasmBytes, type WasmModule, type WasmSource } from '../engine/wasm-file.js';
import { CenterLossError } from '../validate/errors.js';

export type { WasmAddress, WasmBytes, WasmModule, WasmResponse, WasmSource } from '../engine/wasm-file.js';
export * from '../index.js';

const MESSAGE =
  "center-loss/slim holds no WebAssembly: call `await init(source)` or `initSync({ module })` first, or import 'center-loss'";
registerEngine(() => fail(new CenterLossError('ERR_NOT_INITIALIZED', MESSAGE)), RANK.slim);

function fail(error: unknown): never {
  throw error;
}

/**
 * Makes the package ready, from the file `center-loss/center-loss.wasm` in whatever form a program has it. Once it is
 * ready, further calls have no effect; after an error the next call tries again.
 *
 * ```js
 * await init(new URL('center-loss/center-loss.wasm', import.meta.url)); // Vite, webpack, Rspack, Node ≥ 20.16, Deno, Bun
 * ```
 * @throws CenterLossError `ERR_NOT_INITIALIZED` if the file cannot be read, `ERR_FORMAT` if it is another file,
 * `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export async function init(source: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  if (!isLoaded()) initSync({ module: await fetched(source) });
}

/**
 * Makes the package ready from the compiled module or its bytes, as {@link init}.
 * @throws CenterLossError `ERR_FORMAT` for anything else, `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export function initSync(source: { readonly module: WasmModule | WasmBytes }): void {
  if (isLoaded()) return;
  try {
    load(() => instantiate(checkedModule(source?.module)));
  } catch (error) {
    // From here on, each use gives the reason, and `ensureEngine` knows it.
    if (isUnavailable(error)) registerEngine(() => fail(error), RANK.slim);
    throw error;
  }
}
