import {
  BYTES,
  CenterLossError,
  checkAttached,
  checkFloats,
  type Floats,
  hold,
  newFloats,
  readBytes,
  readFloats,
  scratch,
  writeBytes,
} from '../core.js';
import { openSet } from './load.js';

/** What every `Float16Array` has, so that neither types nor runtimes need to know that class. */
export interface Float16Values extends ArrayLike<number> {
  readonly [Symbol.toStringTag]: 'Float16Array';
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Rows of numbers, one after the other. A `Uint16Array` holds the bits of IEEE 754 binary16 values. */
export type Embeddings = Floats | Uint16Array | Float16Values;

const HALF_BYTES = 2;
const DOUBLE_BYTES = 8;
/** Values that are converted at once: what scratch memory they take is kept. */
const AT_ONCE = 2 ** 16;

/** The bits of values in half precision; undefined for any others. By its name: not every runtime has the class. */
function bitsOf(values: unknown): Uint16Array | undefined {
  if (values instanceof Uint16Array) return values;
  if (!ArrayBuffer.isView(values) || Object.prototype.toString.call(values) !== '[object Float16Array]')
    return undefined;
  return new Uint16Array(values.buffer, values.byteOffset, values.byteLength / HALF_BYTES);
}

/**
 * Values in half precision as float32, which they are computed in; any others as they are.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function asFloats(values: Embeddings, name: string): Floats {
  const bits = bitsOf(values);
  return bits === undefined ? (values as Floats) : widened(bits, name);
}

/**
 * The values of IEEE 754 binary16 bits as float32, exactly.
 * @param bits a `Uint16Array`, or a `Float16Array`
 * @throws CenterLossError `ERR_SHAPE` for anything else, `ERR_OUT_OF_MEMORY`
 */
export function fromFloat16(bits: Uint16Array | Float16Values): Float32Array<ArrayBuffer> {
  const found = bitsOf(bits);
  if (found !== undefined) return widened(found, 'bits');
  const type = Object.prototype.toString.call(bits).slice(8, -1);
  throw new CenterLossError('ERR_SHAPE', `bits must be a Uint16Array or a Float16Array, got ${type}`);
}

function widened(bits: Uint16Array, name: string): Float32Array<ArrayBuffer> {
  checkAttached(bits, name);
  const bitsNow = hold(bits);
  const values = newFloats(bits.length);
  inParts(values.length, (first, count, allocate) => {
    const [bitsAt, valuesAt] = allocate(HALF_BYTES, BYTES);
    writeBytes(bitsNow().subarray(first, first + count), bitsAt);
    openSet().from_float16(bitsAt, count, valuesAt);
    readFloats(valuesAt, values.subarray(first, first + count));
  });
  return values;
}

/**
 * Values in half precision, as the bits of IEEE 754 binary16: the nearest, of two as near the even one; what is from
 * 65520 on is infinite. They are rounded once, from the precision that they have.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function toFloat16(values: Floats): Uint16Array<ArrayBuffer> {
  checkFloats(values, 'values');
  const valuesNow = hold(values);
  const bits = new Uint16Array(values.length);
  inParts(bits.length, (first, count, allocate) => {
    const [valuesAt, bitsAt] = allocate(DOUBLE_BYTES, HALF_BYTES);
    writeBytes(Float64Array.from(valuesNow().slice(first, first + count)), valuesAt);
    openSet().to_float16(valuesAt, count, bitsAt);
    readBytes(bitsAt, bits.subarray(first, first + count));
  });
  return bits;
}

/** Goes over so many values in parts, with room for each in two widths. */
function inParts(
  length: number,
  convert: (first: number, count: number, allocate: (from: number, to: number) => readonly [number, number]) => void,
): void {
  for (let first = 0; first < length; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, length - first);
    convert(first, count, (from, to) => scratch(`half precision of ${count} values`, [from * count, to * count]));
  }
}
