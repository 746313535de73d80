// Classification with a score: as SciPy and scikit-learn, containment, thresholds, refusals. The tests of the crate
// compare scores of every shape with float64.
import { ClassCenters, classify, fitPrecision, OpenSetClassifier, type Score, type ScoreOptions } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { decision } from '../oracle/cases.js';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const METRICS = ['sqeuclidean', 'euclidean', 'cosine'] as const;
const OF_METRIC = ['distance', 'normalized', 'softmin', 'entropy', 'knn-centers'] as const;

/** Runs on centers of these params, and frees them. */
function on<T>(params: ArrayLike<number>, nDim: number, act: (centers: ClassCenters) => T): T {
  const centers = new ClassCenters(params.length / nDim, nDim);
  centers.params.set(params);
  try {
    return act(centers);
  } finally {
    centers.dispose();
  }
}

describe.each(decision.distances)('as SciPy and scikit-learn', (one) => {
  const { x, centers, y, radius, precision, mahalanobis } = one;
  const run = <T>(act: (centers: ClassCenters, x: Float32Array) => T) =>
    on(centers, 7, (made) => act(made, Float32Array.from(x)));

  it.each(METRICS)('%s', (metric) => {
    run((made, rows) => {
      const { nearest: _nearest, cac: _cac, ...published } = one[metric];
      for (const score of Object.keys(published) as (keyof typeof published)[]) {
        const { scores, nearest, labels } = classify(made, rows, {
          score,
          metric,
          ...(score === 'normalized' ? { radius } : {}),
        });
        const isLogarithm = score === 'softmin' || score === 'entropy';
        const values = isLogarithm ? scores.map(Math.exp) : scores;
        expectClose(values, one[metric][score], { relative: 2e-5, absolute: 1e-7 });
        expect([...nearest]).toEqual(one[metric].nearest);
        expect(labels).toEqual(nearest);
      }
    });
  });

  it('cac, mahalanobis, and the precision', () => {
    run((made, rows) => {
      const { scores } = classify(made, rows, { score: 'cac' });
      expectClose(scores.map(Math.exp), one.euclidean.cac, { relative: 2e-5, absolute: 1e-7 });
      expectClose(fitPrecision(made, rows, y), precision);
      expectClose(classify(made, rows, { score: 'mahalanobis', precision }).scores, mahalanobis, { absolute: 1e-7 });
    });
  });
});

it('scores keep their digits where the nearest class is as good as certain', () => {
  on([0, 0, 0, 60], 2, (centers) => {
    const { scores } = classify(centers, [0, 29], { score: 'softmin', metric: 'euclidean' });
    // d = 29 and 31: 1 − p₁ = e⁻²/(1 + e⁻²).
    expectClose(scores, [-2 - Math.log1p(Math.exp(-2))]);
    // d = 1 and 59; their squares are 1 and 3481.
    for (const [score, options, expected] of [
      ['softmin', { metric: 'euclidean' }, -58],
      ['entropy', { metric: 'euclidean' }, Math.log(59) - 58],
      ['softmin', {}, -3480],
      ['entropy', {}, Math.log(3481) - 3480],
      ['softmin', { temperature: 0.01 }, -348000],
      ['cac', { temperature: 4 }, -58 / 4],
    ] as const) {
      expectClose(classify(centers, [0, 1], { score, ...options }).scores, [expected]);
    }
  });
});

it("the score 'cac' of a row at its center is −Infinity", () => {
  on([1, 2, 3, 4], 2, (centers) => {
    expect(classify(centers, [3, 4], { score: 'cac' }).scores).toEqual(Float32Array.of(Number.NEGATIVE_INFINITY));
    expect(classify(centers, [3, 4], { score: 'cac', threshold: Number.NEGATIVE_INFINITY }).labels[0]).toBe(1);
  });
});

describe('one row', () => {
  const nDim = 5;
  const nClasses = 70;
  const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i + 1));
  const options: ScoreOptions[] = [
    ...METRICS.flatMap((metric) => OF_METRIC.map((score): ScoreOptions => ({ metric, score }))),
    { score: 'cac' },
    { score: 'mahalanobis', precision: [1, 2, 3, 4, 5] },
  ].map((one) => (one.score === 'normalized' ? { ...one, radius: 2 } : one) as ScoreOptions);

  it.each(options)('that is not finite is unknown and changes no other row: %j', (one) => {
    on(values(nClasses * nDim), nDim, (centers) => {
      const x = values(66 * nDim);
      const before = classify(centers, x, one);
      const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const rows = [0, 7, 65];
      rows.forEach((row, i) => {
        x[row * nDim + i] = bad[i] ?? 0;
      });
      const after = classify(centers, x, { ...one, threshold: Number.POSITIVE_INFINITY });
      for (const row of rows) {
        const found = [after.scores[row], after.nearest[row], after.labels[row], after.names[row]];
        expect(found).toEqual([Number.POSITIVE_INFINITY, -1, -1, null]);
        after.scores[row] = before.scores[row] ?? 0;
        after.nearest[row] = before.nearest[row] ?? 0;
        after.labels[row] = before.labels[row] ?? 0;
      }
      expect({ ...after, names: before.names }).toEqual(before);
    });
  });

  it.each(METRICS)('has the same score among more rows than are copied in at once, %s', (metric) => {
    // 512 of them take a megabyte. Another kernel compares what few rows are left.
    const wide = 512;
    on(values(nClasses * wide), wide, (centers) => {
      const x = values(1100 * wide);
      const all = classify(centers, x, { metric, threshold: 1 });
      expect([all.labels, all.scores, all.nearest].map(({ length }) => length)).toEqual([1100, 1100, 1100]);
      const parts = [0, 511, 512, 513, 1023, 1024, 1099].map((row) => [row, row + 1]);
      for (const [from, to] of [...parts, ...[513, 514, 1025, 1026].map((rows) => [0, rows])]) {
        const part = classify(centers, x.subarray((from as number) * wide, (to as number) * wide), {
          metric,
          threshold: 1,
        });
        expect(part.labels).toEqual(all.labels.slice(from, to));
        expect(part.scores).toEqual(all.scores.slice(from, to));
        expect(part.nearest).toEqual(all.nearest.slice(from, to));
      }
    });
  });
});

describe('thresholds', () => {
  it('reject scores above them, one for all rows or one for each nearest class', () => {
    on([0, 10], 1, (centers) => {
      const x = [1, 2, 8, 9, 5];
      const labels = (threshold: ScoreOptions['threshold']) =>
        Array.from(classify(centers, x, threshold === undefined ? {} : { threshold }).labels);
      expect(labels(undefined)).toEqual([0, 0, 1, 1, 0]);
      expect(labels(4)).toEqual([0, 0, 1, 1, -1]);
      expect(labels(3.9)).toEqual([0, -1, -1, 1, -1]);
      expect(labels([1, 4])).toEqual([0, -1, 1, 1, -1]);
      expect(labels(Float64Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY))).toEqual([0, 0, -1, -1, 0]);
      expect(classify(centers, x, { threshold: 0 }).nearest).toEqual(Int32Array.of(0, 0, 1, 1, 0));
    });
  });

  it('mean what `scores[i] > threshold` means', () => {
    on([0], 1, (centers) => {
      const x = [Math.sqrt(0.1), Math.sqrt(0.3)];
      const { scores } = classify(centers, x);
      for (const threshold of [0.1, 0.3, scores[0] ?? 0, scores[1] ?? 0]) {
        const { labels } = classify(centers, x, { threshold });
        expect([...labels]).toEqual(Array.from(scores, (score) => (score > threshold ? -1 : 0)));
      }
    });
  });
});

it('takes views on the memory that its own call makes grow', () => {
  on([1, 2, 3, 4], 2, (centers) => {
    const expected = classify(centers, [1, 2, 3, 4], { score: 'mahalanobis', precision: [1, 2] });
    const large = new ClassCenters(3_000_000, 1);
    expect(classify(centers, centers.params, { score: 'mahalanobis', precision: [1, 2] })).toEqual(expected);
    expect([...fitPrecision(centers, centers.params, [0, 1])]).toEqual([1, 1]);
    large.dispose();
  });
});

it('gives empty results for no rows', () => {
  on([1, 2, 3, 4], 2, (centers) => {
    const nothing = { labels: new Int32Array(0), names: [], scores: new Float32Array(0), nearest: new Int32Array(0) };
    expect(classify(centers, [])).toEqual(nothing);
    expect(classify(centers, new Float32Array(0), { score: 'softmin', metric: 'cosine', threshold: 1 })).toEqual(
      nothing,
    );
  });
});

it('refuses bad options and shapes', () => {
  on([1, 2, 3, 4], 2, (centers) => {
    const x = [1, 2];
    const refused = (options: object, code: 'ERR_OPTION' | 'ERR_SHAPE', message: string | RegExp) =>
      expectError(() => classify(centers, x, options as ScoreOptions), code, message);
    refused({ score: 'msp' }, 'ERR_OPTION', /score must be "distance" or "normalized" or .* got "msp"/);
    refused({ metric: 'l2' }, 'ERR_OPTION', /metric must be "sqeuclidean" or .* got "l2"/);
    refused({ scores: 1 }, 'ERR_OPTION', 'there is no option "scores"');
    refused({ score: 'normalized' }, 'ERR_OPTION', "score 'normalized' needs the option radius");
    refused({ score: 'mahalanobis' }, 'ERR_OPTION', "score 'mahalanobis' needs the option precision");
    refused({ radius: 1 }, 'ERR_OPTION', "radius is an option of score 'normalized', not of 'distance'");
    refused({ score: 'cac', precision: [1, 1] }, 'ERR_OPTION', "precision is an option of score 'mahalanobis'");
    refused({ score: 'cac', metric: 'cosine' }, 'ERR_OPTION', /'cac' is defined by metric 'euclidean', got "cosine"/);
    refused({ score: 'mahalanobis', precision: [1, 1], metric: 'cosine' }, 'ERR_OPTION', /has its own metric/);
    refused({ temperature: 2 }, 'ERR_OPTION', /temperature is an option of score 'softmin' or 'entropy' or 'cac', not/);
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-40, '1', null]) {
      const message = /temperature must be a number from 1e-30 to 1e30, got/;
      refused({ score: 'softmin', temperature }, 'ERR_OPTION', message);
      expectError(() => centers.predictProba(x, { temperature } as never), 'ERR_OPTION', message);
    }
    expectError(() => centers.predictProba(x, { T: 1 } as never), 'ERR_OPTION', 'there is no option "T"');
    expectError(() => centers.predictProba(x, null as never), 'ERR_OPTION', 'options must be an object, got null');
    expect(centers.predictProba([1, 2, 2, 3], { temperature: 8 })).toEqual(
      Float32Array.of(1 / (1 + Math.exp(-1)), 1 - 1 / (1 + Math.exp(-1)), 0.5, 0.5),
    );
    const normalized = { score: 'normalized' as Score };
    refused({ ...normalized, radius: -1 }, 'ERR_OPTION', 'radius must be a finite number ≥ 0, got -1');
    refused({ ...normalized, radius: 1e39 }, 'ERR_OPTION', /radius must be a finite/);
    refused({ ...normalized, radius: [1, Number.NaN] }, 'ERR_OPTION', 'radius[1] must be a finite number ≥ 0, got NaN');
    refused({ ...normalized, radius: [1] }, 'ERR_SHAPE', 'radius has 1 values, but there are 2 classes');
    refused(
      { score: 'mahalanobis', precision: [1, 1, 1] },
      'ERR_SHAPE',
      'precision has 3 values, but there are 2 dimensions',
    );
    refused({ threshold: Number.NaN }, 'ERR_OPTION', 'threshold must be a number other than NaN, got NaN');
    refused({ threshold: [0, Number.NaN] }, 'ERR_OPTION', /threshold\[1\] must be a number other than NaN/);
    refused({ threshold: [1, 2, 3] }, 'ERR_SHAPE', 'threshold has 3 values, but there are 2 classes');
    refused({ threshold: null }, 'ERR_OPTION', 'threshold must be a number other than NaN, got null');
    expectError(() => classify(centers, [1, 2, 3]), 'ERR_SHAPE', /not a multiple of nDim = 2/);
    expectError(
      () => classify({ nClasses: 1 } as never, x),
      'ERR_OPTION',
      /centers must be ClassCenters, such as loss.centers, got Object/,
    );
    expectErrors('ERR_SHAPE', [
      [() => fitPrecision(centers, x, [-1]), 'none of the 1 rows is known and finite'],
      [() => fitPrecision(centers, [Number.NaN, 0], [0]), 'none of the 1 rows is known and finite'],
    ]);
    expectError(() => fitPrecision(centers, x, [2]), 'ERR_LABEL', /target\[0\] is 2, but there are 2 classes/);
    expectError(
      () => fitPrecision(centers, x, [0, 1]),
      'ERR_SHAPE',
      /x has 1 rows of 2 values, but target has 2 labels/,
    );
    expectError(() => fitPrecision([] as never, x, [0]), 'ERR_OPTION', /centers must be ClassCenters, .* got Array/);
  });
  on([1, 2], 2, (centers) => {
    for (const score of ['cac', 'softmin', 'entropy', 'knn-centers'] as const) {
      const message = `score '${score}' compares classes: it needs 2 finite centers, got 1`;
      expectError(() => classify(centers, [1, 2], { score }), 'ERR_OPTION', message);
      expectError(() => new OpenSetClassifier(centers, { score }), 'ERR_OPTION', message);
      // A class without rows has its center at Infinity.
      const fitted = ClassCenters.fit([[1, 2]], ['cat'], { names: ['cat', 'dog'] });
      expectError(() => new OpenSetClassifier(fitted, { score }), 'ERR_OPTION', message);
    }
    centers.dispose();
    expectError(() => classify(centers, [1, 2]), 'ERR_DISPOSED', /disposed/);
    expectError(() => fitPrecision(centers, [1, 2], [0]), 'ERR_DISPOSED', /disposed/);
  });
});
