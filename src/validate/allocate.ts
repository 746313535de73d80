import { CenterLossError } from './errors.js';

/** Makes an array of a size that a caller chose. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function newArray<A>(make: () => A, bytes: number, purpose = 'the result'): A {
  try {
    return make();
  } catch (cause) {
    throw new CenterLossError('ERR_OUT_OF_MEMORY', `cannot allocate ${grouped(bytes)} bytes for ${purpose}`, { cause });
  }
}

/** Makes an array of float32 values. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const newFloats = (length: number): Float32Array<ArrayBuffer> =>
  newArray(() => new Float32Array(length), Float32Array.BYTES_PER_ELEMENT * length);

/** Groups digits, e.g. 1,048,576. `toLocaleString` needs language data that some runtimes lack. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
