import { reserveArray, reserveRows, scratchBatch } from '../memory/batch.js';
import { doubles, halves, newFloats, readFloats, stable } from '../memory/views.js';
import { BatchArray } from '../wasm/bindings.js';
import { checkAttached, checkFloats, type Floats } from './checks.js';
import { CenterLossError } from './errors.js';

/** Shape of a `Float16Array`, so that neither types nor runtimes need to know that class. */
export interface Float16Values extends ArrayLike<number> {
  /** Name of the class, by which it is known in every realm. */
  readonly [Symbol.toStringTag]: 'Float16Array';
  /** Memory of the bits. */
  readonly buffer: ArrayBufferLike;
  /** Place of the first bit pattern in `buffer`. */
  readonly byteOffset: number;
  /** Number of bytes. */
  readonly byteLength: number;
}

/** Rows of numbers, one after the other. A `Uint16Array` holds the bits of IEEE 754 binary16 values. */
export type Embeddings = Floats | Uint16Array | Float16Values;

/** Values that are converted at once, which bounds the scratch memory. */
const CHUNK_LEN = 2 ** 16;

/** Bits of values in half precision; undefined for other values. `Float16Array` is recognized by name. */
function bitsOf(values: unknown): Uint16Array | undefined {
  if (values instanceof Uint16Array) return values;
  if (!ArrayBuffer.isView(values) || Object.prototype.toString.call(values) !== '[object Float16Array]')
    return undefined;
  return new Uint16Array(values.buffer, values.byteOffset, values.byteLength / 2);
}

/**
 * Widens values in half precision to float32, in which they are computed, and returns any others as they are.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function asFloats(values: Embeddings, name: string): Floats {
  // The usual types come first: reading the name of a type takes longer than all other work on a small batch.
  if (values instanceof Float32Array || Array.isArray(values)) return values;
  const bits = bitsOf(values);
  return bits === undefined ? (values as Floats) : widened(bits, name);
}

/**
 * Widens the bits of IEEE 754 binary16 values to float32, exactly.
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
  const bitsView = stable(bits);
  const values = newFloats(bits.length);
  const batch = scratchBatch();
  for (const [start, end] of chunks(values.length)) {
    reserveRows(batch, end - start, 1, 0, 'half precision');
    const address = reserveArray(batch, BatchArray.Float16, end - start, 'half precision');
    halves(address, end - start).set(bitsView().subarray(start, end));
    batch.widen(end - start);
    readFloats(batch.address(BatchArray.X), values.subarray(start, end));
  }
  return values;
}

/**
 * Rounds values to half precision and returns the bits of IEEE 754 binary16: the nearest value, or the even one
 * of two equally near ones; values from 65520 on become infinite. Each is rounded once, from its own precision.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function toFloat16(values: Floats): Uint16Array<ArrayBuffer> {
  checkFloats(values, 'values');
  const valuesView = stable(values);
  const bits = new Uint16Array(values.length);
  const batch = scratchBatch();
  for (const [start, end] of chunks(bits.length)) {
    const from = reserveArray(batch, BatchArray.Doubles, end - start, 'half precision');
    const to = reserveArray(batch, BatchArray.Float16, end - start, 'half precision');
    doubles(from, end - start).set(valuesView().slice(start, end));
    batch.narrow(end - start);
    bits.set(halves(to, end - start), start);
  }
  return bits;
}

function* chunks(length: number): Generator<readonly [start: number, end: number]> {
  for (let start = 0; start < length; start += CHUNK_LEN) yield [start, Math.min(start + CHUNK_LEN, length)];
}
