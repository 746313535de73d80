import { checkAttached } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';

/**
 * Makes a view on the bytes of a file.
 * @throws CenterLossError `ERR_SHAPE` for anything else
 */
export function asBytes(file: Uint8Array | ArrayBuffer, name: string): Uint8Array {
  if (file instanceof ArrayBuffer) return new Uint8Array(file);
  if (file instanceof Uint8Array) {
    checkAttached(file, name);
    return file;
  }
  const type = Object.prototype.toString.call(file).slice(8, -1);
  throw new CenterLossError('ERR_SHAPE', `${name} must be a Uint8Array or an ArrayBuffer, got ${type}`);
}

/**
 * Allocates memory for a file or for an array of one.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function newBytes(length: number, purpose: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new CenterLossError('ERR_OUT_OF_MEMORY', `cannot allocate ${length} bytes for ${purpose}`, { cause });
  }
}

/** Copies bytes to memory that is aligned for every type of values. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function copyBytes(bytes: Uint8Array, purpose: string): Uint8Array<ArrayBuffer> {
  const copy = newBytes(bytes.length, purpose);
  copy.set(bytes);
  return copy;
}
