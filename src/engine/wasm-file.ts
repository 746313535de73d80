// The WebAssembly file of the package in whatever form a program has it, for the entry that holds no bytes.
import { CenterLossError } from '../validate/errors.js';
import { isModule, wrapBlocked } from './engine.js';

/** The file `center-loss/center-loss.wasm`: its address, a response with it, the compiled module or the bytes. */
export type WasmSource = string | URL | Response | WebAssembly.Module | BufferSource;

/**
 * Fetches the file, unless it is there already, and returns the compiled module or its bytes.
 * @throws CenterLossError `ERR_NOT_INITIALIZED` if the file cannot be read
 */
export async function fetched(
  source: WasmSource | PromiseLike<WasmSource>,
): Promise<WebAssembly.Module | BufferSource> {
  const given = await wrapFetchError('the source of the WebAssembly module', source);
  const isAddress = typeof given === 'string' || Object.prototype.toString.call(given) === '[object URL]';
  const found = isAddress ? await wrapFetchError(String(given), fetch(String(given))) : given;
  return isResponse(found) ? await bodyOf(found) : found;
}

/** Recognizes a response by its method: some runtimes have no global `Response`. */
const isResponse = (value: unknown): value is Response =>
  typeof value === 'object' && value !== null && 'arrayBuffer' in value;

async function wrapFetchError<T>(what: string, promise: T | PromiseLike<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw new CenterLossError('ERR_NOT_INITIALIZED', `${what} cannot be read (${cause})`, { cause });
  }
}

async function bodyOf(response: Response): Promise<ArrayBuffer> {
  const from = response.url || 'the response';
  if (response.ok) return wrapFetchError(from, response.arrayBuffer());
  throw new CenterLossError(
    'ERR_NOT_INITIALIZED',
    `${from} gives ${response.status} ${response.statusText}, not a file`,
  );
}

/**
 * Compiles the module, and checks that it belongs to this version of the package: another module would fail at
 * a later call, with a message that says less.
 * @throws CenterLossError `ERR_FORMAT` for anything else, `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export function checkedModule(module: WebAssembly.Module | BufferSource): WebAssembly.Module {
  const compiled = wrapBlocked(() => {
    if (isModule(module)) return module;
    return isBytes(module) && WebAssembly.validate(module) ? new WebAssembly.Module(module) : undefined;
  });
  if (compiled === undefined) {
    const size = isBytes(module) ? `${module.byteLength} bytes` : Object.prototype.toString.call(module).slice(8, -1);
    throw new CenterLossError('ERR_FORMAT', `got ${size}, expected a WebAssembly module: center-loss/center-loss.wasm`);
  }
  const exported = new Set(WebAssembly.Module.exports(compiled).map(({ name }) => name));
  const missing = EXPORTS.filter((name) => !exported.has(name));
  if (missing.length === 0) return compiled;
  throw new CenterLossError(
    'ERR_FORMAT',
    `the module lacks ${missing.join(', ')}: it is not the center-loss.wasm of this version of the package`,
  );
}

/** Exports that only the module of this package has. */
const EXPORTS = ['memory', '__wbg_batch_free', '__wbg_centers_free', '__wbg_statistics_free'];

const isBytes = (value: unknown): value is BufferSource =>
  isBuffer(value) || (ArrayBuffer.isView(value) && isBuffer(value.buffer));

/** Recognizes a buffer by its name, since it may be of another realm. */
const isBuffer = (value: unknown): value is ArrayBuffer =>
  Object.prototype.toString.call(value) === '[object ArrayBuffer]';
