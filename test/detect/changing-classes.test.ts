// A classifier whose classes come and go, against a plain model: a map of examples.
import { ClassStatistics, OpenSetClassifier, type ScoreOptions } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError } from '../support/error.js';

type Row = [number, number];

/** A class: its examples, or the center that it was given. */
interface Entry {
  readonly examples: Row[];
  readonly given?: Row;
  readonly radius: number;
  readonly threshold: number;
}

function centerOf({ examples, given }: Entry): Row {
  if (given) return given;
  return [0, 1].map((k) => examples.reduce((sum, row) => sum + (row[k] ?? 0), 0) / examples.length) as Row;
}

const NAMES = ['a', 'b', '0', '', '__proto__', 'constructor', 'hasOwnProperty', '数', '\0'];
const HALVES = ['\ud800', 'a\udc00'];

const coordinate = fc.integer({ min: -50, max: 50 });
const row = fc.tuple(coordinate, coordinate);
const name = fc.constantFrom(...NAMES);
const change = fc.record({
  what: fc.constantFrom(...(['add', 'add', 'more', 'remove', 'rename', 'reload', 'decide'] as const)),
  name: fc.oneof({ weight: 30, arbitrary: name }, { weight: 1, arbitrary: fc.constantFrom(...HALVES) }),
  to: name,
  examples: fc.array(row, { maxLength: 4 }),
  limit: fc.integer({ min: 1, max: 100 }),
});

/** Options of a classifier with limits by class, with those of a class that is added to it. */
const KINDS: Record<string, [options: ScoreOptions, added: (limit: number) => object]> = {
  'no limits': [{}, () => ({})],
  'one threshold': [{ threshold: 30, metric: 'euclidean' }, () => ({})],
  'thresholds by class': [{ threshold: [40] }, (threshold) => ({ threshold })],
  'radii and thresholds': [
    { score: 'normalized', radius: [40], threshold: [40] },
    (limit) => ({ radius: limit, threshold: limit }),
  ],
};

it.each(Object.keys(KINDS))('gives the same results as a map, in any order of changes: %s', (kind) => {
  const [options, added] = KINDS[kind] as (typeof KINDS)[string];
  fc.assert(
    fc.property(row, fc.array(change, { maxLength: 40 }), (given, changes) => {
      let classifier = new OpenSetClassifier({ params: [given], nClasses: 1, nDim: 2, names: ['a'] }, options);
      const model = new Map<string, Entry>([['a', { examples: [], given, radius: 40, threshold: 40 }]]);

      const expectSame = () => {
        const names = classifier.names ?? [];
        expect([...names].sort()).toEqual([...model.keys()].sort());
        const entries = names.map((one) => model.get(one) as Entry);
        expect(names.map((one) => classifier.count(one))).toEqual(entries.map(({ examples }) => examples.length));
        if (names.length > 0) expectClose(classifier.centers.toArray(), entries.flatMap(centerOf));
        if (Array.isArray(options.threshold)) {
          expect([...(classifier.threshold as Float64Array)]).toEqual(entries.map(({ threshold }) => threshold));
        }
        if (options.radius) expect([...(classifier.radius ?? [])]).toEqual(entries.map(({ radius }) => radius));
      };

      /** Makes a change that a valid call makes, or checks that the call is refused and changes nothing. */
      const attempt = (problem: RegExp | false | undefined, act: () => void, toModel: () => void) => {
        if (problem) {
          const code = problem.source.startsWith('there is') ? 'ERR_LABEL' : 'ERR_OPTION';
          expectError(act, problem.source.startsWith('none') ? 'ERR_SHAPE' : code, problem);
        } else {
          act();
          toModel();
        }
      };

      for (const { what, name, to, examples, limit } of changes) {
        const found = model.get(name);
        const none = examples.length === 0 && /none of the 0 examples/;
        const missing = found ? undefined : /there is no class/;
        const flat = examples.flat();
        if (what === 'add') {
          const taken = found && /there is a class/;
          attempt(
            (HALVES.includes(name) && /the name of a class is .*half a surrogate pair/) || taken || none,
            () => classifier.addClass(name, flat, added(limit)),
            () => model.set(name, { examples: [...examples], radius: limit, threshold: limit }),
          );
        } else if (what === 'more') {
          attempt(
            missing ?? ((found?.given && /class .* has a center, but no examples/) || none),
            () => classifier.addExamples(name, flat),
            () => found?.examples.push(...examples),
          );
        } else if (what === 'remove') {
          attempt(
            missing,
            () => classifier.removeClass(name),
            () => model.delete(name),
          );
        } else if (what === 'rename') {
          attempt(
            missing ?? (model.has(to) ? /there is a class/ : undefined),
            () => classifier.renameClass(name, to),
            () => {
              model.delete(name);
              model.set(to, found as Entry);
            },
          );
        } else if (what === 'reload') {
          const again = OpenSetClassifier.load(classifier.save());
          expect(again.save()).toEqual(classifier.save());
          classifier.dispose();
          classifier = again;
        } else {
          for (const x of [...examples, [0, 0] as Row]) expectNearest(classifier, model, x);
        }
        expectSame();
      }
      classifier.dispose();
    }),
    { numRuns: 60 },
  );
});

/** Checks that a row's class is one of the nearest, and known as far as its threshold says. */
function expectNearest(classifier: OpenSetClassifier, model: Map<string, Entry>, x: Row): void {
  const { name, label, nearest, score, threshold } = classifier.decide(x);
  const squareOf = (entry: Entry) => centerOf(entry).reduce((sum, value, k) => sum + (value - (x[k] ?? 0)) ** 2, 0);
  const entry = nearest === null ? undefined : model.get(nearest);
  if (entry === undefined) {
    expect([model.size, name, label, score]).toEqual([0, null, -1, Number.POSITIVE_INFINITY]);
    return;
  }
  expect(squareOf(entry)).toBeLessThanOrEqual(Math.min(...[...model.values()].map(squareOf)) * 1.00001 + 1e-9);
  expect(name).toBe(score > (threshold ?? Number.POSITIVE_INFINITY) ? null : nearest);
  if (name !== null) expect(classifier.names?.[label]).toBe(name);
}

describe('without classes', () => {
  it('every row is unknown', () => {
    using classifier = new OpenSetClassifier({ nDim: 2 }, { threshold: 1 });
    expect([classifier.nClasses, classifier.names]).toEqual([0, []]);
    for (const metric of ['sqeuclidean', 'euclidean', 'cosine'] as const) {
      using empty = new OpenSetClassifier({ nDim: 2 }, { metric });
      const { labels, names, scores, nearest } = empty.classify([1, 2, 3, 4]);
      const unknown = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      expect([[...labels], names, [...scores], [...nearest]]).toEqual([[-1, -1], [null, null], unknown, [-1, -1]]);
    }
    expectError(() => classifier.classify([1]), 'ERR_SHAPE', /x has 1 values/);
    expectError(() => classifier.centers, 'ERR_OPTION', /nClasses must be a positive integer, got 0/);
    expectError(() => classifier.removeClass('a'), 'ERR_LABEL', /no class "a"; the classes are none/);
    expectError(() => classifier.fit([1, 2], ['a']), 'ERR_LABEL', /target\[0\] is "a"/);
    using again = OpenSetClassifier.load(classifier.save());
    again.addClass('a', [1, 2]);
    expect(again.decide([1, 2]).name).toBe('a');
  });

  it('a part of the centers is no way to have none', () => {
    const make = (source: object) => () => new OpenSetClassifier({ nDim: 2, ...source } as never);
    expectError(make({ nClasses: 2 }), 'ERR_SHAPE', /params has 0 values, but 2 centers of 2 dimensions have 4/);
    expectError(make({ params: [1, 2] }), 'ERR_SHAPE', /params has 2 values, but 0 centers/);
    expectError(make({ names: ['a'] }), 'ERR_SHAPE', /names must be an array of 0 strings/);
    expectError(make({ nDim: 0 }), 'ERR_OPTION', /nDim must be/);
    expectError(() => new OpenSetClassifier({ nDim: 2 }, { score: 'cac' }), 'ERR_OPTION', /needs 2 finite centers/);
  });
});

it('a center may be one example of the weight of many, and many additions lose nothing', () => {
  using classifier = new OpenSetClassifier({ nDim: 2 });
  classifier.addClass('many', [100, 0], { sampleWeight: [9] });
  classifier.addExamples('many', [200, 0, Number.NaN, 0]);
  expect(classifier.count('many')).toBe(10);
  expectClose(classifier.centers.params, [110, 0]);
  using far = new OpenSetClassifier({ nDim: 1 });
  far.addClass('far', [1e4]);
  for (let i = 1; i < 4000; i++) far.addExamples('far', [1e4 + (i % 2) / 100]);
  // An increment of a float32 mean would be below half its last digit, and lost.
  expect(far.centers.params[0]).toBe(Math.fround(1e4 + 1 / 200));
});

it('a class of statistics that had no rows takes its first examples', () => {
  using statistics = new ClassStatistics(2, 2, { names: ['a', 'b'] });
  statistics.add([1, 2], ['a']);
  using classifier = new OpenSetClassifier(statistics);
  classifier.addExamples('b', [5, 6]);
  expect(classifier.classify([5, 6, 1, 2]).names).toEqual(['b', 'a']);
  expectError(() => classifier.addExamples('a', [1, 1]), 'ERR_OPTION', /class "a" has a center, but no examples/);
});

it('a copy of the centers stays as it was', () => {
  using classifier = new OpenSetClassifier({ nDim: 1 });
  classifier.addClass('a', [1]);
  const { centers } = classifier;
  const { params } = centers;
  expect(classifier.centers).toBe(centers);
  for (let i = 0; i < 1000; i++) classifier.addClass(`${i}`, [i + 2]);
  for (let i = 0; i < 990; i++) classifier.removeClass(`${i}`);
  expect([centers.nClasses, centers.names, [...centers.toArray()]]).toEqual([1, ['a'], [1]]);
  if (params.length > 0) expect([...params]).toEqual([1]);
  expect([...classifier.centers.params].sort()).toEqual([1, ...Array.from({ length: 10 }, (_, i) => 992 + i)].sort());
});

it('a getter that changes the classifier while rows are read is refused', () => {
  using classifier = new OpenSetClassifier({ nDim: 1 });
  for (const name of ['a', 'b']) classifier.addClass(name, [1]);
  /** A row that changes the classifier when it is read for the first time. */
  const hostile = (change: () => void) => {
    let isFirst = true;
    const get = () => {
      if (isFirst) {
        isFirst = false;
        change();
      }
      return 5;
    };
    return Object.defineProperty([5], 0, { get });
  };
  const calls: [call: (x: number[]) => void, change: () => void][] = [
    [(x) => classifier.addExamples('b', x), () => classifier.removeClass('a')],
    [(x) => classifier.addClass('c', x), () => classifier.addClass('d', [3])],
    [(x) => classifier.addClass('c', x), () => classifier.fit([1], ['b'])],
    [(x) => classifier.fit(x, ['b']), () => classifier.renameClass('d', 'e')],
  ];
  for (const [call, change] of calls) {
    expectError(() => call(hostile(change)), 'ERR_OPTION', 'the classifier changed while rows were read');
  }
  expect([classifier.names, [...classifier.centers.params], classifier.threshold]).toEqual([['b', 'e'], [1, 3], 0]);
});
