import { memoryBuffer } from '../engine/engine.js';
import { grouped, newArray, newFloats } from '../validate/allocate.js';
import { bufferOf, byteOffsetOf, classOf, copyValues, lengthOf, type NumberArray, partOf } from '../validate/arrays.js';
import { CenterLossError } from '../validate/errors.js';

export { newFloats } from '../validate/allocate.js';

// The only file that makes views on WebAssembly memory. Growth detaches every view made before it, so no view is kept
// across a call that may allocate.

/** Bytes of a float32 and of an int32. */
const BYTES = 4;

type View = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
type ViewType<V> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => V;

/** Keeps the owner of a memory alive as long as a view on it is held. A subarray of the view does not keep it. */
const ownerOfView = new WeakMap<object, object>();

function viewOf<V extends View>(type: ViewType<V>, owner: object, address: number, length: number): V {
  const view = new type(memoryBuffer(), address, length);
  ownerOfView.set(view, owner);
  return view;
}

/** View on float32 values that `owner` holds. */
export const floatView = (owner: object, address: number, length: number): Float32Array<ArrayBuffer> =>
  viewOf(Float32Array, owner, address, length);

/** View on int32 values that `owner` holds. */
export const integerView = (owner: object, address: number, length: number): Int32Array<ArrayBuffer> =>
  viewOf(Int32Array, owner, address, length);

/** Returns the view that `take` makes, and makes it again when memory has grown. */
export function renewed<V extends View>(take: () => V): () => V {
  let view: V | undefined;
  return () => {
    if (view?.buffer !== memoryBuffer()) view = take();
    return view;
  };
}

let allFloats = /* @__PURE__ */ new Float32Array(0);
let allIntegers = /* @__PURE__ */ new Int32Array(0);

/** All memory as float32: one view serves all copies, since a new view costs more than a small copy. */
function floats(): Float32Array<ArrayBuffer> {
  const buffer = memoryBuffer();
  if (allFloats.buffer !== buffer) allFloats = new Float32Array(buffer);
  return allFloats;
}

/** All memory as int32, not to be kept across a call that may allocate. */
export function integers(): Int32Array<ArrayBuffer> {
  const buffer = memoryBuffer();
  if (allIntegers.buffer !== buffer) allIntegers = new Int32Array(buffer);
  return allIntegers;
}

/** Memory as float64, not to be kept across a call that may allocate. */
export const doubles = (address: number, length: number): Float64Array<ArrayBuffer> =>
  new Float64Array(memoryBuffer(), address, length);

/** Memory as bits of float16 values, not to be kept across a call that may allocate. */
export const halves = (address: number, length: number): Uint16Array<ArrayBuffer> =>
  new Uint16Array(memoryBuffer(), address, length);

/** Writes the values from `start` to `end` at an address. */
export function writeFloats(values: NumberArray, start: number, end: number, address: number): void {
  // Memory that threads share may grow between any two lines, and with it an array on all of it.
  const isWhole = start === 0 && end === lengthOf(values) && bufferOf(values) instanceof ArrayBuffer;
  floats().set(isWhole ? values : partOf(values, start, end), address / BYTES);
}

/** Values up to which a loop copies them in less time than it takes to make an array on their memory. */
const FEW = 8;

/** Fills `to`, or its values from `start` to `end`, with those of `memory` at an address. */
function readValues(memory: View, address: number, to: Float32Array | Int32Array, start: number, end: number): void {
  const first = address / BYTES;
  if (end - start > FEW) copyValues(memory.subarray(first, first + end - start), to, start);
  else for (let i = start; i < end; i++) to[i] = memory[first + i - start] as number;
}

/** Fills `to`, or its values from `start` to `end`, with those at an address. */
export function readFloats(address: number, to: Float32Array, start = 0, end = lengthOf(to)): void {
  readValues(floats(), address, to, start, end);
}

/** Fills `to`, or its values from `start` to `end`, with those at an address. */
export function readIntegers(address: number, to: Int32Array, start = 0, end = to.length): void {
  readValues(integers(), address, to, start, end);
}

/** Copies `length` float32 values for the caller to keep. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function copyFloats(address: number, length: number): Float32Array<ArrayBuffer> {
  const copy = newFloats(length);
  readFloats(address, copy);
  return copy;
}

/** Copies `length` float64 values for the caller to keep. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function copyDoubles(address: number, length: number): Float64Array<ArrayBuffer> {
  const copy = newArray(() => new Float64Array(length), 8 * length);
  copy.set(doubles(address, length));
  return copy;
}

/** Most float32 values of one array in WebAssembly memory: Rust allows 2³¹ − 1 bytes. */
const MAX_FLOATS = 2 ** 29 - 4;

/**
 * Returns what Rust allocated for `purpose`.
 * @param allocate gives false or undefined where memory does not suffice
 * @param length float32 values of the largest array, if Rust alone does not know them
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function allocated<T>(
  allocate: () => T | undefined | false,
  length: number | undefined,
  purpose: () => string,
): T {
  const result = !(length !== undefined && length > MAX_FLOATS) && allocate();
  if (result !== undefined && result !== false) return result;
  throw new CenterLossError(
    'ERR_OUT_OF_MEMORY',
    `cannot allocate ${length === undefined ? '' : `${grouped(BYTES * length)} bytes of `}WebAssembly memory for ${purpose()}: dispose of objects that are no longer used (dropped ones give their memory back once the program yields)`,
  );
}

/**
 * Returns a getter of an array that a caller passed. The array may be a view on WebAssembly memory itself
 * (`centers.params`, `batch.x`), which the growth in its own call detaches: the getter then makes it again.
 */
export function stable<A extends NumberArray>(array: A): () => A {
  if (Array.isArray(array)) return () => array;
  const length = lengthOf(array);
  const byteOffset = byteOffsetOf(array);
  return () => (lengthOf(array) === length ? array : new (classOf(array))(memoryBuffer(), byteOffset, length));
}
