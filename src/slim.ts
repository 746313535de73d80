// The entry without the module's bytes: whoever imports it says where they are.
import { instantiate, isLoaded, type Kernels, load } from './core.js';
import { checked, fetched, type WasmSource } from './wasm-file.js';

export type * from './api.js';
export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './core.js';
export type { WasmSource } from './wasm-file.js';

/**
 * Makes the package ready, from the file `center-loss/center-loss.wasm` in whatever form a program has it. Once it is
 * ready, further calls have no effect; after an error the next call tries anew.
 *
 * ```js
 * await init(new URL('center-loss/center-loss.wasm', import.meta.url));
 * ```
 * @throws CenterLossError `ERR_NOT_INITIALIZED` if the file can't be had, `ERR_FORMAT` if it is another,
 * `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export async function init(source: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  if (!isLoaded()) initSync({ module: await fetched(source) });
}

/**
 * As {@link init}, from the compiled module or its bytes.
 * @throws CenterLossError `ERR_FORMAT` for anything else, `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export function initSync(source: { readonly module: WebAssembly.Module | BufferSource }): void {
  if (!isLoaded()) load(() => instantiate(checked(source?.module, 'center-loss.wasm', Object.keys(NAMES))));
}

const NAMES: Record<keyof Kernels, true> = {
  memory: true,
  workspace_bytes: true,
  init_slots: true,
  forward: true,
  backward: true,
  gradient: true,
  gradients: true,
  wen_step: true,
  distances_workspace_bytes: true,
  distances: true,
  predict: true,
  softmin: true,
  init_normal: true,
  init_orthogonal: true,
  init_unit_vectors: true,
  scale: true,
};
