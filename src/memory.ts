import type { Floats } from './check.js';
import { CenterLossError } from './errors.js';
import { ALIGNMENT, HEAP_START, Heap, PAGE_BYTES } from './heap.js';
import { kernels } from './load.js';

// The only file that makes views on WebAssembly memory, as heap.ts hands it out. Growth detaches every view made before it, so no view is kept
// across a call that may allocate without being taken again.

/** Of a float32 as of an int32. */
export const BYTES = 4;

/** 1,048,576; by hand, since not every runtime knows languages. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

let heapOfEngine: Heap | undefined;

/** The memory of the one engine past what its modules' linkers laid out. */
function heap(): Heap {
  if (heapOfEngine === undefined) {
    const { memory } = kernels();
    heapOfEngine = new Heap(memory, HEAP_START, memory.buffer.byteLength);
  }
  return heapOfEngine;
}

function allocate(bytes: number, purpose: string): number {
  // Apart: that there is no engine is another error.
  const memory = heap();
  try {
    return memory.allocate(bytes);
  } catch (cause) {
    throw new CenterLossError(
      'ERR_OUT_OF_MEMORY',
      `${purpose} needs ${grouped(bytes)} bytes of WebAssembly memory, more than can be had`,
      { cause },
    );
  }
}

const abandoned =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<number>((address) => heap().free(address));

/** Keeps a block as long as any view that it gave: that must not outlive its memory. (One cut from it by others may.) */
const blockOfView = new WeakMap<object, object>();

type View = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
type ViewType<V> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => V;

/** An array that lives in WebAssembly memory, all 0 at first, until it is freed or neither it nor a view is held. */
export class Block<V extends View = View> {
  readonly address: number;
  readonly #length: number;
  readonly #type: ViewType<V>;
  #view: V | undefined;
  #freed = false;

  private constructor(type: ViewType<V>, length: number, purpose: string) {
    this.#type = type;
    this.#length = length;
    this.address = allocate(length * BYTES, purpose);
    abandoned?.register(this, this.address, this);
    // Not by a view of its own, which many a block never needs.
    integers().fill(0, this.address / BYTES, this.address / BYTES + length);
  }

  static floats(length: number, purpose: string): Block<Float32Array<ArrayBuffer>> {
    return new Block(Float32Array, length, purpose);
  }

  static integers(length: number, purpose: string): Block<Int32Array<ArrayBuffer>> {
    return new Block(Int32Array, length, purpose);
  }

  /** A view that is right now; growth of the memory may detach it, and the next read gives a new one. */
  get view(): V {
    const buffer = kernels().memory.buffer;
    if (this.#view?.buffer !== buffer) {
      this.#view = this.part(0, this.#length);
    }
    return this.#view;
  }

  /** A view on some of it. */
  part(start: number, end: number): V {
    const view = new this.#type(kernels().memory.buffer, this.address + start * BYTES, end - start);
    blockOfView.set(view, this);
    return view;
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    abandoned?.unregister(this);
    heap().free(this.address);
  }
}

/** Blocks of one owner: had all or none, freed together. */
export class Blocks {
  readonly #blocks: Block[] = [];

  floats(length: number, purpose: string): Block<Float32Array<ArrayBuffer>> {
    return this.#own(() => Block.floats(length, purpose));
  }

  integers(length: number, purpose: string): Block<Int32Array<ArrayBuffer>> {
    return this.#own(() => Block.integers(length, purpose));
  }

  free(): void {
    for (const block of this.#blocks) block.free();
  }

  #own<B extends Block>(allocate: () => B): B {
    try {
      const block = allocate();
      this.#blocks.push(block);
      return block;
    } catch (error) {
      this.free();
      throw error;
    }
  }
}

let scratchAddress = 0;
let scratchBytes = 0;

/**
 * Addresses of memory for the length of one call, one for each size in bytes. The next call gets the same memory, so
 * nothing that leaves a call may stand in it.
 */
export function scratch<const Sizes extends readonly number[]>(
  purpose: string,
  sizes: Sizes,
): { [Place in keyof Sizes]: number } {
  let bytes = 0;
  const offsets = sizes.map((size) => {
    const offset = bytes;
    bytes += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    return offset;
  });
  if (bytes > scratchBytes) {
    const wanted = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    // The old memory goes first: its contents are worth nothing, and both may not fit.
    if (scratchBytes > 0) heap().free(scratchAddress);
    scratchBytes = 0;
    scratchAddress = allocate(wanted, purpose);
    scratchBytes = wanted;
  }
  return offsets.map((offset) => scratchAddress + offset) as { [Place in keyof Sizes]: number };
}

let floatsOfAll = new Float32Array(0);
let integersOfAll = new Int32Array(0);

/** All memory as floats, taken anew when it has grown. */
function floats(): Float32Array<ArrayBuffer> {
  const { buffer } = kernels().memory;
  if (floatsOfAll.buffer !== buffer) floatsOfAll = new Float32Array(buffer);
  return floatsOfAll;
}

/** All memory as integers; not to be kept across anything that may allocate. */
export function integers(): Int32Array<ArrayBuffer> {
  const { buffer } = kernels().memory;
  if (integersOfAll.buffer !== buffer) integersOfAll = new Int32Array(buffer);
  return integersOfAll;
}

/** Some memory as 64-bit numbers; not to be kept across anything that may allocate. */
export function doubles(address: number, length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(kernels().memory.buffer, address, length);
}

/**
 * A new array, for the caller to keep.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function newFloats(length: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw new CenterLossError(
      'ERR_OUT_OF_MEMORY',
      `the result needs ${grouped(length * BYTES)} bytes, more than can be had`,
      { cause },
    );
  }
}

/** A copy of `length` floats, for the caller to keep. */
export function copyFloats(address: number, length: number): Float32Array<ArrayBuffer> {
  const copy = newFloats(length);
  readFloats(address, copy);
  return copy;
}

/** Fills `into` from an address on. */
export function readFloats(address: number, into: Float32Array): void {
  into.set(floats().subarray(address / BYTES, address / BYTES + into.length));
}

/** Fills `into` from an address on. */
export function readIntegers(address: number, into: Int32Array): void {
  into.set(integers().subarray(address / BYTES, address / BYTES + into.length));
}

/** Writes values `start` … `end` at an address. */
export function writeFloats(values: Floats, start: number, end: number, address: number): void {
  const at = address / BYTES;
  if (ArrayBuffer.isView(values)) {
    floats().set(values.subarray(start, end), at);
    return;
  }
  // One by one: a slice would be garbage as large as the rows.
  const memory = floats();
  for (let i = start; i < end; i++) memory[at + i - start] = values[i] ?? 0;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** Writes values of any width as they are. */
export function writeBytes(values: ArrayBufferView, address: number): void {
  bytesOf({ buffer: kernels().memory.buffer, byteOffset: address, byteLength: values.byteLength }).set(bytesOf(values));
}

/** Fills `into`, values of any width, from an address on. */
export function readBytes(address: number, into: ArrayBufferView): void {
  bytesOf(into).set(bytesOf({ buffer: kernels().memory.buffer, byteOffset: address, byteLength: into.byteLength }));
}

/**
 * The array that a caller passed, found again: it may itself be a view on our memory (`centers.params`, `batch.x`),
 * and then the growth that its own call brings about detaches it. Hold it before memory may grow, read it after.
 */
export function hold<A extends ArrayLike<number>>(array: A): () => A {
  if (!ArrayBuffer.isView(array) || array.buffer !== kernels().memory.buffer) return () => array;
  const { byteOffset, length } = array;
  const type = array.constructor as ViewType<A>;
  return () => (array.length === length ? array : new type(kernels().memory.buffer, byteOffset, length));
}
