// p-values and prediction sets: against crepes and MAPIE, the guarantee on random rows, and changes of the classes.
import { conformalPValues, fitThreshold, OpenSetClassifier, type PredictionSets, type ScoreOptions } from 'center-loss';
import { describe, expect, it } from 'vitest';
import oracle from '../oracle/conformal.json' with { type: 'json' };
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const { centers, calibration, labels, test, crepes, mapie } = oracle;
const names = ['setosa', 'versicolor', 'virginica'];
const iris = { params: centers.flat(), nClasses: 3, nDim: 4, names };
const fitted = (options: ScoreOptions = {}) =>
  new OpenSetClassifier(iris, options).fit(calibration, labels, { pValues: true });
const distance = (row: number[], center: number[]) => row.reduce((sum, x, k) => sum + (x - (center[k] ?? 0)) ** 2, 0);
const own = calibration.map((row, i) => distance(row, centers[labels[i] ?? 0] ?? []));
const distances = test.flatMap((row) => centers.map((center) => distance(row, center)));

/** 1 for each class of each set. */
const isIn = ({ labels }: PredictionSets) => labels.map((set) => [0, 1, 2].map((label) => Number(set.includes(label))));
/** U of the rows of a stream: p-values by a calibration score that all scores are equal to. */
const uniform = (rows: number, smoothingSeed: number) =>
  conformalPValues([0], new Float64Array(rows), { smoothingSeed });

it.each([{}, { shrinkage: 0.2, relative: true }])('p-values by a covariance rest on its distances, %j', (options) => {
  const tied = { score: 'mahalanobis', covariance: 'tied', ...options } as const;
  const classifier = new OpenSetClassifier(iris, tied).fit(calibration, labels, { pValues: true });
  const ofOwn = classifier.distances(calibration).filter((_, at) => at % 3 === labels[Math.floor(at / 3)]);
  const byClass = { classes: labels, nClasses: 3 };
  const p = classifier.pValues(test);
  expect(p).toEqual(conformalPValues(ofOwn, classifier.distances(test), byClass));
  expect(OpenSetClassifier.load(classifier.save()).pValues(test)).toEqual(p);
});

describe('crepes', () => {
  it.each([{}, { metric: 'euclidean' }, { score: 'normalized' }, { score: 'softmin' }] as ScoreOptions[])(
    'p-values and sets by class of a classifier, %j',
    (options) => {
      const classifier = fitted(options);
      expectClose(classifier.pValues(test), crepes.byClass.p, { relative: 1e-15 });
      for (const [confidence, sets] of Object.entries(crepes.byClass.sets)) {
        const found = classifier.predictionSets(test, { confidence: Number(confidence) });
        expect(isIn(found)).toEqual(sets);
        expect(found.names).toEqual(found.labels.map((set) => set.map((label) => names[label])));
      }
      // The place of a row in its batch changes nothing.
      expect(test.flatMap((row) => [...classifier.pValues(row)])).toEqual([...classifier.pValues(test)]);
      classifier.dispose();
    },
  );

  it('p-values of scores, by class and of all', () => {
    expectClose(conformalPValues(own, distances), crepes.pooled.p, { relative: 1e-15 });
    const byClass = { classes: labels, nClasses: 3 };
    expect(conformalPValues(own, distances, byClass)).toEqual(fitted().pValues(test));
    const named = { classes: labels.map((label) => names[label] ?? ''), names };
    expect(conformalPValues(own, distances, named)).toEqual(fitted().pValues(test));
  });

  it('smoothed p-values count a share U of the ties', () => {
    const between = (above: number[], p: number[], u: ArrayLike<number>) =>
      above.map((low, i) => low + (u[i] ?? 0) * ((p[i] ?? 0) - low));
    const { byClass, pooled } = crepes;
    const u = uniform(distances.length, 5);
    // The first numbers of SplitMix64 (Steele et al. 2014), by Python's integers: the bits are the same on every runtime.
    expect([...u.slice(0, 3)]).toEqual([0.24491767505262274, 0.6744516210143112, 0.4465023445332359]);
    const smoothed = conformalPValues(own, distances, { smoothingSeed: 5 });
    expectClose(smoothed, between(pooled.above, pooled.p, u), { relative: 1e-14 });
    const found = fitted().pValues(test, { smoothingSeed: 5 });
    expect(found).toEqual(conformalPValues(own, distances, { classes: labels, nClasses: 3, smoothingSeed: 5 }));
    // The stream of class 0 is that of one list of scores; the other classes have others.
    const firsts = (values: number[]) => values.filter((_, at) => at % 3 === 0);
    expectClose(firsts([...found]), between(firsts(byClass.above), firsts(byClass.p), u), { relative: 1e-14 });
    const shares = [...found].map((p, at) => {
      const [low, high] = [byClass.above[at] ?? 0, byClass.p[at] ?? 0];
      return (p - low) / (high - low);
    });
    expect(Math.min(...shares)).toBeGreaterThan(-1e-9);
    expect(Math.max(...shares)).toBeLessThan(1);
    expect(new Set(shares.map((share) => share.toFixed(9))).size).toBeGreaterThan(shares.length - 3);
    expect(fitted().pValues(test, { smoothingSeed: 6 })).not.toEqual(found);
  });
});

it.each(Object.keys(mapie.pooled) as (keyof typeof mapie.pooled)[])('MAPIE, confidence %s', (confidence) => {
  for (const by of ['pooled', 'byClass'] as const) {
    const options = by === 'byClass' && { classes: labels, nClasses: 3 };
    const p = conformalPValues(mapie.calibration, mapie.scores, options || {});
    expect([...p].map((p) => Number(1 - p < Number(confidence)))).toEqual(mapie[by][confidence].flat());
  }
});

it('mahalanobis: distances are weighted by the precision', () => {
  const classifier = fitted({ score: 'mahalanobis', precision: [1, 0.25, 4, 0] });
  const weighted = (row: number[], center: number[]) =>
    [1, 0.25, 4].reduce((sum, weight, k) => sum + weight * ((row[k] ?? 0) - (center[k] ?? 0)) ** 2, 0);
  const expected = conformalPValues(
    calibration.map((row, i) => weighted(row, centers[labels[i] ?? 0] ?? [])),
    test.flatMap((row) => centers.map((center) => weighted(row, center))),
    { classes: labels, nClasses: 3 },
  );
  expect(classifier.pValues(test)).toEqual(expected);
});

it('sets hold the class of a row with the confidence, in each class; smoothed ones of tied scores exactly', () => {
  const [rounds, calibrationRows, rows, confidence] = [120, 30, 40, 0.9];
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  // Class 1 is the widest one. Whole numbers make distances tie.
  const draw = (label: number) => [0, 1].map(() => Math.round(label * 4 + (random() + random() - 1) * (2 + 3 * label)));
  const covered = [0, 0];
  const smoothed = [0, 0];
  for (let round = 0; round < rounds; round++) {
    using classifier = new OpenSetClassifier({ params: [0, 0, 4, 4], nClasses: 2, nDim: 2 });
    const given = Array.from({ length: 2 * calibrationRows }, (_, i) => i % 2);
    classifier.fit(given.map(draw), given, { pValues: true });
    for (const label of [0, 1]) {
      const x = Array.from({ length: rows }, () => draw(label));
      const count = ({ labels }: PredictionSets) => labels.filter((set) => set.includes(label)).length;
      covered[label] = (covered[label] ?? 0) + count(classifier.predictionSets(x, { confidence }));
      smoothed[label] =
        (smoothed[label] ?? 0) + count(classifier.predictionSets(x, { confidence, smoothingSeed: round }));
    }
  }
  // Variance of a round: that of the share that the calibration covers, as of a beta distribution, and that of its rows.
  const variance = confidence * (1 - confidence) * (1 / (calibrationRows + 2) + 1 / rows);
  const tolerance = 4 * Math.sqrt(variance / rounds);
  for (const label of [0, 1]) {
    expect((covered[label] ?? 0) / (rounds * rows)).toBeGreaterThan(confidence - tolerance);
    expect(Math.abs((smoothed[label] ?? 0) / (rounds * rows) - confidence)).toBeLessThan(tolerance);
    expect(covered[label]).toBeGreaterThan(smoothed[label] ?? 0);
  }
});

it('a class is in the set of a row up to the threshold of fitThreshold for a finite sample', () => {
  for (let n = 1; n < 100; n++) {
    const rows = Array.from({ length: n }, (_, i) => i + 1);
    using classifier = new OpenSetClassifier({ params: [0], nClasses: 1, nDim: 1 }, { metric: 'euclidean' });
    classifier.fit(rows, new Array(n).fill(0), { pValues: true });
    for (const confidence of [0.07, 0.1, 0.3, 0.57, 0.7, 0.9, 0.95, 0.99]) {
      const threshold = fitThreshold(rows, { tpr: confidence, finiteSample: true });
      const { labels } = classifier.predictionSets([...rows, n + 1], { confidence });
      expect(labels).toEqual([...rows, n + 1].map((score) => (score <= threshold ? [0] : [])));
    }
  }
});

it('few rows and rows at no finite distance', () => {
  const classifier = new OpenSetClassifier({ params: [0, 9, 20], nClasses: 3, nDim: 1 });
  const x = [...Array.from({ length: 19 }, (_, i) => i / 19), 9, Number.NaN];
  classifier.fit(x, [...new Array(19).fill(0), 1, 1], { pValues: true });
  expect([...classifier.pValues([0.2, Number.NaN])]).toEqual([0.8, 0.5, 1, 0.05, 0.5, 1]);
  expect(classifier.predictionSets([0.2, 5, Number.NaN])).toEqual({
    labels: [
      [0, 1, 2],
      [1, 2],
      [1, 2],
    ],
    names: [
      ['0', '1', '2'],
      ['1', '2'],
      ['1', '2'],
    ],
  });
  expect(classifier.pValues([])).toEqual(new Float64Array(0));
  const [u] = classifier.pValues([0.2], { smoothingSeed: 1 }).slice(2);
  expect(u).toBeGreaterThan(0);
  expect(u).toBeLessThan(1);
});

it('the calibration is that of the last fit, and goes with its classes', () => {
  const classifier = fitted();
  const column = (p: Float64Array, label: number, nClasses: number) => p.filter((_, at) => at % nClasses === label);
  const before = classifier.pValues(test);
  classifier.addClass('new', [[1, 2, 3, 4]]);
  const added = classifier.pValues(test);
  for (const label of [0, 1, 2]) expect(column(added, label, 4)).toEqual(column(before, label, 3));
  expect(column(added, 3, 4)).toEqual(new Float64Array(test.length).fill(1));
  classifier.renameClass('setosa', 'first');
  classifier.removeClass('first');
  expect(classifier.names).toEqual(['new', 'versicolor', 'virginica']);
  const removed = classifier.pValues(test);
  expect(column(removed, 0, 3)).toEqual(new Float64Array(test.length).fill(1));
  expect(column(removed, 1, 3)).toEqual(column(before, 1, 3));
  classifier.removeClass('virginica');
  const same = OpenSetClassifier.load(classifier.save());
  expect(column(same.pValues(test), 1, 2)).toEqual(column(before, 1, 3));
  const isNew = labels.map((label) => (label === 2 ? 'new' : label === 1 ? 'versicolor' : null));
  classifier.fit(calibration, isNew, { pValues: true });
  expect(Math.min(...column(classifier.pValues(test), 0, 2))).toBe(1 / 18);
  classifier.addExamples('new', [[4, 3, 2, 1]]);
  expect(column(classifier.pValues(test), 0, 2)).toEqual(new Float64Array(test.length).fill(1));
  expect(column(classifier.pValues(test), 1, 2)).toEqual(column(before, 1, 3));
  const empty = OpenSetClassifier.load(classifier.save());
  for (const name of ['new', 'versicolor']) empty.removeClass(name);
  expect(empty.predictionSets([1, 2, 3, 4])).toEqual({ labels: [[]], names: [[]] });
  classifier.fit(calibration, isNew);
  expectError(() => classifier.pValues(test), 'ERR_NOT_INITIALIZED', 'there is no calibration: call fit with held-out');
  // A score that compares classes needs a new fit.
  const compares = fitted({ score: 'softmin' });
  compares.addClass('new', [[1, 2, 3, 4]]);
  expectError(() => compares.pValues(test), 'ERR_NOT_INITIALIZED', /class "new" was added/);
});

it('refuses bad options, and stays as it was', () => {
  const classifier = fitted();
  const file = classifier.save();
  expectErrors('ERR_OPTION', [
    [() => classifier.pValues(test, { smoothingSeed: -1 }), 'smoothingSeed must be a whole number ≥ 0, got -1'],
    [() => classifier.pValues(test, { confidence: 0.9 } as never), 'there is no option "confidence"'],
    [() => classifier.predictionSets(test, { confidence: 1 }), 'confidence must be a number over 0 and below 1, got 1'],
    [() => classifier.predictionSets(test, { seed: 1 } as never), 'there is no option "seed"'],
    [() => classifier.fit(test, [0], { pValues: 1 as never }), 'pValues must be true or false, got 1'],
    [() => conformalPValues([1], [1], { smoothingSeed: 0.5 }), 'smoothingSeed must be a whole number ≥ 0, got 0.5'],
    [() => conformalPValues([1], [1], { tpr: 1 } as never), 'there is no option "tpr"'],
  ]);
  const three = { classes: [0, 2], nClasses: 3 };
  expectErrors('ERR_SHAPE', [
    [() => classifier.pValues([1, 2]), 'x has 2 values, which is not a multiple of nDim = 4'],
    [() => conformalPValues([1, 2], [1, 2], three), 'scores has 2 values, which is not a multiple of nClasses = 3'],
    [() => conformalPValues([1], [1, 2, 3], three), 'there are 1 scores, but classes has 2 labels'],
  ]);
  expectError(() => conformalPValues([1, 2], [1, 2, 3], { ...three, classes: [0, 3] }), 'ERR_LABEL', 'classes[1] is 3');
  expect(classifier.save()).toEqual(file);
  classifier.dispose();
  expectError(() => classifier.pValues(test), 'ERR_DISPOSED', /disposed/);
});
