import { ClassStatistics } from 'center-loss/open-set';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problem } from '../arbitrary.js';
import { expectError } from '../error.js';

const EVERY = ['none', 'diagonal', 'tied'] as const;

describe('what was written is read', () => {
  it.each(EVERY)('covariance %s, and goes on to the same bits', (covariance) => {
    fc.assert(
      fc.property(problem({ rows: 130, nClasses: 4, nDim: 12 }), fc.constantFrom(1, 0.9), (drawn, forgetting) => {
        const { nClasses, nDim, x, target } = drawn;
        const statistics = new ClassStatistics(nClasses, nDim, { covariance, forgetting });
        statistics.add(x, target);
        const bytes = statistics.toBytes();
        const copy = ClassStatistics.fromBytes(bytes);
        expect({ ...copy }).toEqual({ nClasses, nFeatures: nDim, covariance, forgetting });
        expect(copy.toBytes()).toEqual(bytes);
        for (const one of [statistics, copy]) one.add(x, target);
        expect(copy.toBytes()).toEqual(statistics.toBytes());
        for (const one of [statistics, copy]) one.dispose();
      }),
      { numRuns: 40 },
    );
  });
});

it('is read from a part of a larger memory, and from one whose slices are views, as those of Node are', () => {
  const ofViews = (memory: Uint8Array<ArrayBuffer>) =>
    Object.assign(memory, { slice: (start?: number, end?: number) => memory.subarray(start, end) });
  const statistics = new ClassStatistics(2, 3);
  statistics.add([1, 2, 3, 4, 5, 7], [0, 1]);
  const bytes = statistics.toBytes();
  for (const kind of [(memory: Uint8Array<ArrayBuffer>) => memory, ofViews]) {
    const larger = new Uint8Array(bytes.length + 24).fill(1);
    larger.set(bytes, 13);
    const read = ClassStatistics.fromBytes(kind(larger.subarray(13, 13 + bytes.length)));
    expect(read.toBytes()).toEqual(bytes);
    read.dispose();
  }
  statistics.dispose();
});

it('takes the few bytes that it says', () => {
  const bytes = (covariance: (typeof EVERY)[number]) => new ClassStatistics(3, 5, { covariance }).toBytes().length;
  const header = 32 + 8 + 3 * 8;
  expect(EVERY.map(bytes)).toEqual([header + 15 * 8, header + 15 * 16, header + 15 * 16 + 15 * 8]);
});

describe('refuses', () => {
  const statistics = new ClassStatistics(2, 3, { covariance: 'tied' });
  statistics.add([1, 2, 3, 4, 5, 7, 1, 1, 1], [0, 0, 0]);
  const good = statistics.toBytes();
  const changed = (change: (view: DataView, bytes: Uint8Array) => void) => {
    const bytes = good.slice();
    change(new DataView(bytes.buffer), bytes);
    return bytes;
  };
  /** The place of a 64-bit number of the totals. */
  const total = (nth: number) => 32 + 8 * nth;
  const at = { rejected: 0, counts: 1, means: 3, squares: 9, scatter: 15 };

  it.each<[string, unknown, RegExp]>([
    ['another type', 'CLSTATS', /must be a Uint8Array, got String/],
    ['an ArrayBuffer', good.buffer, /got ArrayBuffer/],
    ['nothing', new Uint8Array(0), /0 bytes are fewer than the 32 of a header/],
    ['a header cut short', good.slice(0, 31), /31 bytes are fewer/],
    ['another beginning', changed((_, bytes) => bytes.fill(65, 0, 1)), /do not begin as/],
    ['another version', changed((view) => view.setUint32(8, 2, true)), /of version 2, this package reads 1/],
    ['an unknown covariance', changed((view) => view.setUint32(12, 3, true)), /no covariance of number 3/],
    ['no classes', changed((view) => view.setUint32(16, 0, true)), /0 classes of 3 features/],
    ['no features', changed((view) => view.setUint32(20, 0, true)), /2 classes of 0 features/],
    ['sizes that are not there', changed((view) => view.setUint32(16, 2 ** 32 - 1, true)), /take \d+ bytes, not 200/],
    ['other sizes', changed((view) => view.setUint32(12, 1, true)), /diagonal, take 152 bytes, not 200/],
    ['bytes missing', good.slice(0, -1), /take 200 bytes, not 199/],
    ['bytes too many', Uint8Array.of(...good, 0), /take 200 bytes, not 201/],
    ['forgetting 0', changed((view) => view.setFloat64(24, 0, true)), /forgetting is 0/],
    ['forgetting NaN', changed((view) => view.setFloat64(24, Number.NaN, true)), /forgetting is NaN/],
    ['rejected -1', changed((view) => view.setFloat64(total(at.rejected), -1, true)), /rejected\[0\] is -1/],
    ['a count below 0', changed((view) => view.setFloat64(total(at.counts + 1), -1, true)), /counts\[1\] is -1/],
    ['an infinite count', changed((view) => view.setFloat64(total(at.counts), 1 / 0, true)), /counts\[0\] is Infinity/],
    ['a mean NaN', changed((view) => view.setFloat64(total(at.means + 1), Number.NaN, true)), /means\[1\] is NaN/],
    ['a mean past float32', changed((view) => view.setFloat64(total(at.means), 1e39, true)), /means\[0\] is 1e\+39/],
    ['a mean of no rows', changed((view) => view.setFloat64(total(at.means + 3), 1, true)), /means\[3\] is 1/],
    ['a square below 0', changed((view) => view.setFloat64(total(at.squares), -1, true)), /squares\[0\] is -1/],
    ['a square of no rows', changed((view) => view.setFloat64(total(at.squares + 5), 1, true)), /squares\[5\] is 1/],
    ['a scatter NaN', changed((view) => view.setFloat64(total(at.scatter), Number.NaN, true)), /scatter\[0\] is NaN/],
  ])('%s', (_, bytes, message) => {
    expectError(() => ClassStatistics.fromBytes(bytes as Uint8Array), 'ERR_FORMAT', message);
  });

  it('or accepts what is a file, wherever it stands in a buffer; and no changed byte crashes it', () => {
    const padded = new Uint8Array(good.length + 3);
    padded.set(good, 3);
    expect(ClassStatistics.fromBytes(padded.subarray(3)).toBytes()).toEqual(good);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(10),
        (edits, cut) => {
          const bytes = good.slice(0, good.length - (cut > 8 ? cut : 0));
          for (const [place, value] of edits) bytes[place] = value;
          let read: ClassStatistics;
          try {
            read = ClassStatistics.fromBytes(bytes);
          } catch (error) {
            expect((error as { code: string }).code).toBe('ERR_FORMAT');
            return;
          }
          expect(read.toBytes()).toEqual(bytes);
          read.add([1, 2, 3], [0]);
          read.dispose();
        },
      ),
      { numRuns: 2000 },
    );
  });
});
