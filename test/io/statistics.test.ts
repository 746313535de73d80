// ClassStatistics, saved and loaded: every bit of the totals.
import { ClassStatistics, fromSafetensors, load, type Tensor } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problem } from '../support/arbitrary.js';
import { expectError } from '../support/error.js';
import { type Change, changed, f32, f64, tensorsOf } from './changed.js';

const EVERY = ['none', 'diagonal', 'tied'] as const;

describe('what was saved is loaded', () => {
  it.each(EVERY)('covariance %s, and goes on to the same bits', (covariance) => {
    fc.assert(
      fc.property(problem({ rows: 130, nClasses: 4, nDim: 12 }), fc.constantFrom(1, 0.9), (drawn, forgetting) => {
        const { nClasses, nDim, x, target } = drawn;
        const statistics = new ClassStatistics(nClasses, nDim, { covariance, forgetting });
        statistics.add(x, target);
        const bytes = statistics.save();
        const copy = ClassStatistics.load(bytes);
        expect({ ...copy }).toEqual({ nClasses, nDim, covariance, forgetting });
        expect(copy.save()).toEqual(bytes);
        for (const one of [statistics, copy]) one.add(x, target);
        expect(copy.save()).toEqual(statistics.save());
        const other = new ClassStatistics(nClasses, nDim, { covariance, forgetting });
        other.add(
          x.map((value) => 2 * value + 1),
          target,
        );
        for (const one of [statistics, copy]) one.merge(other);
        expect(copy.save()).toEqual(statistics.save());
        for (const one of [statistics, copy, other]) one.dispose();
      }),
      { numRuns: 40 },
    );
  });
});

it('is loaded from a part of a larger memory, and from one whose slices are views, as those of Node are', () => {
  const ofViews = (memory: Uint8Array<ArrayBuffer>) =>
    Object.assign(memory, { slice: (start?: number, end?: number) => memory.subarray(start, end) });
  const statistics = new ClassStatistics(2, 3);
  statistics.add([1, 2, 3, 4, 5, 7], [0, 1]);
  const bytes = statistics.save();
  for (const kind of [(memory: Uint8Array<ArrayBuffer>) => memory, ofViews]) {
    const larger = new Uint8Array(bytes.length + 24).fill(1);
    larger.set(bytes, 13);
    const read = ClassStatistics.load(kind(larger.subarray(13, 13 + bytes.length)));
    expect(read.save()).toEqual(bytes);
    read.dispose();
  }
  statistics.dispose();
});

it('has the tensors that the documentation names', () => {
  const tensors = (covariance: (typeof EVERY)[number]) => tensorsOf(new ClassStatistics(3, 5, { covariance }).save());
  const none = { rejected: 'F64 []', counts: 'F64 [3]', means: 'F64 [3,5]' };
  expect(EVERY.map(tensors)).toEqual([
    none,
    { ...none, squares: 'F64 [3,5]' },
    { ...none, squares: 'F64 [3,5]', scatter: 'F64 [15]' },
  ]);
  const statistics = new ClassStatistics(1, 2, { covariance: 'tied', forgetting: 0.5 });
  statistics.add([1, 2, 3, 6, 5, Number.NaN], [0, 0, 0]);
  const values = Object.entries(fromSafetensors(statistics.save()).tensors).map(([name, { data }]) => [
    name,
    [...data],
  ]);
  expect(Object.fromEntries(values)).toEqual({
    ...{ rejected: [1], counts: [2], means: [2, 4], squares: [2, 8], scatter: [2, 4, 8] },
  });
});

it('of every kind is loaded by load', () => {
  using statistics = new ClassStatistics(2, 2);
  statistics.add([1, 2, 3, 5], [0, 1]);
  using again = load(statistics.save());
  expect(again).toBeInstanceOf(ClassStatistics);
  expect(again.toJSON()).toEqual(statistics.toJSON());
});

it('that was disposed is refused', () => {
  const statistics = new ClassStatistics(2, 2);
  statistics.dispose();
  expectError(() => statistics.save(), 'ERR_DISPOSED', /ClassStatistics/);
});

describe('refuses', () => {
  const statistics = new ClassStatistics(2, 3, { covariance: 'tied' });
  statistics.add([1, 2, 3, 4, 5, 7, 1, 1, 1], [0, 0, 0]);
  const good = statistics.save();
  /** A file with one value of a tensor changed. */
  const value = (name: string, index: number, value: number): Uint8Array =>
    changed(good, (tensors) => {
      const { dtype, shape, data } = tensors[name] as Tensor;
      const copy = (data as Float64Array<ArrayBuffer>).slice();
      copy[index] = value;
      tensors[name] = { dtype, shape, data: copy };
    });
  const config = (text: string): Change => {
    return (_, metadata) => {
      metadata.config = text;
    };
  };

  it.each<[string, unknown, RegExp]>([
    ['another version', changed(good, (_, metadata) => (metadata.version = '1')), /of version "1"; this package reads/],
    ['an unknown covariance', changed(good, config('{"covariance":"full","forgetting":1}')), /covariance/],
    ['no covariance', changed(good, config('{"forgetting":1}')), /lacks "covariance"/],
    ['no classes', changed(good, (tensors) => (tensors.means = f64([0, 3]))), /"means" has the shape \[0, 3\]/],
    ['no dimensions', changed(good, (tensors) => (tensors.means = f64([2, 0]))), /"means" has the shape \[2, 0\]/],
    ['no means', changed(good, (tensors) => delete tensors.means), /has no tensor "means"/],
    ['no squares', changed(good, (tensors) => delete tensors.squares), /has no tensor "squares"/],
    ['no scatter', changed(good, (tensors) => delete tensors.scatter), /has no tensor "scatter"/],
    ['no counts', changed(good, (tensors) => delete tensors.counts), /has no tensor "counts"/],
    ['no rejected', changed(good, (tensors) => delete tensors.rejected), /has no tensor "rejected"/],
    [
      'counts of other classes',
      changed(good, (tensors) => (tensors.counts = f64([3], 1, 1, 1))),
      /"counts" is F64 of shape \[3\]; expected F64 of shape \[2\]/,
    ],
    ['float32', changed(good, (tensors) => (tensors.counts = f32([2], 1, 1))), /"counts" is F32/],
    [
      'a square scatter',
      changed(good, (tensors) => (tensors.scatter = f64([3, 3], ...new Array(9).fill(0)))),
      /"scatter" is/,
    ],
    [
      'squares that another covariance has',
      changed(good, config('{"covariance":"none","forgetting":1}')),
      /covariance 'none'|"squares"/,
    ],
    [
      'scatter that another covariance has',
      changed(good, config('{"covariance":"diagonal","forgetting":1}')),
      /scatter/,
    ],
    ['bytes missing', good.slice(0, -1), /the tensors end at byte|bytes/],
    [
      'forgetting 0',
      changed(good, config('{"covariance":"tied","forgetting":0}')),
      /forgetting must be a number above 0/,
    ],
    [
      'forgetting as text',
      changed(good, config('{"covariance":"tied","forgetting":"1"}')),
      /forgetting must be a number/,
    ],
    ['rejected -1', value('rejected', 0, -1), /rejected\[0\] is -1/],
    ['half a rejected row', value('rejected', 0, 0.5), /rejected\[0\] is 0.5/],
    ['a count below 0', value('counts', 1, -1), /counts\[1\] is -1/],
    ['an infinite count', value('counts', 0, 1 / 0), /counts\[0\] is Infinity/],
    ['a mean NaN', value('means', 1, Number.NaN), /means\[1\] is NaN/],
    ['a mean past float32', value('means', 0, 1e39), /means\[0\] is 1e\+39/],
    ['a mean of no rows', value('means', 3, 1), /means\[3\] is 1/],
    ['a square below 0', value('squares', 0, -1), /squares\[0\] is -1/],
    ['a square of no rows', value('squares', 5, 1), /squares\[5\] is 1/],
    ['a scatter NaN', value('scatter', 0, Number.NaN), /scatter\[0\] is NaN/],
  ])('%s', (_, bytes, message) => {
    expectError(() => ClassStatistics.load(bytes as Uint8Array), 'ERR_FORMAT', message);
  });

  it('or accepts what is a file, and no changed byte crashes it', () => {
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(10),
        (edits, cut) => {
          const bytes = good.slice(0, good.length - (cut > 8 ? cut : 0));
          for (const [place, byte] of edits) bytes[place] = byte;
          let read: ClassStatistics;
          try {
            read = ClassStatistics.load(bytes);
          } catch (error) {
            expect((error as { code: string }).code).toBe('ERR_FORMAT');
            refused++;
            return;
          }
          taken++;
          const { tensors } = fromSafetensors(bytes);
          for (const [name, { data }] of Object.entries(fromSafetensors(read.save()).tensors)) {
            expect(data).toEqual(tensors[name]?.data);
          }
          read.add([1, 2, 3], [0]);
          read.dispose();
        },
      ),
      { numRuns: 2000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(100);
  });
});
