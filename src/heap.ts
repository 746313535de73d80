// Which bytes of the one memory are free. Not what stands in them: it has no view on any.

/** What Rust may take for granted of the address of a vector. */
export const ALIGNMENT = 16;
export const PAGE_BYTES = 65536;
/** Below lie the stack and the constants of the modules (see scripts/build.sh); the build fails if they reach it. */
export const HEAP_START = 69632;

/** No slice in Rust may be larger on 32 bits. */
const MAX_BYTES = 2 ** 31 - ALIGNMENT;
/** The last page stays out: what ends at 2³² has an end that 32 bits read as 0. */
const MAX_END = 2 ** 32 - PAGE_BYTES;

/** Free bytes from `start` to before `end`. */
interface Gap {
  start: number;
  readonly end: number;
}

/** Memory from an address on, all of it free at first, to be taken and given back in pieces. */
export class Heap {
  readonly #memory: { grow(pages: number): unknown };
  /** In the order of their addresses, none of them next to another. */
  readonly #gaps: Gap[];
  /** Bytes by address. */
  readonly #taken = new Map<number, number>();
  #end: number;

  /**
   * @param memory as WebAssembly's: `grow` throws if it can't, and nobody else calls it
   * @param start a multiple of {@link ALIGNMENT}
   * @param end where the memory ends now, a multiple of {@link PAGE_BYTES}
   */
  constructor(memory: { grow(pages: number): unknown }, start: number, end: number) {
    this.#memory = memory;
    this.#gaps = [{ start, end }];
    this.#end = end;
  }

  /**
   * The address of `bytes` bytes that nobody else has until it is freed. What they hold is left from whoever had them.
   * @throws RangeError if they can't be had; all is then as it was
   */
  allocate(bytes: number): number {
    // Never 0, so that an address belongs to one owner.
    const size = ALIGNMENT * Math.ceil(Math.max(bytes, 1) / ALIGNMENT);
    // So asked, NaN is refused too.
    if (!(size <= MAX_BYTES)) throw new RangeError('over 2 GB');
    const fits = (gap: Gap) => gap.end - gap.start >= size;
    // The lowest that fits: what lives long gathers there, and the free memory stays whole above.
    let at = this.#gaps.findIndex(fits);
    if (at < 0) {
      this.#grow(size);
      at = this.#gaps.length - 1;
    }
    const gap = this.#gaps[at] as Gap;
    const address = gap.start;
    gap.start += size;
    if (gap.start === gap.end) this.#gaps.splice(at, 1);
    this.#taken.set(address, size);
    return address;
  }

  /** @throws RangeError for an address that {@link allocate} did not give or that is free again: two would share it */
  free(address: number): void {
    const size = this.#taken.get(address);
    if (size === undefined) throw new RangeError(`no memory is taken at ${address}`);
    this.#taken.delete(address);
    this.#release(address, address + size);
  }

  /** Makes the memory larger, by as little as lets the last gap have `size` bytes. */
  #grow(size: number): void {
    const last = this.#gaps.at(-1);
    const start = last?.end === this.#end ? last.start : this.#end;
    const pages = Math.ceil((start + size - this.#end) / PAGE_BYTES);
    const end = this.#end + pages * PAGE_BYTES;
    if (end > MAX_END) throw new RangeError('4 GB are full');
    this.#memory.grow(pages);
    this.#release(this.#end, end);
    this.#end = end;
  }

  /** Bytes that were not free, and become one gap with their neighbours. */
  #release(start: number, end: number): void {
    const gaps = this.#gaps;
    // Halving: objects that a program drops by the thousand are freed all at once.
    let [first, next] = [0, gaps.length];
    while (first < next) {
      const middle = (first + next) >> 1;
      if ((gaps[middle] as Gap).start <= start) first = middle + 1;
      else next = middle;
    }
    const [before, after] = [gaps[next - 1], gaps[next]];
    const gap = { start, end };
    let joined = 0;
    if (before?.end === start) {
      gap.start = before.start;
      next--;
      joined++;
    }
    if (after?.start === end) {
      gap.end = after.end;
      joined++;
    }
    gaps.splice(next, joined, gap);
  }
}
