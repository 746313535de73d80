// Thresholds and p-values: by value, and refusals. The crate compares every small size with the definitions.
import { conformalPValues, fitThreshold } from 'center-loss';
import { expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';

it('the threshold is the smallest score that holds the share of the scores', () => {
  expect(fitThreshold(Array.from({ length: 20 }, (_, i) => i + 1))).toBe(19);
  expect(fitThreshold([3, 1, 2], { tpr: 1, finiteSample: true })).toBe(Number.POSITIVE_INFINITY);
  expect(fitThreshold([3, 1, 2, 4], { tpr: 0.7, finiteSample: true })).toBe(4);
  expect(fitThreshold([Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
});

it('a class gets the threshold of its scores; a class without scores gets that of all', () => {
  const options = { tpr: 0.6, classes: [0, 0, -1, 1, 0], nClasses: 3 };
  expect(fitThreshold([5, 1, 2, 8, 3], options)).toEqual(Float64Array.of(3, 8, 5));
});

it('p-values count the calibration scores that are at least as high', () => {
  expect([...conformalPValues([1, 2, 2, 5], [0, 1, 2, 3, 5, 6])]).toEqual([1, 1, 0.8, 0.4, 0.4, 0.2]);
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
