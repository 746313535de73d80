import { expect, test } from 'vitest';
import { accuracy, classMeans, ownDistances, quantile, spreadRatio } from '../../demo/figures.js';

const features = Float32Array.of(1, 0, 3, 0, -1, 4, -3, 4);
const labels = Int32Array.of(0, 0, 1, 1);

test('accuracy is the share of equal labels', () => {
  expect(accuracy([0, 1, 1, 1], labels)).toBe(0.75);
});

test('class means, by hand', () => {
  expect([...classMeans(features, labels)].slice(0, 4)).toEqual([2, 0, -2, 4]);
});

test('spread ratio, by hand, and the same at another scale and place', () => {
  // Class means (2, 0) and (−2, 4), overall (0, 2): 8 for each row between, 1 for each row within.
  expect(spreadRatio(features, labels)).toBe(8);
  expect(
    spreadRatio(
      features.map((value) => 4 * value + 16),
      labels,
    ),
  ).toBe(8);
});

test('the distance of each row to its own center, by hand', () => {
  expect([...ownDistances(features, labels, Float32Array.of(1, 0, 0, 4))]).toEqual([0, 4, 1, 9]);
});

test('a quantile is a value that so many do not exceed', () => {
  const values = Float64Array.of(5, 1, 4, 2, 3);
  expect([0, 0.2, 0.21, 0.8, 0.81, 1].map((share) => quantile(values, share))).toEqual([1, 1, 2, 4, 5, 5]);
});
