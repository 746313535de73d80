// The WebAssembly file of the package in whatever form a program has it, for the entry that holds no bytes.
import { CenterLossError } from '../validate/errors.js';
import { isModule, wrapBlocked } from './engine.js';

// These types name nothing of the DOM, so that they hold in programs that are compiled without its types.

/** A compiled `WebAssembly.Module`. */
export type WasmModule = object;

/** Bytes of the file. */
export type WasmBytes = ArrayBuffer | ArrayBufferView;

/** The part of a `Response` that is read. */
export interface WasmResponse {
  /** True for a status of success. */
  readonly ok: boolean;
  /** Status, for messages. */
  readonly status: number;
  /** Status in words, for messages. */
  readonly statusText: string;
  /** Address, for messages. */
  readonly url: string;
  /** Reads the bytes of the file. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The file `center-loss/center-loss.wasm`: its address or `URL`, a response with it, the compiled module or the bytes. */
export type WasmSource = string | WasmAddress | WasmResponse | WasmModule | WasmBytes;

/** Address of the file, as a `URL` has it. */
export interface WasmAddress {
  /** Whole address. */
  readonly href: string;
}

/**
 * Fetches the file, unless it is there already, and returns the compiled module or its bytes.
 * @throws CenterLossError `ERR_NOT_INITIALIZED` if the file cannot be read
 */
export async function fetched(source: WasmSource | PromiseLike<WasmSource>): Promise<WasmModule | WasmBytes> {
  const given = await wrapFetchError('the source of the WebAssembly module', source);
  const address = addressIn(given);
  const found = address === undefined ? given : await wrapFetchError(address, readAddress(address));
  return isResponse(found) ? await bodyOf(found) : (found as WasmModule);
}

/** Recognizes a `URL` by its property: one of another realm is no instance of this one's. */
function addressIn(source: WasmSource): string | undefined {
  if (typeof source === 'string') return source;
  return typeof source === 'object' && source !== null && 'href' in source ? String(source.href) : undefined;
}

/** Recognizes a response by its method: some runtimes have no global `Response`. */
const isResponse = (value: unknown): value is WasmResponse =>
  typeof value === 'object' && value !== null && 'arrayBuffer' in value;

/** Part of `process` of Node, Deno and Bun that gives their modules without an import, which bundlers would follow. */
interface Modules {
  getBuiltinModule?(name: 'fs'): { readonly promises: { readFile(path: URL | string): Promise<Uint8Array> } };
  getBuiltinModule?(name: 'module'): { createRequire(from: string): { resolve(name: string): string } };
}

const FILE = 'center-loss/center-loss.wasm';

/** Reads the file at an address. Node's `fetch` refuses those of files. */
async function readAddress(address: string): Promise<WasmResponse | Uint8Array> {
  const { process } = globalThis as { process?: Modules };
  if (!address.startsWith('file:') || !process?.getBuiltinModule) return fetch(address);
  const { readFile } = process.getBuiltinModule('fs').promises;
  try {
    return await readFile(new URL(address));
  } catch (error) {
    // Bundlers find the package's file by `new URL('center-loss/center-loss.wasm', import.meta.url)`; for Node this is
    // a file beside the program.
    if (!address.endsWith(`/${FILE}`)) throw error;
    return readFile(process.getBuiltinModule('module').createRequire(address).resolve(FILE));
  }
}

async function wrapFetchError<T>(what: string, promise: T | PromiseLike<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw new CenterLossError('ERR_NOT_INITIALIZED', `${what} cannot be read (${cause})`, { cause });
  }
}

async function bodyOf(response: WasmResponse): Promise<ArrayBuffer> {
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
export function checkedModule(module: WasmModule | WasmBytes): WebAssembly.Module {
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

/** Recognizes bytes of any realm. WebAssembly takes none that are shared. */
const isBytes = (value: unknown): value is BufferSource =>
  isArrayBuffer(value) || (ArrayBuffer.isView(value) && isArrayBuffer(value.buffer));

const isArrayBuffer = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object ArrayBuffer]';
