// Which bytes of the memory are free, against a model that keeps nothing but a list of what is taken.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALIGNMENT, Heap, PAGE_BYTES } from '../src/heap.js';

const START = 65_648;

/** Memory without contents, of so many pages at the most. */
class Pages {
  count = 2;
  grown = 0;
  constructor(readonly most = 2 ** 16) {}

  grow(pages: number): number {
    if (this.count + pages > this.most) throw new RangeError('no more pages');
    this.grown++;
    this.count += pages;
    return this.count - pages;
  }

  get end(): number {
    return this.count * PAGE_BYTES;
  }
}

const heapOf = (memory: Pages) => new Heap(memory, START, memory.end);

interface Taken {
  readonly address: number;
  readonly end: number;
}

/** Where memory between what is taken begins and ends. */
function gapsOf(taken: readonly Taken[], end: number): Taken[] {
  const ordered = [...taken].sort((a, b) => a.address - b.address);
  return [...ordered, { address: end, end }].map(({ address }, i) => ({
    address: ordered[i - 1]?.end ?? START,
    end: address,
  }));
}

/** The address that fits lowest, and by how many pages the memory has to grow for it. */
function expected(taken: readonly Taken[], end: number, size: number): { address: number; pages: number } {
  const gaps = gapsOf(taken, end);
  const fit = gaps.find((gap) => gap.end - gap.address >= size);
  const address = fit?.address ?? gaps.at(-1)?.address ?? START;
  return { address, pages: Math.max(0, Math.ceil((address + size - end) / PAGE_BYTES)) };
}

/** A number of bytes to take, or the place in the list of what to give back. */
const step = fc.oneof(
  fc.record({ take: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 300_000 })) }),
  fc.record({ give: fc.nat(1000) }),
);

/** Does the steps and compares each with the model. @returns what is taken in the end */
function follow(heap: Heap, memory: Pages, steps: ({ take: number } | { give: number })[]): Taken[] {
  const taken: Taken[] = [];
  for (const one of steps) {
    if ('give' in one) {
      const [gone] = taken.splice(one.give % Math.max(taken.length, 1), 1);
      if (gone !== undefined) heap.free(gone.address);
      continue;
    }
    const size = Math.ceil(one.take / ALIGNMENT) * ALIGNMENT;
    const { address, pages } = expected(taken, memory.end, size);
    const before = memory.count;
    if (before + pages > memory.most) {
      expect(() => heap.allocate(one.take)).toThrow(RangeError);
      expect(memory.count).toBe(before);
    } else {
      expect({ address: heap.allocate(one.take), pages: memory.count - before }).toEqual({ address, pages });
      taken.push({ address, end: address + size });
    }
  }
  return taken;
}

describe('any order of taking and giving back', () => {
  const steps = fc.array(step, { maxLength: 120 });
  // With few pages most sequences meet a growth that fails.
  const memory = fc.integer({ min: 2, max: 30 }).map((most) => new Pages(most));

  it('gives the lowest address that fits, aligned and of nobody else; grows only for want of one, by the least', () => {
    fc.assert(
      fc.property(memory, steps, (pages, all) => {
        const taken = follow(heapOf(pages), pages, all);
        for (const gap of gapsOf(taken, pages.end)) expect(gap.end).toBeGreaterThanOrEqual(gap.address);
        for (const { address, end } of taken) expect([address % ALIGNMENT, end <= pages.end]).toEqual([0, true]);
      }),
      { numRuns: 500 },
    );
  });

  it('given back in any other, all is one piece again', () => {
    fc.assert(
      fc.property(memory, steps, fc.infiniteStream(fc.nat(1000)), (pages, all, order) => {
        const heap = heapOf(pages);
        const taken = follow(heap, pages, all);
        const { grown, end } = pages;
        for (const place of order) {
          const [gone] = taken.splice(place % Math.max(taken.length, 1), 1);
          if (gone === undefined) break;
          heap.free(gone.address);
        }
        expect(heap.allocate(end - START)).toBe(START);
        expect(pages.grown).toBe(grown);
      }),
      { numRuns: 500 },
    );
  });
});

describe('large', () => {
  const GB = 2 ** 30;

  it('addresses go past 2³¹ and end a page before 2³²', () => {
    const heap = heapOf(new Pages());
    const taken = Array.from({ length: 3 }, () => heap.allocate(GB));
    expect(taken).toEqual([START, START + GB, START + 2 * GB]);
    const rest = 2 ** 32 - PAGE_BYTES - (START + 3 * GB);
    expect(() => heap.allocate(rest + 1)).toThrow(RangeError);
    expect(heap.allocate(rest)).toBe(START + 3 * GB);
    expect(() => heap.allocate(1)).toThrow(RangeError);
    heap.free(START + 2 * GB);
    expect(heap.allocate(GB)).toBe(START + 2 * GB);
  });

  it('one piece has less than 2³¹ bytes, however much is free', () => {
    const pages = new Pages();
    const heap = heapOf(pages);
    const most = 2 ** 31 - ALIGNMENT;
    const taken = [heap.allocate(most), heap.allocate(1.5 * GB)];
    for (const address of taken) heap.free(address);
    for (const bytes of [most + 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => heap.allocate(bytes), String(bytes)).toThrow(RangeError);
    }
    expect(pages.grown).toBe(2);
    expect(heap.allocate(most)).toBe(START);
  });
});

it('the memory may be full from the start', () => {
  const pages = new Pages();
  const heap = new Heap(pages, pages.end, pages.end);
  const { end } = pages;
  expect([heap.allocate(PAGE_BYTES), heap.allocate(16)]).toEqual([end, end + PAGE_BYTES]);
  expect(pages.grown).toBe(2);
});

it('nothing at all has an address of its own', () => {
  const heap = heapOf(new Pages());
  const [first, second] = [heap.allocate(0), heap.allocate(0)];
  expect(second).toBe(first + ALIGNMENT);
  heap.free(first);
  heap.free(second);
});

it('what is not taken, or no more, is not given back: an error, and nothing changes', () => {
  const pages = new Pages();
  const heap = heapOf(pages);
  const [first, second, third] = [heap.allocate(32), heap.allocate(32), heap.allocate(32)];
  heap.free(second);
  for (const wrong of [0, second, first + ALIGNMENT, third + 32, -1, Number.NaN]) {
    expect(() => heap.free(wrong), String(wrong)).toThrow(`no memory is taken at ${wrong}`);
  }
  expect([heap.allocate(32), heap.allocate(32)]).toEqual([second, third + 32]);
});
