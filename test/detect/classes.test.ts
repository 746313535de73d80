// Classes of a classifier by name: decisions, and what adding, removing and renaming classes does to them.
import { ClassCenters, ClassStatistics, OpenSetClassifier, type Score, type ScoreOptions } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';

const names = ['cat', 'dog', 'eel'];
const params = [0, 0, 8, 0, 0, 8];
/** Twelve rows of each class, up to 1 away from its center. */
const target = names.flatMap((name) => new Array<string>(12).fill(name));
const x = target.flatMap((name, i) => {
  const center = 2 * names.indexOf(name);
  return [(params[center] ?? 0) + Math.cos(i), (params[center + 1] ?? 0) + Math.sin(i)];
});
/** Rows of a fourth class, and rows that belong nowhere. */
const emus = [8, 8, 8.5, 8, 8, 7.5];
const elsewhere = [4, 4, -20, 3, 100, 100];

const SCORES: Score[] = ['distance', 'normalized', 'mahalanobis', 'cac', 'softmin', 'entropy', 'knn-centers'];
const COMPARING = SCORES.slice(3);

const source = { params, nClasses: 3, nDim: 2, names };
const make = (options: ScoreOptions = {}, perClass = false) =>
  new OpenSetClassifier(source, options).fit(x, target, { perClass, tpr: 1 });

describe('decide', () => {
  it.each([false, true])('gives the row of classify with its names; a threshold per class: %s', (perClass) => {
    using classifier = make({}, perClass);
    const rows = [...x, ...elsewhere, Number.NaN, 0];
    const { labels, names: found, scores, nearest } = classifier.classify(rows);
    expect(found).toEqual([...target, null, null, null, null]);
    labels.forEach((label, i) => {
      const near = nearest[i] ?? -1;
      const { threshold: limit = 0 } = classifier;
      const threshold = typeof limit === 'number' ? limit : (limit[near] ?? null);
      expect(classifier.decide(rows.slice(2 * i, 2 * i + 2))).toEqual({
        ...{ name: found[i], label, score: scores[i], nearest: near < 0 ? null : names[near], threshold },
      });
    });
  });

  it('gives numbers as names where classes have none, and no threshold where there is none', () => {
    using classifier = new OpenSetClassifier({ params, nClasses: 3, nDim: 2 });
    expect(classifier.decide([8, 1])).toEqual({ name: '1', label: 1, score: 1, nearest: '1', threshold: null });
    expect(classifier.classify([0, 0, 0, Number.NaN]).names).toEqual(['0', null]);
  });

  it('refuses any number of rows but one', () => {
    using classifier = make();
    for (const rows of [0, 2]) {
      expectError(
        () => classifier.decide(new Float32Array(2 * rows)),
        'ERR_SHAPE',
        `decide takes one row, got ${rows}`,
      );
    }
  });
});

/** Calls that need a classifier that is up to date. */
const USES = [
  (one: OpenSetClassifier) => one.decide([0, 0]),
  (one: OpenSetClassifier) => one.classify([0, 0]),
  (one: OpenSetClassifier) => one.predict([0, 0]),
  (one: OpenSetClassifier) => one.scores([0, 0]),
  (one: OpenSetClassifier) => one.save(),
];
function expectOutdated(classifier: OpenSetClassifier, change: string): void {
  const message = `class ${change}, after which the threshold no longer holds: call fit with held-out rows`;
  expectErrors(
    'ERR_NOT_INITIALIZED',
    USES.map((use) => [() => use(classifier), message]),
  );
  expect(classifier.threshold).toBeUndefined();
}

describe.each(SCORES)('%s', (score) => {
  const compares = COMPARING.includes(score);

  it.each([false, true])('after a class was added, with thresholds per class: %s', (perClass) => {
    using classifier = make({ score }, perClass);
    classifier.addClass('emu', emus);
    expect([classifier.names, classifier.nClasses]).toEqual([[...names, 'emu'], 4]);
    if (compares || perClass || score === 'normalized') expectOutdated(classifier, '"emu" was added');
    else expect(classifier.classify([...elsewhere, ...emus]).names).toEqual([null, null, null, 'emu', 'emu', 'emu']);
    const [rows, labels] = [
      [...x, ...emus],
      [...target, 'emu', 'emu', 'emu'],
    ];
    classifier.fit(rows, labels, { perClass, tpr: 1 });
    expect(classifier.classify(rows).names).toEqual(labels);
    using again = OpenSetClassifier.load(classifier.save());
    expect(again.classify([...rows, ...elsewhere])).toEqual(classifier.classify([...rows, ...elsewhere]));
  });

  it.each([false, true])('after a class was removed, with thresholds per class: %s', (perClass) => {
    using classifier = make({ score }, perClass);
    const before = classifier.classify(x);
    classifier.removeClass('dog');
    expect([classifier.names, classifier.nClasses]).toEqual([['cat', 'eel'], 2]);
    if (compares) expectOutdated(classifier, '"dog" was removed');
    else {
      const after = classifier.classify(x);
      expect(after.names).toEqual(before.names.map((name) => (name === 'dog' ? null : name)));
      expect(after.scores.slice(0, 12)).toEqual(before.scores.slice(0, 12));
      expect(after.scores.slice(24)).toEqual(before.scores.slice(24));
    }
    classifier.fit(
      x,
      target.map((name) => (name === 'dog' ? null : name)),
      { perClass, tpr: 1 },
    );
    expect(classifier.classify(x.slice(48)).names).toEqual(target.slice(24));
  });
});

describe('addClass', () => {
  it('takes the radius and the threshold of the class where each has its own', () => {
    using classifier = make({ score: 'normalized' }, true);
    const { threshold, radius } = classifier;
    classifier.addClass('emu', emus, { radius: 4, threshold: 0.5 });
    expect(classifier.radius).toEqual(Float32Array.of(...(radius ?? []), 4));
    expect(classifier.threshold).toEqual(Float64Array.of(...(threshold as Float64Array), 0.5));
    // The center of the examples is (8 1/6, 7 5/6).
    expect(classifier.decide([8.2, 8])).toMatchObject({ name: 'emu', label: 3, nearest: 'emu', threshold: 0.5 });
    expect(classifier.decide([9.7, 8])).toMatchObject({ name: null, label: -1, nearest: 'emu' });
    expect(classifier.decide([1, 0]).name).toBe('cat');
    classifier.removeClass('emu');
    expect([classifier.radius, classifier.threshold]).toEqual([radius, threshold]);
  });

  it('keeps parameters that were given for all classes', () => {
    using classifier = new OpenSetClassifier(source, { score: 'normalized', radius: 2, threshold: 1 });
    classifier.addClass('emu', [8, 8]);
    expect(classifier.classify([8, 9.4, 8, 9.5]).names).toEqual(['emu', null]);
    expect([...(classifier.radius ?? [])]).toEqual([2]);
  });

  it('keeps the radius that was given for all classes, of which there is one', () => {
    using one = new OpenSetClassifier({ params: [0, 0], nClasses: 1, nDim: 2 }, { score: 'normalized', radius: 2 });
    using again = OpenSetClassifier.load(one.save());
    for (const classifier of [one, again]) {
      classifier.addClass('emu', [8, 8]);
      expect([...classifier.scores([0, 2, 8, 9])]).toEqual([2, 0.5]);
    }
  });

  it('needs the radius of the class where those of the others were given', () => {
    using classifier = new OpenSetClassifier(source, { score: 'normalized', radius: [1, 2, 3], threshold: 1 });
    const message = 'the radii of the classes were given: give that of "emu", too';
    expectError(() => classifier.addClass('emu', emus), 'ERR_OPTION', message);
    classifier.addClass('emu', emus, { radius: 4 });
    expect([...(classifier.radius ?? [])]).toEqual([1, 2, 3, 4]);
  });

  it('calls classes without names by their numbers', () => {
    using classifier = new OpenSetClassifier({ params, nClasses: 3, nDim: 2, metric: 'euclidean' });
    classifier.addClass('emu', emus);
    classifier.removeClass('1');
    classifier.renameClass('2', 'eel');
    expect(classifier.names).toEqual(['0', 'emu', 'eel']); // the last class took the number of '1'
    expect(classifier.classify([0, 0, 0, 8, 8, 8]).names).toEqual(['0', 'eel', 'emu']);
    expect([classifier.metric, classifier.threshold]).toEqual(['euclidean', undefined]);
  });

  it('leaves out examples that are not finite', () => {
    using classifier = make();
    classifier.addClass('emu', [Number.NaN, 0, 8, 8, 1, Number.POSITIVE_INFINITY]);
    expect([...classifier.centers.params.subarray(6)]).toEqual([8, 8]);
  });
});

it('renameClass changes the name alone', () => {
  using classifier = make({ score: 'softmin' }, true);
  const before = classifier.classify(x);
  classifier.renameClass('dog', 'wolf');
  const after = classifier.classify(x);
  expect(after.names).toEqual(before.names.map((name) => (name === 'dog' ? 'wolf' : name)));
  expect([after.labels, after.scores]).toEqual([before.labels, before.scores]);
  expect(classifier.centers.names).toEqual(['cat', 'wolf', 'eel']);
});

it('makes centers of statistics', () => {
  using statistics = new ClassStatistics(3, 2, { names });
  statistics.add(params, names);
  using centers = ClassCenters.fit(params, names, { nDim: 2, metric: 'cosine' });
  using classifier = new OpenSetClassifier(statistics, { metric: 'cosine' });
  expect(classifier.classify(x)).toEqual(new OpenSetClassifier(centers).classify(x));
});

describe('an error leaves the classifier as it was', () => {
  using made = make({}, false);
  const file = made.save();
  it.each<[string, (one: OpenSetClassifier) => unknown, 'ERR_LABEL' | 'ERR_OPTION' | 'ERR_SHAPE', RegExp]>([
    ['a name twice', (one) => one.addClass('cat', [1, 1]), 'ERR_LABEL', /there is a class "cat" already/],
    ['no name', (one) => one.addClass(3 as never, [1, 1]), 'ERR_OPTION', /not a string, but of type number/],
    ['half a character', (one) => one.renameClass('cat', '\ud800'), 'ERR_OPTION', /half a surrogate pair/],
    [
      'no such name',
      (one) => one.removeClass('cow'),
      'ERR_LABEL',
      /no class "cow"; the classes are "cat", "dog", "eel"/,
    ],
    ['null as a name', (one) => one.renameClass(null as never, 'cow'), 'ERR_LABEL', /there is no class null/],
    ['renamed to another', (one) => one.renameClass('cat', 'dog'), 'ERR_LABEL', /there is a class "dog" already/],
    ['no examples', (one) => one.addClass('emu', []), 'ERR_SHAPE', /none of the 0 examples is finite/],
    ['no finite example', (one) => one.addClass('emu', [Number.NaN, 1]), 'ERR_SHAPE', /none of the 1 examples/],
    ['no weight', (one) => one.addClass('emu', emus, { sampleWeight: [0, 0, 0] }), 'ERR_SHAPE', /none of the 3/],
    [
      'a bad weight',
      (one) => one.addClass('emu', emus, { sampleWeight: [1, -1, 1] }),
      'ERR_OPTION',
      /sampleWeight\[1\] must be a finite number ≥ 0, got -1/,
    ],
    ['weights of others', (one) => one.addClass('emu', emus, { sampleWeight: [] }), 'ERR_SHAPE', /sampleWeight has 0/],
    ['half an example', (one) => one.addClass('emu', [1, 2, 3]), 'ERR_SHAPE', /examples has 3 values/],
    ['no rows', (one) => one.addClass('emu', 'x' as never), 'ERR_SHAPE', /examples must be/],
    ['no class to count', (one) => one.count('cow'), 'ERR_LABEL', /no class "cow"/],
    ['no class for examples', (one) => one.addExamples('cow', emus), 'ERR_LABEL', /no class "cow"/],
    ['examples of a given center', (one) => one.addExamples('cat', emus), 'ERR_OPTION', /"cat" has a center, but no/],
    ['an unknown option of examples', (one) => one.addExamples('cat', emus, { w: 1 } as never), 'ERR_OPTION', /"w"/],
    [
      'a radius of its own',
      (one) => one.addClass('emu', emus, { radius: 1 }),
      'ERR_OPTION',
      /where classes have radii/,
    ],
    ['a threshold of its own', (one) => one.addClass('emu', emus, { threshold: 1 }), 'ERR_OPTION', /have thresholds/],
    ['an unknown option', (one) => one.addClass('emu', emus, { r: 1 } as never), 'ERR_OPTION', /no option "r"/],
    [
      'another name in fit',
      (one) =>
        one.fit(
          x,
          target.map((name, i) => (i === 3 ? 'cow' : name)),
        ),
      'ERR_LABEL',
      /target\[3\] is "cow"/,
    ],
  ])('%s', (_, act, code, message) => {
    using one = OpenSetClassifier.load(file);
    expectError(() => act(one), code, message);
    expect(one.save()).toEqual(file);
  });

  it('an own limit that is no limit', () => {
    using one = make({ score: 'normalized' }, true);
    const before = one.save();
    const add = (options: object) => () => one.addClass('emu', emus, { radius: 1, threshold: 1, ...options });
    expectError(add({ radius: -1 }), 'ERR_OPTION', 'radius must be a finite number ≥ 0, got -1');
    expectError(add({ threshold: Number.NaN }), 'ERR_OPTION', 'threshold must be a number other than NaN, got NaN');
    expect(one.save()).toEqual(before);
  });

  it.each(COMPARING)('two finite centers stay for score %s', (score) => {
    using one = new OpenSetClassifier({ ...source, params: [0, 0, 1 / 0, 1 / 0, 0, 8] }, { score });
    expectError(() => one.removeClass('eel'), 'ERR_OPTION', `score '${score}' compares classes: it needs 2 finite`);
    one.removeClass('dog');
    expectError(() => one.removeClass('cat'), 'ERR_OPTION', `score '${score}' compares classes: it needs 2 finite`);
    expect(one.names).toEqual(['cat', 'eel']);
  });

  it('a disposed classifier', () => {
    const one = make();
    one.dispose();
    for (const act of [
      () => one.addClass('emu', emus),
      () => one.removeClass('cat'),
      () => one.renameClass('cat', 'a'),
      () => one.addExamples('cat', emus),
      () => one.count('cat'),
      () => one.centers,
    ]) {
      expectError(act, 'ERR_DISPOSED', 'this ClassCenters was disposed');
    }
  });
});
