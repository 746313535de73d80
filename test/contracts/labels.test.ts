// Labels as integers, names and tensors, in every call that takes them.
import {
  accuracy,
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  classWeights,
  DeepSVDDLoss,
  fitPrecision,
  fitThreshold,
  isKnown,
  OpenSetClassifier,
  openSetMetrics,
  softmaxCrossEntropy,
  softmaxCrossEntropyPerRow,
  type Target,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError, expectErrors } from '../support/error.js';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

const NAMES = ['cat', 'dog', 'eel'];
const x = Float32Array.of(1, 0, 0, 3, 5, 5, 0, 1, 2, 0);
const distmat = Float32Array.from({ length: 15 }, (_, i) => (i % 4) + 0.5);
const integers = [0, -1, 2, 1, 0];
const named = ['cat', null, 'eel', 'dog', 'cat'];

type Names = readonly string[] | undefined;
type Call = (target: Target) => unknown;
interface Saves {
  save(): Uint8Array;
}

const makeLoss = (names: Names) => new CenterLoss(3, 2, { init: 'normal', names });
const makeCenters = (names: Names) => ClassCenters.fit(x, integers, { nDim: 2, nClasses: 3, names });

/** Call of a method; the object is saved before and after it. */
const method =
  <T extends Saves>(make: (names: Names) => T, call: (object: T, target: Target) => unknown) =>
  (names: Names): [Call, Saves?] => {
    const object = make(names);
    return [(target) => call(object, target), object];
  };

/** Calls for 3 classes that have these names, or none, each with the object whose method it is. */
const CALLS: [string, (names: Names) => [Call, Saves?]][] = [
  ['CenterLoss.step', method(makeLoss, (loss, target) => [loss.step(x, target), loss.centers.toArray()])],
  ['CenterLoss.evaluate', method(makeLoss, (loss, target) => loss.evaluate(x, target))],
  ['CenterLoss.gradients', method(makeLoss, (loss, target) => loss.gradients(x, target))],
  ['CenterLoss.forward', method(makeLoss, (loss, target) => loss.forward(distmat, target))],
  ['CenterLoss.backward', method(makeLoss, (loss, target) => loss.backward(distmat, target))],
  ['CenterLoss.fitRadius', method(makeLoss, (loss, target) => loss.fitRadius(x, target))],
  ['CenterLoss.softmaxCenter', method(makeLoss, (loss, target) => loss.softmaxCenter(x, distmat, target))],
  ...PROXY_LOSS_NAMES.map((name): (typeof CALLS)[number] => [
    `${name}.step`,
    method(
      (names) => new PROXY_LOSSES[name].Loss(3, 2, { init: 'normal', names }),
      (loss, target) => loss.step(x, target),
    ),
  ]),
  [
    'ClassStatistics.add',
    method(
      (names) => new ClassStatistics(3, 2, { names }),
      (statistics, target) => {
        statistics.add(x, target);
        return [statistics.counts, statistics.means];
      },
    ),
  ],
  [
    'OpenSetClassifier.fit',
    method(
      (names) => new OpenSetClassifier(makeCenters(names)),
      (classifier, target) => classifier.fit(x, target).threshold,
    ),
  ],
  ['fitPrecision', (names) => [(target) => fitPrecision(makeCenters(names), x, target)]],
  ['fitThreshold', (names) => [(classes) => fitThreshold([1, 2, 3, 4, 5], { classes, nClasses: 3, names })]],
  ['classWeights', (names) => [(target) => classWeights(target, 3, { names })]],
  ['softmaxCrossEntropyPerRow', (names) => [(target) => softmaxCrossEntropyPerRow(distmat, target, 3, { names })]],
  ['softmaxCrossEntropy', (names) => [(target) => softmaxCrossEntropy(distmat, target, 3, { names })]],
];

/** Other forms of the labels; the last three need names. */
const FORMS: [string, Target][] = [
  ['Int32Array', Int32Array.from(integers)],
  ['BigInt64Array', BigInt64Array.from(integers, BigInt)],
  ['a tensor with dims', { data: BigInt64Array.from(integers, BigInt), dims: [5] }],
  ['a column with shape', { data: integers, shape: [5, 1] }],
  ['names', named],
  ['names with undefined', named.map((name) => name ?? undefined)],
  ['a tensor of names', { data: named, dims: [5] }],
];

describe.each(CALLS)('%s', (_, make) => {
  it('gives the same for labels of every form', () => {
    const expected = make(undefined)[0](integers);
    for (const [, form] of FORMS.slice(0, 4)) expect(make(undefined)[0](form)).toEqual(expected);
    for (const [, form] of FORMS) expect(make(NAMES)[0](form)).toEqual(expected);
  });

  it('refuses labels that no class has, and changes nothing', () => {
    const onGpu = {
      dims: [5],
      get data(): Int32Array {
        throw new Error('not on the CPU');
      },
    };
    for (const names of [NAMES, undefined]) {
      const [call, object] = make(names);
      const before = object?.save();
      const text = names
        ? '[3] is "cow", but the classes are called "cat", "dog", "eel" (null = unknown)'
        : '[0] is "cat", but the classes have no names: give them the option names, or pass integers';
      expectErrors('ERR_LABEL', [
        [() => call(['cat', null, 'eel', 'cow', 'cat']), text],
        [
          () => call([0, 'cat', 1, 1, 1] as never),
          '[1] is "cat", not an integer: labels are all integers, or all names (null = unknown)',
        ],
        [() => call([0, null, 1, 1, 1] as never), '[1] is null, not an integer'],
        [() => call({ dataSync: () => [], shape: [5] } as never), /got Object: pass \w+\.dataSync\(\)$/],
        [() => call(new DataView(new ArrayBuffer(5)) as never), /got DataView/],
        [() => call(new Proxy(Int32Array.from(integers), {})), /got a proxy: pass the array itself/],
      ]);
      if (names) expectError(() => call(['cat', 1, 'cat', 'cat', 'cat'] as never), 'ERR_LABEL', '[1] is 1, not a name');
      else expectError(() => call([null, null, null, null, null]), 'ERR_LABEL', '[0] is null, not an integer');
      expectErrors('ERR_SHAPE', [
        [() => call({ data: new Int32Array(10), dims: [5, 2] }), /has the shape \[5, 2\]; expected \[B\] or \[B, 1\]/],
        [() => call({ data: named, dims: [6] }), /has the shape \[6\], but 5 values/],
        [() => call(onGpu), /data cannot be read \(Error: not on the CPU\): await \w+\.getData\(\) first/],
      ]);
      if (before) expect(object?.save()).toEqual(before);
    }
  });
});

it.each(FORMS)('without names of classes, a row is known, and right, by its own label: %s', (_, form) => {
  const scores = [1, 9, 2, 3, 4];
  expect([...isKnown(form)]).toEqual([1, 0, 1, 1, 1]);
  expect(openSetMetrics(scores, form)).toEqual(openSetMetrics(scores, integers));
  expect(accuracy(form, form)).toBe(1);
});

it('accuracy compares names with names', () => {
  expect(accuracy(['cat', 'dog', null, 'cow'], ['cat', 'eel', 'cat', null])).toBe(1 / 3);
  expectErrors('ERR_LABEL', [
    [() => accuracy(['cat'], [0]), 'predicted are names, but target are integers: pass both alike'],
    [() => accuracy([0], ['cat']), 'predicted are integers, but target are names'],
  ]);
});

it('a lenient loss takes another name for a label of no class', () => {
  using loss = new CenterLoss(3, 2, { init: 'normal', names: NAMES, labels: 'lenient' });
  expect(loss.evaluate(x, ['cat', 'cow', 'eel', 'dog', null])).toBe(loss.evaluate(x, [0, 7, 2, 1, -1]));
});

it('Deep SVDD takes the name of its class alone', () => {
  const options = { center: Float32Array.of(0, 0), names: ['good'] };
  using loss = new DeepSVDDLoss(2, options);
  const labels = ['good', null, 'good', 'bad', 'good'];
  expectError(() => loss.evaluate(x, labels), 'ERR_LABEL', '[3] is "bad", but the classes are called "good"');
  using lenient = new DeepSVDDLoss(2, { ...options, labels: 'lenient' });
  expect(lenient.evaluate(x, labels)).toBe(loss.evaluate(x, [0, -1, 0, -1, 0]));
});

describe('ClassCenters.fit', () => {
  const rows = { data: x, shape: [5, 2] };

  it('makes classes of names, in the order of their code units', () => {
    const target = ['é', 'Zebra', null, 'ant', 'Zebra'];
    using centers = ClassCenters.fit(rows, target, { metric: 'cosine' });
    expect([centers.names, centers.nClasses, centers.metric]).toEqual([['Zebra', 'ant', 'é'], 3, 'cosine']);
    expect(centers.toArray()).toEqual(ClassCenters.fit(rows, [2, 0, -1, 1, 0]).toArray());
    delete target[2];
    expect(ClassCenters.fit(rows, target).names).toEqual(centers.names);
  });

  it('has a class for every name that it is given', () => {
    using centers = ClassCenters.fit(rows, named, { names: ['ant', ...NAMES] });
    expect([...centers.params.subarray(0, 2)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(centers.toArray()).toEqual(ClassCenters.fit(rows, [1, -1, 3, 2, 1], { names: ['ant', ...NAMES] }).toArray());
  });

  it('refuses labels without any name, and another number of names', () => {
    const none = [null, null, null, null, null];
    expectError(() => ClassCenters.fit(rows, none), 'ERR_LABEL', 'none of the 5 labels in target is of a class');
    expectError(
      () => ClassCenters.fit(rows, named, { nClasses: 5 }),
      'ERR_SHAPE',
      /an array of 5 strings.* got 3 names/,
    );
    for (const names of [5, {}, 'cat'] as never[]) {
      expectError(
        () => ClassCenters.fit(rows, named, { names }),
        'ERR_SHAPE',
        /names must be an array of different strings, .* got/,
      );
    }
    expectError(() => ClassCenters.fit(rows, ['a', 'b', '\ud800', 'a', 'a']), 'ERR_OPTION', /half a surrogate pair/);
  });
});

it('statistics hand their names to centers and files, and merge with the same names', () => {
  using statistics = new ClassStatistics(3, 2, { names: NAMES });
  expect([statistics.toCenters().names, ClassStatistics.load(statistics.save()).names]).toEqual([NAMES, NAMES]);
  statistics.merge(new ClassStatistics(3, 2));
  const message = 'class 1 is "dog" here, but "emu" in the other statistics';
  const others = new ClassStatistics(3, 2, { names: ['cat', 'emu', 'eel'] });
  expectError(() => statistics.merge(others), 'ERR_OPTION', message);
});

it('a message lists 20 names', () => {
  const names = Array.from({ length: 30 }, (_, i) => `n${i}`);
  using loss = new CenterLoss(30, 2, { names });
  expectError(() => loss.evaluate([1, 2], ['other']), 'ERR_LABEL', /"n18", "n19" and 10 more \(null = unknown\)$/);
});
