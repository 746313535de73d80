// Score 'mahalanobis' by a full covariance: as pytorch-ood and scikit-learn, in any units, on every engine, in files,
// and where a covariance is singular.
import {
  type ClassifierOptions,
  ClassStatistics,
  type Embeddings,
  fitPrecision,
  OpenSetClassifier,
  type Target,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import expected from '../oracle/covariance.json' with { type: 'json' };
import datasets from '../oracle/datasets.json' with { type: 'json' };
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const FORMS: ClassifierOptions[] = [{}, { shrinkage: 'ledoit-wolf' }, { shrinkage: 0.3, relative: true }];

/** Classifier by a full covariance. */
const tied = (params: ArrayLike<number>, nDim: number, options: ClassifierOptions = {}) =>
  new OpenSetClassifier(
    { params: Float32Array.from(params), nClasses: params.length / nDim, nDim },
    { score: 'mahalanobis', covariance: 'tied', ...options },
  );

describe('as pytorch-ood and scikit-learn', () => {
  const { rows: x, labels } = datasets.wine;
  const target = labels.map((label) => (label < 2 ? label : -1));
  const nDim = 13;
  const make = (options: ClassifierOptions) => tied(expected.centers.flat(), nDim, options).fit(x, target);

  it('Mahalanobis, LinearDiscriminantAnalysis', () => {
    const classifier = make({});
    expectClose(classifier.covariance ?? [], expected.covariance.flat(), { relative: 1e-6 });
    expectClose(classifier.scores(x), expected.mahalanobis);
    const probabilities = classifier.predictProba(x).filter((_, i) => i % 2 === 1);
    expectClose(probabilities, expected.probabilities, { absolute: 1e-30 });
    const distances = classifier.distances(x);
    const { scores, nearest } = classifier.classify(x);
    expect(scores).toEqual(scores.map((_, row) => distances[2 * row + (nearest[row] ?? 0)] ?? 0));
  });

  it('RMD', () => {
    // The difference of two distances is as exact as they are.
    expectClose(make({ relative: true }).scores(x), expected.relative, { scale: expected.mahalanobis });
  });

  it('LedoitWolf', () => {
    const classifier = make({ shrinkage: 'ledoit-wolf' });
    expectClose(classifier.distances(x), expected.shrunk.flat());
    const given = make({ shrinkage: expected.shrinkage });
    expectClose(classifier.covariance ?? [], given.covariance ?? [], { relative: 1e-6 });
  });

  it('a covariance of ClassStatistics', () => {
    const statistics = new ClassStatistics(2, nDim, { covariance: 'tied' });
    statistics.add(x, target);
    const covariance = statistics.tiedCovariance();
    const classifier = new OpenSetClassifier(statistics, { score: 'mahalanobis', covariance });
    expectClose(classifier.scores(x), expected.mahalanobis);
    expect(classifier.fit(x, target).covariance).toEqual(covariance);
  });

  it('shrinkage 1 is a diagonal covariance, which has distances, too', () => {
    const diagonal = new OpenSetClassifier(
      { params: expected.centers.flat(), nClasses: 2, nDim },
      { score: 'mahalanobis' },
    ).fit(x, target);
    expectClose(diagonal.distances(x), make({ shrinkage: 1 }).distances(x));
    expect(diagonal.covariance).toBeUndefined();
    const other = new OpenSetClassifier({ params: expected.centers.flat(), nClasses: 2, nDim }, { score: 'softmin' });
    expect(other.distances(x)).toEqual(other.centers.distances(x));
    expect(other.predictProba(x, { temperature: 9 })).toEqual(other.centers.predictProba(x, { temperature: 9 }));
  });
});

const noise = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i + i / 7 + 1));

/** Rows of three classes, in dimensions that depend on each other. */
function problem(nDim: number, rows = 3 * nDim + 40) {
  const params = noise(3 * nDim);
  const target = Array.from({ length: rows }, (_, i) => (i % 5 === 4 ? -1 : i % 3));
  const values = noise(rows * nDim);
  const x = values.map((value, i) => {
    const [row, k] = [Math.floor(i / nDim), i % nDim];
    return (params[Math.max(0, target[row] ?? 0) * nDim + k] ?? 0) + value + (k > 0 ? (values[i - 1] ?? 0) : 0);
  });
  return { params, x, target };
}

/** FNV-1a of the bytes. */
const hash = (values: Float32Array) =>
  new Uint8Array(values.buffer).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);

it.each([1, 2, 3, 4, 5, 8, 17, 33])('%i dimensions: units change nothing, and files have the same bits', (nDim) => {
  const { params, x, target } = problem(nDim);
  for (const options of FORMS) {
    const classifier = tied(params, nDim, options).fit(x, target);
    const all = classifier.classify(x);
    const units = (values: Float32Array) => values.map((value, i) => value * 2 ** (20 * (((i % nDim) % 3) - 1)));
    const scaled = tied(units(params), nDim, options).fit(units(x), target);
    expectClose(scaled.scores(units(x)), all.scores, { scale: all.scores.map((score) => Math.abs(score) + nDim) });
    expect(scaled.predict(units(x)).filter((label, i) => label !== all.labels[i]).length).toBeLessThan(3);
    const loaded = OpenSetClassifier.load(classifier.save());
    expect(loaded.classify(x)).toEqual(all);
    expect(loaded.fit(x, target).save()).toEqual(classifier.save());
    for (const row of [0, 5]) {
      expect(classifier.scores(x.subarray(row * nDim, (row + 1) * nDim))[0]).toBe(all.scores[row]);
    }
    x[3 * nDim] = Number.NaN;
    const after = classifier.classify(x);
    expect([after.labels[3], after.scores[3]]).toEqual([-1, Number.POSITIVE_INFINITY]);
    expect(after.scores.subarray(4)).toEqual(all.scores.subarray(4));
    expect(classifier.predictProba(x)[9]).toBeNaN();
    expect(
      tied(params, nDim, options).fit(
        x,
        target.map((label, row) => (row === 3 ? -1 : label)),
      ).covariance,
    ).toEqual(tied(params, nDim, options).fit(x, target).covariance);
    x.set(problem(nDim).x);
  }
});

it('every engine has the same bits', () => {
  const { params, x, target } = problem(17);
  const hashes = FORMS.map((options) => hash(tied(params, 17, options).fit(x, target).distances(x)));
  expect(hashes).toEqual([3710328230, 1570772831, 2288501078]);
});

it('precisions of units that differ by 10⁶ are those of each dimension', () => {
  // Ranges as in scikit-learn's breast_cancer: an area of hundreds, and errors of thousandths.
  const units = [650, 0.003, 1, 1e-4];
  const { params, x, target } = problem(4);
  const scaled = (values: Float32Array) => values.map((value, i) => value * (units[i % 4] ?? 0));
  const make = (values: Float32Array) =>
    new OpenSetClassifier({ params: values, nClasses: 3, nDim: 4 }, { score: 'mahalanobis' });
  const plain = fitPrecision(make(params).centers, x, target);
  const precision = fitPrecision(make(scaled(params)).centers, scaled(x), target);
  expectClose(
    precision,
    plain.map((value, k) => value / (units[k] ?? 0) ** 2),
  );
});

it('classes that change take the covariance', () => {
  const { params, x, target } = problem(5);
  const classifier = tied(params, 5).fit(x, target);
  classifier.addClass('new', [9, 9, 9, 9, 9]);
  expect(classifier.decide([9, 9, 9, 9, 9])).toMatchObject({ name: 'new', score: 0 });
  classifier.removeClass('new');
  expect(classifier.scores(x)).toEqual(tied(params, 5).fit(x, target).scores(x));
  classifier.dispose();
  expectError(() => classifier.distances(x), 'ERR_DISPOSED', /disposed/);
  expectError(() => classifier.predictProba(x), 'ERR_DISPOSED', /disposed/);
});

it('no row is near a class without rows', () => {
  const { params, x, target } = problem(5);
  for (const options of FORMS) {
    const all = tied(params, 5, options).fit(x, target);
    const more = tied([...params, ...Array(5).fill(Number.POSITIVE_INFINITY)], 5, options).fit(x, target);
    expect(more.scores(x)).toEqual(all.scores(x));
    expect(more.predict(x)).toEqual(all.predict(x));
    expect(Array.from(more.predictProba(x)).filter((p, i) => i % 4 === 3 && p !== 0)).toEqual([]);
  }
});

it('refuses a covariance that is singular, and says what to do', () => {
  const { params, x, target } = problem(4);
  const few = (options: ClassifierOptions) => tied(params, 4, options).fit(x.subarray(0, 12), target.slice(0, 3));
  expectError(
    () => few({}),
    'ERR_SHAPE',
    "3 known rows are 4 too few for 3 centers of 4 dimensions: add rows, or set shrinkage: 'ledoit-wolf'",
  );
  expect(few({ shrinkage: 'ledoit-wolf' }).scores(x)[0]).toBeGreaterThan(0);
  const doubled = x.map((value, i) => (i % 4 === 2 ? (x[i - 1] ?? 0) : value));
  const alike = params.map((value, i) => (i % 4 === 2 ? (params[i - 1] ?? 0) : value));
  expectError(
    () => tied(alike, 4).fit(doubled, target),
    'ERR_SHAPE',
    'dimension 2 does not vary within the classes, or follows from those before it; leave the dimension out, or set shrinkage',
  );
  const still = x.map((value, i) => (i % 4 === 1 ? 0.1 : value));
  const stillParams = params.map((value, i) => (i % 4 === 1 ? 0.1 : value));
  expectError(() => tied(stillParams, 4).fit(still, target), 'ERR_SHAPE', 'dimension 1 does not vary');
  const shrunk = tied(stillParams, 4, { shrinkage: 0.1 }).fit(still, target);
  const variances = Array.from({ length: 4 }, (_, k) => shrunk.covariance?.[5 * k] ?? 0);
  expectClose(variances[1] ?? 0, 1e-9 * Math.max(...variances));
  expectError(() => tied([1, 1], 1, { shrinkage: 1 }).fit([1, 1], [0, 1]), 'ERR_SHAPE', 'does not vary');
});

it('refuses options that do not fit', () => {
  const make = (options: object) => () => new OpenSetClassifier({ params: [1, 2], nClasses: 1, nDim: 2 }, options);
  const score = 'mahalanobis';
  expectErrors('ERR_OPTION', [
    [make({ covariance: 'tied' }), "covariance is an option of score 'mahalanobis', not of 'distance'"],
    [make({ score, covariance: 'full' }), `covariance must be "diagonal" or "tied", got "full"`],
    [make({ score, covariance: null }), 'covariance must be "diagonal" or "tied", got null'],
    [make({ score, relative: true }), "shrinkage and relative are options of covariance 'tied'"],
    [make({ score, covariance: 'tied', relative: 1 }), 'relative must be true or false, got 1'],
    [
      make({ score, covariance: 'tied', shrinkage: 2 }),
      "shrinkage must be a number from 0 to 1 or 'ledoit-wolf', got 2",
    ],
    [make({ score, covariance: 'tied', shrinkage: 'oas' }), 'got "oas"'],
    [make({ score, covariance: 'tied', precision: [1, 1] }), 'leave out precision or covariance'],
    [make({ score, covariance: [1, 0, 1, 1] }), 'covariance must be symmetric, got 1 at [1, 0] and 0 at [0, 1]'],
    [make({ score, covariance: [1, Number.NaN, 0, 1] }), 'covariance[1] must be a finite number, got NaN'],
    [() => tied([1, 2], 2).scores([1, 2]), "score 'mahalanobis' needs a covariance"],
    [() => tied([1, 2], 2).distances([1, 2]), "score 'mahalanobis' needs a covariance"],
  ]);
  expectErrors('ERR_SHAPE', [
    [make({ score, covariance: [1, 0, 0] }), 'covariance has 3 values, but there are 4 pairs of dimensions'],
    [make({ score, covariance: [1, 1, 1, 1] }), 'the covariance is singular'],
    [make({ score, covariance: [1, 2, 2, 1] }), 'the covariance is singular'],
    [make({ score, covariance: [-1, 0, 0, 1] }), 'the covariance is singular'],
  ]);
  const unfitted: [Embeddings, Target] = [[[1, 2]], [-1]];
  expectError(() => tied([1, 2], 2).fit(...unfitted), 'ERR_SHAPE', 'none of the 1 rows is known');
  expectError(() => tied([1, 2], 2).fit([[Number.NaN, 2]], [0]), 'ERR_SHAPE', /too few|finite/);
});
