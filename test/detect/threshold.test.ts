// Thresholds and p-values: by definition, and refusals.
import { conformalPValues, fitThreshold } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';

const score = fc.integer({ min: -4, max: 6 }).map((value) => value / 8);
const scores = fc.array(score, { minLength: 1, maxLength: 50 });
const share = fc.oneof(fc.constantFrom(0.05, 0.5, 0.9, 0.95, 1), fc.double({ min: 0.001, max: 1, noNaN: true }));

/** Smallest score that at least a share `tpr` of n scores does not exceed. */
function threshold(of: number[], tpr: number, n: number): number {
  const enough = of.filter((one) => of.filter((other) => other <= one).length / n >= tpr);
  return Math.min(...enough);
}

it('the threshold is the smallest score that holds the share of the scores', () => {
  fc.assert(
    fc.property(scores, share, (some, tpr) => {
      expect(fitThreshold(some, { tpr })).toBe(threshold(some, tpr, some.length));
      expect(fitThreshold(some, { tpr, finiteSample: true })).toBe(threshold(some, tpr, some.length + 1));
    }),
  );
  expect(fitThreshold(Array.from({ length: 20 }, (_, i) => i + 1))).toBe(19);
  expect(fitThreshold([3, 1, 2], { tpr: 1, finiteSample: true })).toBe(Number.POSITIVE_INFINITY);
  expect(fitThreshold([Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
});

it('a class gets the threshold of its scores; a class without scores gets that of all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(score, fc.integer({ min: -1, max: 2 })), { minLength: 1, maxLength: 50 }),
      share,
      (pairs, tpr) => {
        const [some, classes] = [pairs.map(([one]) => one), pairs.map(([, label]) => label)];
        const all = pairs.flatMap(([one, label]) => (label >= 0 ? [one] : []));
        fc.pre(all.length > 0);
        const expected = [0, 1, 2, 3].map((label) => {
          const own = some.filter((_, i) => classes[i] === label);
          return own.length > 0 ? threshold(own, tpr, own.length) : threshold(all, tpr, all.length);
        });
        const found = fitThreshold(some, { tpr, classes: Int32Array.from(classes), nClasses: 4 });
        expect(found).toBeInstanceOf(Float64Array);
        expect([...found]).toEqual(expected);
      },
    ),
  );
});

it('p-values count the calibration scores that are at least as high', () => {
  fc.assert(
    fc.property(scores, fc.array(score, { maxLength: 20 }), (calibration, some) => {
      const expected = some.map(
        (one) => (1 + calibration.filter((other) => other >= one).length) / (calibration.length + 1),
      );
      expect([...conformalPValues(calibration, some)]).toEqual(expected);
    }),
  );
});

it('the next call does not change earlier results', () => {
  const first = conformalPValues([1, 2, 3], [2]);
  conformalPValues([1, 2, 3, 4, 5, 6, 7], [0, 0, 0]);
  expect([...first]).toEqual([0.75]);
});

it('refuses NaN, empty lists and bad options', () => {
  expectError(() => fitThreshold([]), 'ERR_SHAPE', 'scores has no score');
  expectError(() => fitThreshold([1, Number.NaN]), 'ERR_SHAPE', 'scores[1] is NaN, which has no order');
  expectErrors('ERR_OPTION', [
    [() => fitThreshold([1], { tpr: 1.5 }), 'tpr must be a number over 0 and up to 1, got 1.5'],
    [() => fitThreshold([1], { finiteSample: 1 as never }), /finiteSample must be true or false/],
    [() => fitThreshold([1], { quantile: 1 } as never), /no option "quantile"/],
    [() => fitThreshold([1], { classes: [0], nClasses: 0 }), /nClasses must be a positive/],
    [() => fitThreshold([1], { classes: [0] } as never), /nClasses must be a positive/],
  ]);
  for (const options of [{ nClasses: 2 }, { names: ['a', 'b'] }]) {
    expectError(() => fitThreshold([1], options as never), 'ERR_LABEL', /classes must be an array/);
  }
  expectError(
    () => fitThreshold([1, 2], { classes: [0], nClasses: 2 }),
    'ERR_SHAPE',
    'there are 2 scores, but classes has 1 labels',
  );
  expectError(() => fitThreshold([1], { classes: [2], nClasses: 2 }), 'ERR_LABEL', 'classes[0] is 2, but there are 2');
  expectError(() => fitThreshold([1], { classes: [-1], nClasses: 2 }), 'ERR_SHAPE', 'none of the 1 scores has a class');
  expectError(() => conformalPValues([], [1]), 'ERR_SHAPE', 'calibration has no score');
  expectError(() => conformalPValues([1], [Number.NaN]), 'ERR_SHAPE', 'scores[0] is NaN');
  expect(conformalPValues([1], [])).toEqual(new Float64Array(0));
});
