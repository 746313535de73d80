import { CenterLossError } from './errors.js';

/** Bytes of an array from which on it is refused: an operating system may grant them, and end the program at their use. */
const TOO_MANY_BYTES = 2 ** 34;

/** Makes an array of a size that a caller chose. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function newArray<A>(make: () => A, bytes: number, purpose = 'the result'): A {
  try {
    if (bytes >= TOO_MANY_BYTES) throw new RangeError('16 GB or more');
    return make();
  } catch (cause) {
    throw new CenterLossError('ERR_OUT_OF_MEMORY', `cannot allocate ${grouped(bytes)} bytes for ${purpose}`, { cause });
  }
}

/** Makes an array of float32 values. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const newFloats = (length: number): Float32Array<ArrayBuffer> =>
  newArray(() => new Float32Array(length), Float32Array.BYTES_PER_ELEMENT * length);

/** Makes an array of float64 values. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const newDoubles = (length: number): Float64Array<ArrayBuffer> =>
  newArray(() => new Float64Array(length), Float64Array.BYTES_PER_ELEMENT * length);

/** Makes an array of int32 values. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const newIntegers = (length: number): Int32Array<ArrayBuffer> =>
  newArray(() => new Int32Array(length), Int32Array.BYTES_PER_ELEMENT * length);

/** Groups digits, e.g. 1,048,576. `toLocaleString` needs language data that some runtimes lack. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
