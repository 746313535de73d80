// Arrays of the caller as they are in memory. A subclass or a property of the array itself may tell another length or
// another memory, and code of the caller (a getter, a proxy) may change an array while it is read. Typed arrays are
// therefore asked by the getters of their base class, and all other arrays are copied in one pass.
import { newArray, newFloats } from './allocate.js';
import type { Float16Values, Floats } from './checks.js';
import { CenterLossError } from './errors.js';

/** Class of all typed arrays. */
export const TypedArray = /* @__PURE__ */ Object.getPrototypeOf(Int8Array);

/** Typed array of numbers. */
export type NumberArray = Exclude<Floats, Float16Values | readonly number[]>;

type View = { readonly [Symbol.toStringTag]: string; readonly length: number } & ArrayBufferView;

function getterOf<Name extends keyof View>(name: Name): (this: unknown) => View[Name] {
  return Object.getOwnPropertyDescriptor(TypedArray.prototype, name)?.get as never;
}

const typeGetter = /* @__PURE__ */ getterOf(Symbol.toStringTag);
const lengthGetter = /* @__PURE__ */ getterOf('length');
const bufferGetter = /* @__PURE__ */ getterOf('buffer');
const byteLengthGetter = /* @__PURE__ */ getterOf('byteLength');
const offsetGetter = /* @__PURE__ */ getterOf('byteOffset');

const setter = /* @__PURE__ */ (() => TypedArray.prototype.set as (values: NumberArray, at: number) => void)();

/** Name of the class of a typed array of any realm (frame, worker, `vm` context); undefined for anything else. */
export const arrayType = (value: unknown): string | undefined => typeGetter.call(value);

/** Length of a typed array, 0 if it lost its memory; or of a copy of another array. */
export const lengthOf = (values: NumberArray | ArrayBufferView | readonly unknown[]): number =>
  Array.isArray(values) ? values.length : lengthGetter.call(values);

/** Memory of a typed array. */
export const bufferOf = (values: ArrayBufferView): ArrayBufferLike => bufferGetter.call(values);

/** Number of bytes of a typed array. */
export const byteLengthOf = (values: ArrayBufferView): number => byteLengthGetter.call(values);

/** Place of a typed array in its memory, in bytes. */
export const byteOffsetOf = (values: ArrayBufferView): number => offsetGetter.call(values);

interface ViewClass<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** Class of this realm that a typed array is of. */
export const classOf = <A extends ArrayBufferView>(values: A): ViewClass<A> =>
  (globalThis as unknown as Record<string, ViewClass<A>>)[arrayType(values) as string] as ViewClass<A>;

/** Views the values from `start` to `end` by the class of this realm, and of a fixed length; not a copy. */
export function partOf<A extends ArrayBufferView>(values: A, start: number, end: number): A {
  const type = classOf(values);
  return new type(bufferOf(values), byteOffsetOf(values) + start * type.BYTES_PER_ELEMENT, end - start);
}

/** Copies values into a typed array, from place `at` on. */
export const copyValues = (values: NumberArray, to: NumberArray, at: number): void => setter.call(to, values, at);

/** Copies values as float32. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function copyOfFloats(values: NumberArray): Float32Array<ArrayBuffer> {
  const copy = newFloats(lengthOf(values));
  copy.set(values);
  return copy;
}

/** Length of an array that is no typed array: a proxy may say anything. @throws CenterLossError `ERR_SHAPE` */
export function lengthOfArray({ length }: ArrayLike<unknown>): number {
  if (Number.isSafeInteger(length) && length >= 0) return length;
  const given = typeof length === 'number' ? length : `of type ${typeof length}`;
  throw new CenterLossError('ERR_SHAPE', `the length of an array must be a whole number ≥ 0, got one that is ${given}`);
}

/** Copies an array that is no typed array in one pass. @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY` */
export function copyOfArray<T>(values: ArrayLike<T>, length = lengthOfArray(values)): T[] {
  const copy = newArray(() => new Array<T>(length), 8 * length, 'a copy');
  for (let i = 0; i < length; i++) copy[i] = values[i] as T;
  return copy;
}
