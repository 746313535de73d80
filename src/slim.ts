// The entry without the module's bytes: whoever imports it says where they are.
import { CenterLossError, instantiate, isLoaded, isModule, type Kernels, load, unlessBlocked } from './core.js';

export type * from './api.js';
export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './core.js';

/** The file `center-loss/center-loss.wasm`: its address, a response with it, the compiled module or the bytes. */
export type WasmSource = string | URL | Response | WebAssembly.Module | BufferSource;

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
  if (isLoaded()) return;
  const given = await notHadIfItThrows('the source of the WebAssembly module', source);
  const isAddress = typeof given === 'string' || given instanceof URL;
  const found = isAddress ? await notHadIfItThrows(String(given), fetch(given)) : given;
  initSync({ module: isResponse(found) ? await bodyOf(found) : found });
}

/**
 * As {@link init}, from the compiled module or its bytes.
 * @throws CenterLossError `ERR_FORMAT` for anything else, `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export function initSync(source: { readonly module: WebAssembly.Module | BufferSource }): void {
  if (!isLoaded()) load(() => instantiate(checked(source?.module)));
}

/** By what it can do: not every runtime that calls this has the class. */
const isResponse = (value: unknown): value is Response =>
  typeof value === 'object' && value !== null && 'arrayBuffer' in value;

async function notHadIfItThrows<T>(what: string, promise: T | PromiseLike<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw new CenterLossError('ERR_NOT_INITIALIZED', `${what} can't be had (${cause})`, { cause });
  }
}

async function bodyOf(response: Response): Promise<ArrayBuffer> {
  const from = response.url || 'the response';
  if (response.ok) return notHadIfItThrows(from, response.arrayBuffer());
  throw new CenterLossError('ERR_NOT_INITIALIZED', `${from} is ${response.status} ${response.statusText}, not a file`);
}

const NAMES: Record<keyof Kernels, true> = {
  memory: true,
  __heap_base: true,
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

/** The compiled module, if it is ours: any other would run here before anyone noticed. */
function checked(module: WebAssembly.Module | BufferSource): WebAssembly.Module {
  const compiled = unlessBlocked(() => {
    if (isModule(module)) return module;
    return isBytes(module) && WebAssembly.validate(module) ? new WebAssembly.Module(module) : undefined;
  });
  if (compiled === undefined) {
    const size = isBytes(module) ? `${module.byteLength} bytes` : Object.prototype.toString.call(module).slice(8, -1);
    throw new CenterLossError(
      'ERR_FORMAT',
      `${size} given, but a WebAssembly module is needed: center-loss/center-loss.wasm`,
    );
  }
  const exported = new Set(WebAssembly.Module.exports(compiled).map(({ name }) => name));
  const missing = Object.keys(NAMES).filter((name) => !exported.has(name));
  if (missing.length === 0) return compiled;
  throw new CenterLossError(
    'ERR_FORMAT',
    `the module lacks ${missing.join(', ')}: it is not the center-loss.wasm of this version of the package`,
  );
}

const isBytes = (value: unknown): value is BufferSource =>
  value instanceof ArrayBuffer || (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer);
