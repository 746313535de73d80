// OpenSetClassifier: what it takes, what it fits, what it decides.
import {
  CACLoss,
  CenterLoss,
  ClassCenters,
  classify,
  fitPrecision,
  fitThreshold,
  IslandLoss,
  type Metric,
  OpenSetClassifier,
  type Score,
  type ScoreOptions,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';

const nClasses = 3;
const nDim = 4;
const params = Float32Array.of(1, 0, 0, 0.5, 0, 2, 0, -0.5, -1, 0, 3, 0);

/** Rows around the centers, ever wider, and some without a class. */
const target = Array.from({ length: 90 }, (_, i) => (i % 7 === 6 ? -1 : i % nClasses));
const x = Float32Array.from({ length: target.length * nDim }, (_, at) => {
  const row = Math.floor(at / nDim);
  const center = params[((target[row] ?? 0) < 0 ? 1 : (target[row] ?? 0)) * nDim + (at % nDim)] ?? 0;
  return center + Math.sin(at * at + 1) * (0.05 + row / 90);
});
const known = target.flatMap((label, i) => (label >= 0 ? [i] : []));
const of = <A extends ArrayLike<number>>(values: A, rows: number[]) => rows.map((row) => values[row] ?? 0);

const make = (options?: ScoreOptions) => new OpenSetClassifier({ params, nClasses, nDim }, options);
const centers = new ClassCenters(nClasses, nDim);
centers.params.set(params);

/** All that a classifier decides by. */
function stateOf({ centers, score, metric, radius, precision, temperature, threshold, names }: OpenSetClassifier) {
  return { params: centers.params.slice(), score, metric, radius, precision, temperature, threshold, names };
}

const SETTINGS: [Score, Metric | undefined][] = [
  ['distance', undefined],
  ['distance', 'cosine'],
  ['normalized', 'euclidean'],
  ['normalized', 'cosine'],
  ['cac', undefined],
  ['softmin', 'sqeuclidean'],
  ['entropy', 'euclidean'],
  ['mahalanobis', undefined],
  ['knn-centers', 'euclidean'],
];
const optionsOf = (score: Score, metric: Metric | undefined): ScoreOptions => (metric ? { score, metric } : { score });

describe('fit', () => {
  it.each(SETTINGS)('%s, %s: the threshold holds the share of the known rows', (score, metric) => {
    for (const tpr of [0.5, 0.9, 0.95, 1]) {
      const classifier = make(optionsOf(score, metric)).fit(x, target, { tpr });
      const scores = of(classifier.scores(x), known);
      expect(classifier.threshold).toBe(fitThreshold(scores, { tpr }));
      const kept = of(classifier.predict(x), known).filter((label) => label >= 0).length / known.length;
      expect(kept).toBeGreaterThanOrEqual(tpr);
      expect(kept).toBeLessThan(tpr + 2 / known.length);
      classifier.dispose();
    }
  });

  it.each(SETTINGS)(
    '%s, %s: a threshold for each class is that of the rows that are nearest to it',
    (score, metric) => {
      const classifier = make(optionsOf(score, metric)).fit(x, target, { perClass: true });
      const { nearest, scores } = classifier.classify(x);
      const expected = fitThreshold(of(scores, known), { classes: of(nearest, known), nClasses });
      expect(classifier.threshold).toEqual(expected);
    },
  );

  it('finiteSample gives the threshold of fitThreshold, Infinity for few rows', () => {
    const scores = of(make().scores(x), known);
    expect(make().fit(x, target, { finiteSample: true }).threshold).toBe(fitThreshold(scores, { finiteSample: true }));
    const few = make().fit(x.subarray(0, 2 * nDim), [0, 1], { finiteSample: true });
    expect(few.threshold).toBe(Number.POSITIVE_INFINITY);
    expect(few.predict([1e9, 0, 0, 0])[0]).toBeGreaterThanOrEqual(0);
  });

  it('radii are those of CenterLoss.fitRadius, the precision is that of fitPrecision', () => {
    for (const metric of ['sqeuclidean', 'euclidean', 'cosine'] as const) {
      const loss = new CenterLoss(nClasses, nDim, { init: params, metric });
      const { radius } = make({ score: 'normalized', metric }).fit(x, target, { tpr: 0.8 });
      expect(radius).toEqual(loss.fitRadius(x, target, { quantile: 0.8 }));
      loss.dispose();
    }
    expect(make({ score: 'mahalanobis' }).fit(x, target).precision).toEqual(fitPrecision(centers, x, target));
  });

  it('a class without rows has the radius of all', () => {
    const some = target.map((label) => (label === 2 ? -1 : label));
    const { radius } = make({ score: 'normalized' }).fit(x, some, { tpr: 0.8 });
    const distances = centers.distances(x);
    const own = some.flatMap((label, i) => (label >= 0 ? [distances[i * nClasses + label] ?? 0] : []));
    expect(radius?.[2]).toBeCloseTo(fitThreshold(own, { tpr: 0.8 }), 5);
    expect(radius?.[0]).not.toBe(radius?.[2]);
  });

  it('keeps parameters that the constructor was given, and fits the others at each call', () => {
    const given = make({ score: 'normalized', radius: 2 }).fit(x, target);
    expect(given.radius).toEqual(Float32Array.of(2));
    const fitted = make({ score: 'normalized' }).fit(x, target);
    const before = fitted.radius;
    fitted.fit(x, target, { tpr: 0.5 });
    expect(fitted.radius).not.toEqual(before);
    expect(fitted.fit(x, target).radius).toEqual(before);
    expect(given.fit(x, target, { tpr: 0.5 }).radius).toEqual(Float32Array.of(2));
  });

  it('finds the temperature of softmin and entropy, unless it is given, and keeps it in a file', () => {
    for (const score of ['softmin', 'entropy'] as const) {
      const classifier = make({ score });
      expect(classifier.temperature).toBeUndefined();
      const { temperature = 0 } = classifier.fit(x, target);
      // The likelihood of the smoothed labels is lower at any other temperature.
      const smoothing = 1 / (known.length + 2);
      const likelihood = (factor: number) => {
        const p = centers.predictProba(x, { temperature: temperature * factor }).map(Math.log);
        const share = (i: number, j: number) => (j === target[i] ? 1 - smoothing : smoothing / (nClasses - 1));
        return known.reduce(
          (sum, i) => [0, 1, 2].reduce((sum, j) => sum + share(i, j) * (p[i * nClasses + j] ?? 0), sum),
          0,
        );
      };
      expect(likelihood(1)).toBeGreaterThan(likelihood(0.99));
      expect(likelihood(1)).toBeGreaterThan(likelihood(1.01));
      // It is in units of the distance.
      const scaled = new OpenSetClassifier({ params: params.map((value) => value * 1024), nClasses, nDim }, { score });
      const rows = x.map((value) => value * 1024);
      expect(scaled.fit(rows, target).temperature).toBeCloseTo(temperature * 2 ** 20, 3);
      expect(scaled.scores(rows)).toEqual(classifier.scores(x));
      const loaded = OpenSetClassifier.load(classifier.save());
      expect(stateOf(loaded)).toEqual(stateOf(classifier));
      expect(loaded.scores(x)).toEqual(classifier.scores(x));
      expect(loaded.fit(x.subarray(0, 40 * nDim), target.slice(0, 40)).temperature).not.toBe(temperature);
      const given = OpenSetClassifier.load(make({ score, temperature: 3 }).fit(x, target).save());
      expect(given.fit(x, target).temperature).toBe(3);
    }
    for (const score of ['cac', 'distance'] as const)
      expect(make({ score }).fit(x, target).temperature).toBeUndefined();
    expect(make({ score: 'cac', temperature: 3 }).fit(x, target).temperature).toBe(3);
  });

  it('the temperature of rows that are all nearest to their own class is above 0', () => {
    const { temperature = 0, threshold } = make({ score: 'softmin' }).fit(params, [0, 1, 2]);
    expect(temperature).toBeGreaterThan(0.1);
    expect(threshold).toBeLessThan(0);
    expect(threshold).toBeGreaterThan(-10);
  });

  it('an error leaves the classifier as it was', () => {
    for (const score of ['normalized', 'mahalanobis', 'softmin', 'distance'] as const) {
      const classifier = make({ score }).fit(x, target);
      const before = stateOf(classifier);
      expectErrors('ERR_SHAPE', [
        [() => classifier.fit(x, target.slice(1)), /x has 90 rows/],
        [
          () =>
            classifier.fit(
              x,
              target.map(() => -1),
            ),
          'none of the 90 rows is known',
        ],
      ]);
      expectError(() => classifier.fit(x, [...target.slice(1), 7], { perClass: true }), 'ERR_LABEL', /is 7/);
      expectError(() => classifier.fit(x, target, { tpr: 2 }), 'ERR_OPTION', /tpr must be/);
      expectError(() => classifier.fit(x, target, { perClass: 1 as never }), 'ERR_OPTION', /perClass must be/);
      expectError(() => classifier.fit(x, target, { classes: [] } as never), 'ERR_OPTION', /no option "classes"/);
      expectError(() => classifier.fit('x' as never, target), 'ERR_SHAPE', /x must be/);
      const nowhere = new Float32Array(nDim).fill(Number.NaN);
      expectError(() => classifier.fit(nowhere, [0]), 'ERR_SHAPE', 'none of the 1 rows is known and finite');
      expect(stateOf(classifier)).toEqual(before);
    }
  });

  it('unknown rows change nothing, whatever they hold', () => {
    for (const [score, metric] of SETTINGS) {
      const before = make(optionsOf(score, metric)).fit(x, target, { perClass: true });
      const spoiled = x.slice();
      target.forEach((label, i) => {
        if (label < 0) spoiled.fill(Number.NaN, i * nDim, (i + 1) * nDim);
      });
      const after = make(optionsOf(score, metric)).fit(spoiled, target, { perClass: true });
      expect(stateOf(after)).toEqual(stateOf(before));
    }
  });

  it.each(SETTINGS)('%s, %s: known rows at no finite distance change nothing', (score, metric) => {
    const bad = new Float32Array(20 * nDim).fill(Number.NaN);
    for (const perClass of [false, true]) {
      const before = make(optionsOf(score, metric)).fit(x, target, { perClass });
      const labels = [...target, ...Array.from({ length: 20 }, (_, i) => i % nClasses)];
      const after = make(optionsOf(score, metric)).fit([...x, ...bad], labels, { perClass });
      expect(stateOf(after)).toEqual(stateOf(before));
    }
  });

  it('takes rows in the memory that fitting makes grow', () => {
    const loss = new CenterLoss(nClasses, nDim, { init: params });
    const batch = loss.batch(target.length);
    batch.x.set(x);
    batch.target.set(target);
    const large = new ClassCenters(2_000_000, 1);
    const classifier = new OpenSetClassifier(loss.centers, { score: 'normalized' }).fit(batch.x, batch.target);
    expect(stateOf(classifier)).toEqual(stateOf(make({ score: 'normalized' }).fit(x, target)));
    for (const one of [loss, large, classifier, batch]) one.dispose();
  });
});

describe('classify', () => {
  it.each(SETTINGS)('%s, %s: gives the results of the function classify', (score, metric) => {
    const classifier = make(optionsOf(score, metric)).fit(x, target);
    const { radius, precision, temperature, threshold } = classifier;
    const options = {
      ...optionsOf(score, metric),
      ...(radius ? { radius } : {}),
      ...(precision ? { precision } : {}),
      ...(temperature ? { temperature } : {}),
      ...(threshold === undefined ? {} : { threshold }),
    };
    const found = classifier.classify(x);
    expect(found).toEqual(classify(centers, x, options));
    expect(classifier.predict(x)).toEqual(found.labels);
    expect(classifier.scores(x)).toEqual(found.scores);
  });

  it('has a copy of the centers', () => {
    const source = new ClassCenters(nClasses, nDim);
    source.params.set(params);
    const classifier = new OpenSetClassifier(source);
    source.params.fill(7);
    source.dispose();
    expect(classifier.predict(params)).toEqual(Int32Array.of(0, 1, 2));
    expect(classifier.centers.params).toEqual(params);
    expect([classifier.nClasses, classifier.nDim, classifier.score, classifier.metric]).toEqual([
      ...[nClasses, nDim, 'distance', 'sqeuclidean'],
    ]);
    expect(classifier.threshold).toBeUndefined();
  });

  it.each(['sqeuclidean', 'euclidean', 'cosine'] as const)('decides by the metric of a loss: %s', (metric) => {
    const names = ['cat', 'dog', 'eel'];
    const loss = new CenterLoss(nClasses, nDim, { init: params, metric, names });
    const withNames = new ClassCenters(nClasses, nDim, { names, metric });
    withNames.params.set(params);
    const expected = classify(withNames, x);
    for (const source of [loss, loss.centers, { params, nClasses, nDim, metric, names }]) {
      const classifier = new OpenSetClassifier(source);
      expect(classifier.classify(x)).toEqual(expected);
      expect(classify(classifier.centers, x)).toEqual(expected);
      expect([classifier.metric, classifier.centers.metric, classifier.names]).toEqual([metric, metric, names]);
      const other = new OpenSetClassifier(source, { metric: 'euclidean' });
      expect(other.classify(x)).toEqual(classify(withNames, x, { metric: 'euclidean' }));
      expect(new OpenSetClassifier(source, { score: 'cac' }).metric).toBe('euclidean');
      expect(new OpenSetClassifier(source, { score: 'mahalanobis' }).metric).toBeUndefined();
      for (const made of [classifier, other]) made.dispose();
    }
    loss.dispose();
    expectError(() => new OpenSetClassifier(loss), 'ERR_DISPOSED', /disposed/);
  });

  it('takes any loss that has centers', () => {
    for (const loss of [
      new CACLoss(nClasses, nDim, { init: params, magnitude: 1 }),
      new IslandLoss(nClasses, nDim, { init: params }),
    ]) {
      expect(new OpenSetClassifier(loss).classify(x)).toEqual(classify(centers, x));
    }
  });

  it('names the missing parameter before it was fitted', () => {
    expectError(() => make({ score: 'normalized' }).classify(x), 'ERR_OPTION', "score 'normalized' needs a radius");
    expectError(() => make({ score: 'mahalanobis' }).scores(x), 'ERR_OPTION', "score 'mahalanobis' needs a precision");
    expect(make({ score: 'mahalanobis' }).metric).toBeUndefined();
  });

  it('refuses centers and options that do not fit', () => {
    for (const wrong of [undefined, null, 3, { centers: null }]) {
      expectError(() => new OpenSetClassifier(wrong as never), 'ERR_OPTION', /centers must be ClassCenters/);
    }
    const like = (more: object) => new OpenSetClassifier({ params, nClasses, nDim, ...more });
    expectError(() => like({ metric: 'l1' }), 'ERR_OPTION', /metric must be/);
    expectError(() => like({ names: ['a'] }), 'ERR_SHAPE', /names must be an array of 3 strings/);
    expectError(() => like({ names: ['a', 'b', 'a'] }), 'ERR_OPTION', /names\[0\] and names\[2\] are both "a"/);
    const many = { names: new Array(2 ** 24 + 1) };
    const tooMany = 'names of 16,777,217 classes; at most 16,777,216 can be looked up';
    expectError(() => ClassCenters.fit([1], [0], many), 'ERR_OPTION', tooMany);
    const of = (nClasses: number) => new OpenSetClassifier({ params, nClasses, nDim });
    expectError(() => of(2), 'ERR_SHAPE', 'params has 12 values, but 2 centers of 4 dimensions have 8');
    expectErrors('ERR_OPTION', [
      [() => of(0.5), /nClasses must be a whole number ≥ 0, got 0.5/],
      [() => make({ tpr: 1 } as never), /no option "tpr"/],
      [() => make({ threshold: Number.NaN }), /threshold must be a number other than NaN/],
      [() => make({ score: 'distance', radius: 1 }), /radius is an option of score 'normalized'/],
    ]);
  });
});
