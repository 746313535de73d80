import { accuracy } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectError } from '../support/error.js';

it('is the share of the known rows that are classified correctly', () => {
  expect(accuracy([0, 1, 2, 3], [0, 1, 1, -1])).toBe(2 / 3);
  expect(accuracy(Int32Array.of(-1, -1), [-1, -5])).toBeNaN();
  expect(accuracy([], [])).toBeNaN();
  expect(accuracy([-1], [0])).toBe(0);
  expect(accuracy([1n], BigInt64Array.of(1n))).toBe(1);
});

it('counts any number of rows', () => {
  const label = fc.integer({ min: -2, max: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(label, label), { maxLength: 70 }), (pairs) => {
      const known = pairs.filter(([, label]) => label >= 0);
      const right = known.filter(([predicted, label]) => predicted === label);
      const [predicted, target] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
      expect(accuracy(predicted, target)).toBe(right.length / known.length);
    }),
  );
});

it('refuses bad labels', () => {
  expectError(() => accuracy([0], [0, 1]), 'ERR_SHAPE', 'predicted has 1 rows of 1 values, but target has 2 labels');
  expectError(() => accuracy([0.5], [0]), 'ERR_LABEL', 'predicted[0] is 0.5, but a label must be an integer');
  expectError(() => accuracy([0], [0.5]), 'ERR_LABEL', 'target[0] is 0.5, but a label must be an integer');
  expectError(() => accuracy('ab' as never, [0, 1]), 'ERR_LABEL', /must be an array/);
});
