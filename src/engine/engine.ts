import { CenterLossError } from '../validate/errors.js';
import { __wbg_set_wasm, imports } from '../wasm/bindings.js';

/** Exports of the module, WebAssembly or its translation to JavaScript. The generated bindings call all but the memory. */
export interface Engine {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** Function of an entry that makes the engine. */
export type EngineFactory = () => Engine;

let loaded: Engine | undefined;
let factory: EngineFactory = () => {
  throw new CenterLossError(
    'ERR_NOT_INITIALIZED',
    "center-loss/slim holds no WebAssembly: call `await init(source)` or `initSync({ module })` first, or import 'center-loss'",
  );
};

/**
 * Readies a class of Rust. The engine is made at first use, so that an import costs nothing, and each caller names its
 * class, so that bundlers drop the others.
 */
export function rust<T>(type: T): T {
  if (loaded === undefined) load(factory);
  return type;
}

/** Memory of the engine as it is now: growth detaches the buffer and every view on it. */
export function memoryBuffer(): ArrayBuffer {
  if (loaded === undefined) load(factory);
  return (loaded as unknown as Engine).memory.buffer;
}

/** Tells whether the engine exists. There is only one. */
export const isLoaded = (): boolean => loaded !== undefined;

/** Registers the function that makes the engine, unless there is an engine already. */
export function registerEngine(from: EngineFactory): void {
  factory = from;
}

/** Makes the engine, unless there is one already. */
export function load(from: EngineFactory): void {
  if (loaded !== undefined) return;
  const engine = from();
  __wbg_set_wasm(engine);
  loaded = engine;
}

export { imports };

/**
 * Instantiates the module, and compiles it here if it comes as bytes.
 * @throws CenterLossError `ERR_WASM_BLOCKED` where WebAssembly may not be compiled or is missing
 */
export function instantiate(module: WebAssembly.Module | BufferSource): Engine {
  // One guard for both steps: under a content security policy WebKit compiles and refuses only the instance.
  const { exports } = wrapBlocked(
    () => new WebAssembly.Instance(isModule(module) ? module : new WebAssembly.Module(module), imports),
  );
  return exports as unknown as Engine;
}

/** Recognizes a module by its name: an edge runtime hands in modules of another realm. */
export const isModule = (value: unknown): value is WebAssembly.Module =>
  Object.prototype.toString.call(value) === '[object WebAssembly.Module]';

/** @throws CenterLossError `ERR_WASM_BLOCKED` for whatever `act` throws */
export function wrapBlocked<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new CenterLossError(
      'ERR_WASM_BLOCKED',
      `WebAssembly cannot be compiled here (${cause}). A page needs 'wasm-unsafe-eval' in the script-src of its content security policy. Where WebAssembly is not available, import 'center-loss/js' instead.`,
      { cause },
    );
  }
}
