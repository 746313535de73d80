import { newArray } from '../validate/allocate.js';
import { arrayType } from '../validate/arrays.js';
import { checkAttached } from '../validate/checks.js';
import { CenterLossError, typeName } from '../validate/errors.js';

/**
 * Makes a view on the bytes of a file, of whatever realm they are.
 * @throws CenterLossError `ERR_SHAPE` for anything else
 */
export function asBytes(file: Uint8Array | ArrayBuffer, name: string): Uint8Array {
  if (arrayType(file) === 'Uint8Array') {
    checkAttached(file as Uint8Array, name);
    return file as Uint8Array;
  }
  if (typeName(file) === 'ArrayBuffer') {
    try {
      return new Uint8Array(file);
    } catch (cause) {
      throw new CenterLossError('ERR_SHAPE', `${name} is an ArrayBuffer whose memory was transferred`, { cause });
    }
  }
  throw new CenterLossError('ERR_SHAPE', `${name} must be a Uint8Array or an ArrayBuffer, got ${typeName(file)}`);
}

/**
 * Allocates memory for a file or for an array of one.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function newBytes(length: number, purpose: string): Uint8Array<ArrayBuffer> {
  return newArray(() => new Uint8Array(length), length, purpose);
}

/** Copies bytes to memory that is aligned for every type of values. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function copyBytes(bytes: Uint8Array, purpose: string): Uint8Array<ArrayBuffer> {
  const copy = newBytes(bytes.length, purpose);
  copy.set(bytes);
  return copy;
}
