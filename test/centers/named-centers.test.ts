import { classify, NamedCenters, type ScoreOptions } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError } from '../support/error.js';

it('never predicts a class without a good example', () => {
  const classes = new NamedCenters(1);
  classes.addClass('none');
  classes.addClass('bad', [Number.NaN, Number.POSITIVE_INFINITY]);
  classes.addClass('weightless', [5], { sampleWeight: [0] });
  expect(classes.predict([0, 5, Number.NaN])).toEqual([undefined, undefined, undefined]);
  classes.addClass('some', [100]);
  for (const metric of ['sqeuclidean', 'euclidean', 'cosine'] as const) {
    expect(classes.predict([0, 5, Number.NaN], { metric })).toEqual(['some', 'some', undefined]);
  }
  classes.update('none', [3]);
  expect(classes.predict([0, 5])).toEqual(['none', 'none']);
  expect(classes.names.map((name) => classes.count(name))).toEqual([1, 0, 0, 1]);
});

describe('classify', () => {
  const x = new Float32Array(40).map((_, i) => Math.fround(Math.sin(7 * i) * 3));
  const examples = { a: [1, 2], b: [-2, 1], c: [2, -2], empty: [] };
  /** Values of the classes, for options that have one of each. */
  const perClass = { a: 1, b: 0.5, c: 2, empty: 3 };
  type Name = keyof typeof examples;
  const named = (names: Name[]) => {
    const classes = new NamedCenters(2);
    for (const name of names) classes.addClass(name, examples[name]);
    return classes;
  };

  it.each([
    {},
    { threshold: 2 },
    { metric: 'euclidean' },
    { metric: 'cosine', threshold: 0.3 },
    { score: 'normalized', perClass: 'radius' },
    { perClass: 'threshold' },
    { score: 'cac', threshold: 0 },
    { score: 'softmin', threshold: -2.3 },
    { score: 'softmin', metric: 'cosine', temperature: 0.5 },
    { score: 'entropy', threshold: -0.7 },
    { score: 'mahalanobis', precision: [1, 0.25] },
    { score: 'mahalanobis', precision: [1, 0] },
    { score: 'knn-centers', threshold: 0.5 },
    { score: 'knn-centers', metric: 'cosine' },
  ] as const)('$score $metric: a class without examples is as if it were not there', (all) => {
    const { perClass: which, ...options } = all as { perClass?: 'radius' | 'threshold' } & ScoreOptions;
    const of = (names: Name[]) => {
      const more = which ? { [which]: names.map((name) => perClass[name]) } : {};
      return named(names).classify(x, { ...options, ...more });
    };
    const expected = of(['a', 'b', 'c']);
    for (const order of [
      ['empty', 'a', 'b', 'c'],
      ['a', 'empty', 'b', 'c'],
      ['a', 'b', 'c', 'empty'],
    ] as Name[][]) {
      const { labels, scores, nearest } = of(order);
      expect({ labels, nearest }).toEqual({ labels: expected.labels, nearest: expected.nearest });
      // The terms of a logarithm are in other lanes.
      expectClose(scores, expected.scores, { relative: 1e-6, absolute: 1e-6 });
    }
    if ('threshold' in options || which === 'threshold') {
      expect(expected.labels).toContain(undefined);
      expect(expected.nearest).not.toContain(undefined);
    }
  });

  it('has the classes and scores of the centers', () => {
    const classes = named(['c', 'a', 'b']);
    const { labels, scores, nearest } = classify(classes.toCenters(), x, { score: 'entropy', threshold: 0.3 });
    expect(classes.toCenters().names).toEqual(['c', 'a', 'b']);
    const byName = (indices: Int32Array) => [...indices].map((nth) => classes.names[nth]);
    expect(classes.classify(x, { score: 'entropy', threshold: 0.3 })).toEqual({
      labels: byName(labels),
      scores,
      nearest: byName(nearest),
    });
  });

  it('every row is unknown without classes, or without examples', () => {
    const nothing = { labels: [undefined], scores: Float32Array.of(Number.POSITIVE_INFINITY), nearest: [undefined] };
    expect(named([]).classify([1, 2])).toEqual(nothing);
    expect(named(['empty']).classify([1, 2])).toEqual(nothing);
    expect(named([]).classify([])).toEqual({ labels: [], scores: new Float32Array(0), nearest: [] });
    expectError(() => named([]).classify([1]), 'ERR_SHAPE', /x has 1 values/);
    expectError(() => named([]).classify([], { score: 'l1' as never }), 'ERR_OPTION', /got "l1"/);
    expectError(() => named([]).classify([], { scores: 1 } as never), 'ERR_OPTION', /no option "scores"/);
    expectError(() => named([]).classify([], { score: 'knn-centers' }), 'ERR_OPTION', /needs 2 finite centers, got 0/);
    expectError(() => named(['a']).classify([1, 2], { threshold: [1, 2] }), 'ERR_SHAPE', /threshold has 2 values/);
  });
});

it('a tie goes to the class that was added first, also under a new name', () => {
  const classes = new NamedCenters(1);
  for (const name of ['a', 'b', 'c']) classes.addClass(name, [1]);
  expect(classes.predict([1])).toEqual(['a']);
  classes.renameClass('a', 'z');
  expect(classes.predict([1])).toEqual(['z']);
  classes.removeClass('z');
  classes.addClass('a', [1]);
  expect(classes.predict([1])).toEqual(['b']);
});

it('takes any name, and a center as one example of the weight of many', () => {
  const classes = new NamedCenters(2);
  const names = ['', '__proto__', 'constructor', '数', '\0'];
  for (const [i, name] of names.entries()) classes.addClass(name, [i, i]);
  expect(classes.names).toEqual(names);
  expect(classes.predict([3, 3, 1, 1])).toEqual(['数', '__proto__']);
  classes.addClass('many', [100, 0], { sampleWeight: [9] });
  classes.update('many', [200, 0]);
  expect(classes.count('many')).toBe(10);
  expectClose(classes.toCenters().params.subarray(10), [110, 0]);
});

/** List of names and examples, which computes each mean anew. */
class Model {
  readonly classes: { name: string; examples: number[][] }[] = [];

  find = (name: string) => this.classes.find((one) => one.name === name);

  mean(examples: number[][]): number[] {
    return [0, 1].map((k) => examples.reduce((sum, example) => sum + (example[k] ?? 0), 0) / examples.length);
  }

  /** The least squared distance of a row. */
  nearest(x: number[]): number {
    const distances = this.classes
      .filter(({ examples }) => examples.length > 0)
      .map(({ examples }) => this.mean(examples).reduce((sum, value, k) => sum + (value - (x[k] ?? 0)) ** 2, 0));
    return Math.min(...distances);
  }
}

it('gives the same results as a list of examples, in any order of changes', () => {
  const example = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 2 });
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const change = fc.record({
    what: fc.constantFrom('add', 'add', 'update', 'update', 'remove', 'rename', 'predict'),
    name,
    to: name,
    examples: fc.array(example, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const [classes, model] = [new NamedCenters(2), new Model()];
      const fails = (act: () => void) => expectError(act, 'ERR_LABEL', /there is (no|a) class/);
      for (const { what, name, to, examples } of changes) {
        const found = model.find(name);
        if (what === 'add') {
          const act = () => classes.addClass(name, examples.flat());
          if (found) fails(act);
          else {
            act();
            model.classes.push({ name, examples: [...examples] });
          }
        } else if (what === 'update') {
          const act = () => classes.update(name, examples.flat());
          if (found) {
            act();
            found.examples.push(...examples);
          } else fails(act);
        } else if (what === 'remove') {
          const act = () => classes.removeClass(name);
          if (found) {
            act();
            model.classes.splice(model.classes.indexOf(found), 1);
          } else fails(act);
        } else if (what === 'rename') {
          const act = () => classes.renameClass(name, to);
          if (found && !model.find(to)) {
            act();
            found.name = to;
          } else fails(act);
        } else {
          for (const x of [...examples, [0, 0]]) {
            const [predicted] = classes.predict(x);
            const chosen = predicted === undefined ? undefined : model.find(predicted);
            if (chosen === undefined) {
              expect(model.nearest(x)).toBe(Number.POSITIVE_INFINITY);
              continue;
            }
            const own = model.mean(chosen.examples).reduce((sum, value, k) => sum + (value - (x[k] ?? 0)) ** 2, 0);
            expect(own).toBeLessThanOrEqual(model.nearest(x) * 1.00001 + 1e-9);
          }
        }
      }
      expect(classes.names).toEqual(model.classes.map(({ name }) => name));
      expect(classes.names.map((name) => classes.count(name))).toEqual(
        model.classes.map(({ examples }) => examples.length),
      );
      classes.dispose();
    }),
    { numRuns: 150 },
  );
});

describe('an error leaves the classes as they were', () => {
  const classes = new NamedCenters(2);
  classes.addClass('a', [1, 2]);
  classes.addClass('b', [5, 6]);
  const seen = () => [classes.names, classes.names.map((name) => classes.count(name)), [...classes.toCenters().params]];
  const before = seen();

  it.each<[string, () => unknown, 'ERR_LABEL' | 'ERR_OPTION' | 'ERR_SHAPE', RegExp]>([
    ['a name twice', () => classes.addClass('a', [1, 1]), 'ERR_LABEL', /there is a class "a" already/],
    ['no such name', () => classes.update('c', [1, 1]), 'ERR_LABEL', /there is no class "c"; the classes are "a", "b"/],
    ['nothing to remove', () => classes.removeClass('c'), 'ERR_LABEL', /there is no class "c"/],
    ['nothing to count', () => classes.count('c'), 'ERR_LABEL', /there is no class "c"/],
    ['nothing to rename', () => classes.renameClass('c', 'd'), 'ERR_LABEL', /there is no class "c"/],
    ['renamed to another', () => classes.renameClass('a', 'b'), 'ERR_LABEL', /there is a class "b" already/],
    [
      'a number as a name',
      () => classes.addClass(3 as never, [1, 1]),
      'ERR_OPTION',
      /the name of a class is not a string, but of type number/,
    ],
    [
      'null as a new name',
      () => classes.renameClass('a', null as never),
      'ERR_OPTION',
      /not a string, but of type null/,
    ],
    ['half a character', () => classes.addClass('\ud800', [1, 1]), 'ERR_OPTION', /half a surrogate pair/],
    ['half a row', () => classes.addClass('c', [1]), 'ERR_SHAPE', /examples has 1 values, which is not a multiple/],
    ['half a row more', () => classes.update('a', [1, 2, 3]), 'ERR_SHAPE', /examples has 3 values/],
    ['no rows', () => classes.addClass('c', 'x' as never), 'ERR_SHAPE', /examples must be/],
    [
      'a bad weight',
      () => classes.update('a', [1, 2], { sampleWeight: [-1] }),
      'ERR_OPTION',
      /sampleWeight\[0\] must be a finite number ≥ 0, got -1/,
    ],
    ['weights of others', () => classes.addClass('c', [1, 2], { sampleWeight: [] }), 'ERR_SHAPE', /sampleWeight has 0/],
    ['half a row to predict', () => classes.predict([1]), 'ERR_SHAPE', /x has 1 values/],
    ['another metric', () => classes.predict([1, 2], { metric: 'l1' as never }), 'ERR_OPTION', /got "l1"/],
    ['half a row, and no class', () => new NamedCenters(2).predict([1]), 'ERR_SHAPE', /x has 1 values/],
    [
      'another metric, and no class',
      () => new NamedCenters(1).predict([], { metric: 'l1' as never }),
      'ERR_OPTION',
      /"l1"/,
    ],
    ['no dimensions', () => new NamedCenters(0), 'ERR_OPTION', /nDim must be/],
    ['centers of no class', () => new NamedCenters(2).toCenters(), 'ERR_OPTION', /nClasses must be/],
  ])('%s', (_, act, code, message) => {
    expectError(act, code, message);
    expect(seen()).toEqual(before);
  });
});
