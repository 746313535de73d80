import { CenterLossError } from '../validate/errors.js';
import { __wbg_set_wasm, imports } from '../wasm/bindings.js';

/** Exports of the module, WebAssembly or its translation to JavaScript. The generated bindings call all but the memory. */
export interface Engine {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** Function of an entry that makes the engine. */
export type EngineFactory = () => Engine;

/** The kernels as JavaScript: what `center-loss/js-engine` exports for {@link ensureEngine}. */
export type JsEngine = (imports: object) => object;

/** Importance of entries: a later import of a less important one changes nothing. */
export const RANK = { slim: 1, wasm: 2, js: 3 } as const;

let loaded: Engine | undefined;
let compiled: WebAssembly.Module | undefined;
let rank = 0;
let factory: EngineFactory = () => {
  throw new CenterLossError(
    'ERR_NOT_INITIALIZED',
    "no entry of center-loss has run: import 'center-loss' itself, and let the bundler keep the files that `sideEffects` in its package.json lists",
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

/** Module of the engine, for threads with an engine of their own; undefined where the engine is JavaScript. */
export const compiledModule = (): WebAssembly.Module | undefined => compiled;

/** Tells whether the engine exists. There is only one. */
export const isLoaded = (): boolean => loaded !== undefined;

/** Registers the function of an entry that makes the engine. The most important entry counts, whatever the order. */
export function registerEngine(from: EngineFactory, importance: number): void {
  if (importance < rank) return;
  rank = importance;
  factory = from;
}

/**
 * Makes the engine now. Where WebAssembly is blocked or missing, or its memory cannot be had, takes the JavaScript one,
 * and loads it only then:
 *
 * ```js
 * await ensureEngine(() => import('center-loss/js-engine'));
 * ```
 * @returns whether the JavaScript engine was taken here
 * @throws CenterLossError `ERR_OPTION` if `fallback` is another function or gives something else,
 * `ERR_NOT_INITIALIZED` before `init` of center-loss/slim
 */
export async function ensureEngine(fallback: () => PromiseLike<{ readonly jsEngine: JsEngine }>): Promise<boolean> {
  try {
    load(factory);
    return false;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
  }
  const { jsEngine } = typeof fallback === 'function' ? ((await fallback()) ?? {}) : ({} as { jsEngine?: JsEngine });
  if (typeof jsEngine !== 'function') {
    throw new CenterLossError('ERR_OPTION', "ensureEngine takes () => import('center-loss/js-engine')");
  }
  load(() => jsEngine(imports) as Engine);
  return true;
}

/** Tells whether an error says that there can be no WebAssembly here. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof CenterLossError && (error.code === 'ERR_WASM_BLOCKED' || error.code === 'ERR_OUT_OF_MEMORY');

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
 * @throws CenterLossError as {@link wrapBlocked}
 */
export function instantiate(module: WebAssembly.Module | BufferSource): Engine {
  // One guard for both steps: under a content security policy WebKit compiles and refuses only the instance.
  const { exports } = wrapBlocked(() => {
    const ready = isModule(module) ? module : new WebAssembly.Module(module);
    const instance = new WebAssembly.Instance(ready, imports);
    compiled = ready;
    return instance;
  });
  return exports as unknown as Engine;
}

/** Recognizes a module by its name: an edge runtime hands in modules of another realm. */
export const isModule = (value: unknown): value is WebAssembly.Module =>
  Object.prototype.toString.call(value) === '[object WebAssembly.Module]';

/**
 * Names the reason for which WebAssembly throws in `act`.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY` if its memory cannot be had, `ERR_WASM_BLOCKED` where it may not be
 * compiled or is missing
 */
export function wrapBlocked<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    // A policy gives a CompileError or an EvalError.
    if ((cause as Error | undefined)?.name === 'RangeError') {
      throw new CenterLossError(
        'ERR_OUT_OF_MEMORY',
        `the memory of WebAssembly cannot be allocated (${cause}). The runtime reserves several GB of addresses for it, far more than it uses: raise the limit (ulimit -v), or import 'center-loss/js', which needs no WebAssembly.`,
        { cause },
      );
    }
    throw new CenterLossError(
      'ERR_WASM_BLOCKED',
      `WebAssembly cannot be compiled here (${cause}). A page needs 'wasm-unsafe-eval' in the script-src of its content security policy. Where WebAssembly is not available, import 'center-loss/js' instead.`,
      { cause },
    );
  }
}
