// Rows × centers in every metric. The crate compares batches of every shape with float64.
import { CenterLoss, ClassCenters, classify } from 'center-loss';
import { expect, it } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError } from '../support/error.js';

it('a zero vector is at distance 1 from all, and a row that is not finite has no nearest class', () => {
  const inMetric = (metric: 'cosine' | 'euclidean' | 'sqeuclidean') => {
    const centers = new ClassCenters(3, 2, { metric });
    centers.params.set([0, 0, 1, 1, -1, 0]);
    return centers;
  };
  const centers = inMetric('cosine');
  const x = [0, 0, 2, 0, Number.NaN, 1, 1, Number.POSITIVE_INFINITY];
  const actual = centers.distances(x);
  expect([...actual.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
  expectClose(actual.subarray(4, 6), [1 - Math.SQRT1_2, 2], { relative: 1e-6 });
  // Exactly, also where the other directions are rounded, and where many rows meet many centers.
  const [rows, nClasses, nDim] = [70, 130, 19];
  const { centers: many } = new CenterLoss(nClasses, nDim, { init: 'normal', seed: 1, metric: 'cosine' });
  const { centers: others } = new CenterLoss(rows, nDim, { init: 'normal', seed: 2 });
  many.params.fill(0, 5 * nDim, 6 * nDim);
  others.params.fill(0, 66 * nDim, 67 * nDim);
  const all = many.distances(others.params);
  const { nearest, scores } = classify(many, others.params);
  for (let i = 0; i < rows; i++) expect(all[i * nClasses + 5]).toBe(1);
  expect(all.subarray(66 * nClasses, 67 * nClasses).every((d) => d === 1)).toBe(true);
  expect([nearest[66], scores[66]]).toEqual([0, 1]);
  expect(actual.subarray(6).every(Number.isNaN)).toBe(true);
  expect([...centers.predict(x)]).toEqual([0, 1, -1, -1]);
  expect([...inMetric('euclidean').predict(x)]).toEqual([0, 1, -1, -1]);
  expect([...inMetric('euclidean').distances([3, 4])].slice(0, 1)).toEqual([5]);
  expect([...inMetric('sqeuclidean').distances([3, 4]).subarray(0, 1)]).toEqual([25]);
});

it('refuses bad options', () => {
  expectError(() => new ClassCenters(2, 2, { metric: 'l1' as never }), 'ERR_OPTION', 'metric must be');
  expectError(() => new ClassCenters(2, 2, { matric: 'cosine' } as never), 'ERR_OPTION', 'there is no option "matric"');
});
