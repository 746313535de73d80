// Statistics of classes. The crate compares batches and merges of every kind with float64 in two passes.
import { CenterLoss, ClassCenters, ClassStatistics } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const EVERY = ['none', 'diagonal', 'tied'] as const;

/** Rows of 61 different whole numbers, whose sums are exact. */
const rowsOf = (count: number, dim: number, offset = 0): Float32Array =>
  new Float32Array(count * dim).map((_, i) => ((i * 7919) % 61) - 30 + offset);

/** All that statistics tell, to the last bit. */
const stateOf = (statistics: ClassStatistics) => ({
  counts: statistics.counts,
  means: statistics.means,
  rejected: statistics.rejected,
  variances: statistics.covariance === 'none' ? undefined : statistics.variances(),
  tiedCovariance: statistics.covariance === 'tied' ? statistics.tiedCovariance() : undefined,
});

it.each(EVERY)('two batches, and two merged, have the weighted moments of their rows: covariance %s', (covariance) => {
  const make = () => new ClassStatistics(2, 2, { covariance });
  const [whole, first, second] = [make(), make(), make()];
  for (const part of [whole, first]) part.add([1, 2, 9, 9], [0, -1]);
  for (const part of [whole, second]) part.add([3, 6, 5, 1], [0, 1], { sampleWeight: [3, 2] });
  second.merge(first);
  for (const all of [whole, second]) {
    expect(stateOf(all)).toEqual({
      ...{ counts: Float64Array.of(4, 2), means: Float64Array.of(2.5, 5, 5, 1), rejected: 0 },
      variances: covariance === 'none' ? undefined : Float64Array.of(0.75, 3, 0, 0),
      tiedCovariance: covariance === 'tied' ? Float64Array.of(0.5, 1, 1, 2) : undefined,
    });
  }
});

it('more rows than are copied in at once give the same bits as a batch in memory', () => {
  const [rows, dim] = [3000, 64];
  const x = rowsOf(rows, dim, 0.5);
  const target = new Int32Array(rows).map((_, i) => (i % 4) - 1);
  const sampleWeight = new Float32Array(rows).map((_, i) => i % 3);
  for (const covariance of EVERY) {
    for (const options of [{}, { sampleWeight }]) {
      const [copied, inPlace] = [0, 1].map(() => new ClassStatistics(3, dim, { covariance })) as [
        ClassStatistics,
        ClassStatistics,
      ];
      copied.add(x, target, options);
      const batch = inPlace.batch(rows);
      batch.x.set(x);
      batch.target.set(target);
      inPlace.add(batch, options);
      expect(stateOf(inPlace)).toEqual(stateOf(copied));
      for (const one of [copied, inPlace, batch]) one.dispose();
    }
  }
});

it('takes the batch of a loss, and views on its own memory', () => {
  const loss = new CenterLoss(2, 3);
  const batch = loss.batch(2);
  batch.x.set([1, 2, 3, 4, 5, 6]);
  batch.target.set([1, 1]);
  const statistics = new ClassStatistics(2, 3);
  statistics.add(batch);
  const values = [1, 2, 3, 4, 5, 6];
  statistics.add(values, [0, 1]);
  statistics.add(batch.x, batch.target);
  expect([...statistics.counts]).toEqual([1, 5]);
  expectClose(statistics.means, [1, 2, 3, 14 / 5, 19 / 5, 24 / 5], { relative: 1e-6 });
  for (const one of [loss, batch, statistics]) one.dispose();
});

it('leaves out and counts rows that are not finite, and ignores those without a class or a weight', () => {
  const statistics = new ClassStatistics(2, 2);
  statistics.add([1, 2, Number.NaN, 0, 3, 4, Number.NaN, 0, 0, Number.POSITIVE_INFINITY, 1e39, 0], [0, 0, 0, -1, 1, 1]);
  statistics.add([Number.NaN, 0, 5, 6], [0, 0], { sampleWeight: [0, 2] });
  expect(statistics.rejected).toBe(3);
  expect([...statistics.counts]).toEqual([4, 0]);
  expect([...statistics.means]).toEqual([3.5, 4.5, 0, 0]);
  expect([...statistics.variances()]).toEqual([2.75, 2.75, 0, 0]);
  const other = new ClassStatistics(2, 2);
  other.merge(statistics);
  expect(other.rejected).toBe(3);
});

it('forgets at each call, also at one without rows', () => {
  const statistics = new ClassStatistics(1, 1, { forgetting: 0.5, covariance: 'tied' });
  statistics.add([8], [0]);
  statistics.add([], []);
  statistics.add([2, 4], [0, 0]);
  expectClose(statistics.counts, [2.25]);
  expectClose(statistics.means, [8 / 2.25]);
  const variance = (2 * 2 + 4 * 4 + 0.25 * 64) / 2.25 - (8 / 2.25) ** 2;
  expectClose(statistics.variances(), [variance]);
  expectClose(statistics.tiedCovariance(), [variance]);
  const batch = statistics.batch(0);
  for (let i = 0; i < 50; i++) statistics.add(batch);
  expectClose(statistics.counts, [2.25 * 2 ** -50]);
  expectClose(statistics.means, [8 / 2.25]);
  for (let i = 0; i < 1100; i++) statistics.add(batch);
  expect([...statistics.counts, ...statistics.means]).toEqual([0, 0]);
});

describe('centers', () => {
  it('are the means; a class without rows is never predicted', () => {
    const x = rowsOf(60, 40);
    const target = new Int32Array(60).map((_, i) => [0, 2, -1][i % 3] as number);
    const centers = ClassCenters.fit(x, target, { nClasses: 4, nDim: 40 });
    const statistics = new ClassStatistics(4, 40);
    statistics.add(x, target);
    expect(statistics.toCenters().params).toEqual(centers.params);
    expect([...centers.params.subarray(40, 80)]).toEqual(new Array(40).fill(Number.POSITIVE_INFINITY));
    expect(centers.params.subarray(0, 40)).toEqual(Float32Array.from(statistics.means.subarray(0, 40)));
    expectAbsent(centers, x, [1, 3]);
    expect([...ClassCenters.fit([[1], [3]], [0, 0], { sampleWeight: [3, 1] }).params]).toEqual([1.5]);
  });

  it('get the numbers of classes and dimensions from the data', () => {
    const fitted = ClassCenters.fit(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [2n, -1n, 2n],
    );
    expect([fitted.nClasses, fitted.nDim]).toEqual([3, 2]);
    expect([...fitted.params.subarray(4)]).toEqual([3, 4]);
    for (const one of [fitted, new ClassCenters(1, 1), new CenterLoss(2, 2).centers]) {
      expect(one).toBeInstanceOf(ClassCenters);
    }
    expect([undefined, {}, new CenterLoss(2, 2)].filter((one) => one instanceof ClassCenters)).toEqual([]);
  });

  it('are refused for rows without a class', () => {
    const centersOf = (...given: unknown[]) => (ClassCenters.fit as (...given: unknown[]) => unknown)(...given);
    expectErrors('ERR_LABEL', [
      [() => centersOf([[1], [2]], [-1, -2]), 'none of the 2 labels in target is of a class'],
      [() => centersOf([[1], [2]], [0, 1.5]), /target\[1\] is 1.5/],
      [() => centersOf([[1], [2]], ['a', 0]), /target\[1\] is 0, not a name/],
      [() => centersOf([[1], [2]], [-1, '1']), /target\[1\] is "1", not an integer/],
      [() => centersOf([[1], [2]], [0, Number.POSITIVE_INFINITY]), /target\[1\] is Infinity/],
      [() => centersOf([1, 2]), /got Undefined/],
      [() => centersOf([[1], [2]], [0, 5], { nClasses: 5 }), /target\[1\] is 5, but there are 5 classes/],
      [() => centersOf([], [], { nDim: 1 }), /none of the 0 labels/],
    ]);
    expectErrors('ERR_SHAPE', [
      [() => centersOf([1, 2, 3, 4], [0, 1]), 'x is a list of 4 numbers: give the option nDim'],
      [() => centersOf([], [0, 1]), 'x is a list of 0 numbers: give the option nDim'],
      [() => centersOf(new Float32Array(90), new Array(15).fill(0), { nDim: 3 }), 'x has 30 rows of 3 values, but'],
      [() => centersOf([1, 2, 3], [0, 1], { nDim: 2 }), 'x has 3 values, which is not a multiple of nDim = 2'],
      [() => centersOf([[1, 2, 3]], [0], { nDim: 2 }), 'x[0] has 3 values; expected nDim = 2'],
      [() => centersOf('x', [0]), /got String/],
    ]);
    expectError(
      () => centersOf([[1]], [0], { nClasses: 0 }),
      'ERR_OPTION',
      /nClasses must be a positive integer, got 0/,
    );
    expectError(() => centersOf([[1]], [0], { nDim: 0 }), 'ERR_OPTION', /nDim must be a positive integer, got 0/);
    expectError(() => centersOf([[1]], [0], { classes: 1 }), 'ERR_OPTION', /there is no option "classes"/);
    expectError(() => centersOf([[1]], [0], { sampleWeight: [1, 1] }), 'ERR_SHAPE', /sampleWeight/);
  });

  it('of classes without rows are never predicted, also by the kernels for many classes', () => {
    const [nClasses, dim] = [300, 24];
    const x = new Float32Array(nClasses * dim).map((_, i) => Math.fround(Math.sin(i * i)) + 2);
    const target = new Int32Array(nClasses).map((_, j) => (j % 3 === 1 ? -1 : j));
    const centers = ClassCenters.fit(x, target, { nClasses, nDim: dim });
    const empty = [...target.keys()].filter((j) => j % 3 === 1);
    expectAbsent(centers, x, empty);
    const predicted = centers.predict(x);
    expect([...predicted].filter((label, j) => j % 3 !== 1 && label !== j)).toEqual([]);
    for (const count of [1, 5]) {
      expect(centers.predict(x.subarray(0, count * dim))).toEqual(predicted.slice(0, count));
    }
  });

  /** Checks that these classes are infinitely far, and that the other classes are predicted as without them. */
  function expectAbsent(centers: ClassCenters, x: Float32Array, empty: number[]): void {
    const { nClasses, nDim } = centers;
    const rows = x.length / nDim;
    const there = [...Array(nClasses).keys()].filter((j) => !empty.includes(j));
    const without = ClassCenters.fit(
      there.flatMap((j) => [...centers.params.subarray(j * nDim, (j + 1) * nDim)]),
      there.map((_, j) => j),
      { nDim },
    );
    expect(centers.predict(x)).toEqual(without.predict(x).map((label) => there[label] as number));
    const [distances, probabilities] = [centers.distances(x), centers.predictProba(x)];
    const [near, likely] = [without.distances(x), without.predictProba(x)];
    for (let i = 0; i < rows; i++) {
      const row = (values: Float32Array, width: number) => values.subarray(i * width, (i + 1) * width);
      const of = (values: Float32Array, classes: number[]) => classes.map((j) => row(values, nClasses)[j] as number);
      expect(of(distances, empty)).toEqual(empty.map(() => Number.POSITIVE_INFINITY));
      expect(of(probabilities, empty)).toEqual(empty.map(() => 0));
      expectClose(of(distances, there), row(near, there.length));
      expectClose(of(probabilities, there), row(likely, there.length), { relative: 1e-3, absolute: 1e-30 });
    }
  }
});

describe('errors', () => {
  it('of the constructor', () => {
    expectError(() => new ClassStatistics(0, 2), 'ERR_OPTION', 'nClasses must be a positive integer, got 0');
    expectError(() => new ClassStatistics(2, 1.5), 'ERR_OPTION', 'nDim must be a positive integer, got 1.5');
    expectError(() => new ClassStatistics(2, 2, { covariance: 'full' as never }), 'ERR_OPTION', /got "full"/);
    for (const forgetting of [0, -1, 1.01, Number.NaN, '1' as never]) {
      expectError(() => new ClassStatistics(2, 2, { forgetting }), 'ERR_OPTION', /forgetting must be a number above 0/);
    }
    expectError(() => new ClassStatistics(2, 2, { variance: true } as never), 'ERR_OPTION', /no option "variance"/);
    for (const [nClasses, nDim] of [
      [2 ** 17, 2 ** 17],
      [2 ** 40, 2 ** 40],
      [2 ** 33, 1],
    ] as const) {
      expectError(() => new ClassStatistics(nClasses, nDim), 'ERR_OUT_OF_MEMORY', /bytes/);
    }
    expectError(() => new ClassStatistics(1, 2 ** 17, { covariance: 'tied' }), 'ERR_OUT_OF_MEMORY', /bytes/);
  });

  it('of merge and of results', () => {
    const statistics = new ClassStatistics(2, 2);
    statistics.add([1, 2], [0]);
    const before = stateOf(statistics);
    const disposed = new ClassStatistics(2, 2);
    disposed.dispose();
    expectError(() => statistics.merge(statistics), 'ERR_OPTION', /merge takes other/);
    expectError(() => statistics.merge({} as never), 'ERR_OPTION', /merge takes other/);
    expectError(() => statistics.merge(new ClassStatistics(3, 2)), 'ERR_SHAPE', /are of 3 classes of 2 dimensions/);
    expectError(() => statistics.merge(new ClassStatistics(2, 3)), 'ERR_SHAPE', /are of 2 classes of 3 dimensions/);
    const tied = new ClassStatistics(2, 2, { covariance: 'tied' });
    expectError(
      () => statistics.merge(tied),
      'ERR_OPTION',
      /the covariance of the others must be "diagonal", got "tied"/,
    );
    expectError(() => statistics.merge(disposed), 'ERR_DISPOSED', /ClassStatistics/);
    expectError(() => statistics.tiedCovariance(), 'ERR_OPTION', "no tiedCovariance with covariance 'diagonal'");
    const none = new ClassStatistics(2, 2, { covariance: 'none' });
    expectError(() => none.variances(), 'ERR_OPTION', "no variances with covariance 'none'");
    expect(stateOf(statistics)).toEqual(before);
  });
});
