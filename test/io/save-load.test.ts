// Every class, saved and loaded: the same object, which goes on to the same bits.
import {
  CenterLoss,
  type CenterLossOptions,
  ClassCenters,
  type ClassifierOptions,
  ClassStatistics,
  DeepSVDDLoss,
  type DeepSVDDLossOptions,
  fromSafetensors,
  type LoadedObject,
  load,
  OpenSetClassifier,
  type ProxyLossOptions,
  type Score,
} from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metric, problem } from '../support/arbitrary.js';
import { expectError } from '../support/error.js';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

/** Three classes around the corners of a triangle, and rows of none. */
const x = Float32Array.from({ length: 60 }, (_, i) => ([4, 0, 0, 4, -3, -3][i % 6] ?? 0) + Math.sin(i * 7) / 3);
const target = Int32Array.from({ length: 30 }, (_, i) => i % 3);
const others = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 3) * 9);
const METRICS = ['sqeuclidean', 'euclidean', 'cosine'] as const;
const COVARIANCES = ['none', 'diagonal', 'tied'] as const;

interface Case<T = never> {
  readonly name: string;
  readonly make: () => T;
  /** Results of calls that use, and as a rule change, the object. */
  readonly use: (object: T) => unknown;
  /** The tensors that the documentation names. */
  readonly tensors?: Record<string, string>;
}

const cases: Case[] = [];
const add = <T extends LoadedObject>(one: Case<T>) => void cases.push(one as unknown as Case);

for (const metric of METRICS) {
  const fit = () => ClassCenters.fit(x, target, { metric, names: ['a', '狗', '"c"', 'none'], nClasses: 4, nDim: 2 });
  const use = (centers: ClassCenters) => [centers.predict(others), centers.distances(others)];
  add({ name: `ClassCenters, ${metric}, a class without rows`, make: fit, use, tensors: { centers: 'F32 [4,2]' } });
}
const lossOptions: [CenterLossOptions, Record<string, string>][] = [
  [{}, { radius: 'F64 []' }],
  [{ radius: 0.1, reduction: 'wen', magnitude: 2.5, init: 'normal' }, { radius: 'F64 []' }],
  [{ radius: Number.POSITIVE_INFINITY, fixed: true, magnitude: -3, init: 'normal' }, { radius: 'F64 []' }],
  [
    { radius: [0.1, -2, 1 / 0], penalty: 'half-squared', metric: 'euclidean', reduction: 'batch' },
    { radius: 'F32 [3]' },
  ],
  [
    { metric: 'cosine', classWeight: [0.5, 0, 1e-3], reduction: 'sum', names: ['a', 'b', '"'] },
    { radius: 'F64 []', classWeight: 'F32 [3]' },
  ],
  [
    { labels: 'lenient', classWeight: new Float32Array(3) },
    { radius: 'F64 []', classWeight: 'F32 [3]' },
  ],
];
for (const [options, tensors] of lossOptions) {
  add({
    name: `CenterLoss ${JSON.stringify(options)}`,
    tensors: { centers: 'F32 [3,2]', updateCounts: 'U32 [3]', ...tensors },
    make: () => {
      const loss = new CenterLoss(3, 2, { seed: 5, ...options });
      loss.step(x, target);
      loss.step(x, target, { rule: 'mean' });
      return loss;
    },
    use: (loss) => [
      ...[loss.predict(others), loss.gradients(x, target), loss.updateCounts],
      // A new optimizer has no velocity, and so has the object that was saved.
      ...(['wen', 'mean', 'ema', 'sgd'] as const).map((rule) => loss.step(x, target, { rule })),
      ...[loss.step(x, target, { rule: 'sgd', momentum: 0.9 }), loss.centers.toArray(), loss.updateCounts],
    ],
  });
}
add({
  name: 'CenterLoss with the fitted radius of one class',
  tensors: { centers: 'F32 [1,2]', radius: 'F32 [1]', updateCounts: 'U32 [1]' },
  make: () => {
    const loss = new CenterLoss(1, 2, { init: 'normal' });
    loss.fitRadius(x, new Int32Array(30), { quantile: 0.5 });
    return loss;
  },
  use: (loss) => [loss.radius, loss.evaluate(others, new Int32Array(20))],
});
for (const name of PROXY_LOSS_NAMES) {
  const { Loss, option } = PROXY_LOSSES[name];
  const more = {
    ...{ init: 'normal', magnitude: 0.75, fixed: name === 'IslandLoss', reduction: 'sum', labels: 'lenient' },
    ...{ classWeight: [1, 0.25, 3], names: ['x', 'y', 'ż'], [option]: 1 / 3 },
  } as const;
  for (const options of [{ init: 'normal', fixed: false }, more] as ProxyLossOptions[]) {
    add({
      name: `${name} ${JSON.stringify(options)}`,
      tensors: { centers: 'F32 [3,2]', ...(options.classWeight ? { classWeight: 'F32 [3]' } : {}) },
      make: () => {
        const loss = new Loss(3, 2, { seed: 4, ...options });
        loss.step(x, target);
        return loss;
      },
      use: (loss) => [loss.gradients(x, target), loss.step(x, target), loss.centers.toArray()],
    });
  }
}
const svdd = (name: string, options: DeepSVDDLossOptions, prepare: (loss: DeepSVDDLoss) => unknown) =>
  add({
    name: `DeepSVDDLoss ${name}`,
    make: () => {
      const loss = new DeepSVDDLoss(2, options);
      prepare(loss);
      return loss;
    },
    use: (loss) => [loss.fitCenter(others), loss.fitRadius(others), loss.gradients(x)],
  });
svdd('before its center is known', {}, () => {});
svdd('with a center', { nu: 0.3 }, (loss) => loss.fitCenter(x));
svdd('with a radius', { names: ['it'], labels: 'lenient' }, (loss) => [loss.fitCenter(x), loss.fitRadius(x)]);
svdd('with a radius past the bound of the option', { center: Float32Array.of(1e18, 0) }, (loss) => loss.fitRadius(x));

const classifier = (name: string, options: ClassifierOptions, fitted?: { perClass: boolean; tensors: object }) =>
  add({
    name: `OpenSetClassifier ${name}`,
    ...(fitted ? { tensors: { centers: 'F32 [3,2]', ...fitted.tensors } } : {}),
    make: () => {
      using centers = ClassCenters.fit(x, target, { names: ['a', 'b', '狗'], nDim: 2 });
      const one = new OpenSetClassifier(centers, options);
      return fitted ? one.fit(x, target, { perClass: fitted.perClass, tpr: 0.8 }) : one;
    },
    // Parameters that were given stay, and those that were fitted are fitted anew.
    use: (one) => [
      ...(fitted ? [one.classify(others)] : []),
      one.fit(x, target).classify(others),
      one.fit(others, new Int32Array(20)).save(),
    ],
  });
for (const score of ['distance', 'normalized', 'cac', 'softmin', 'entropy', 'mahalanobis', 'knn-centers'] as Score[]) {
  for (const metric of score === 'cac' || score === 'mahalanobis' ? [undefined] : METRICS) {
    for (const perClass of [true, false]) {
      const radius = score === 'normalized' ? { radius: 'F32 [3]' } : {};
      const precision = score === 'mahalanobis' ? { precision: 'F32 [2]' } : {};
      const tensors = { ...radius, ...precision, threshold: perClass ? 'F64 [3]' : 'F64 []' };
      const name = `by ${score}, ${metric}, a threshold per class: ${perClass}`;
      classifier(name, { score, ...(metric ? { metric } : {}) }, { perClass, tensors });
    }
  }
}
for (const relative of [true, false]) {
  const background = relative ? { backgroundMean: 'F64 [2]', backgroundCovariance: 'F64 [2,2]' } : {};
  const tensors = { covariance: 'F64 [2,2]', ...background, threshold: 'F64 []' };
  const options = { score: 'mahalanobis', covariance: 'tied', shrinkage: 'ledoit-wolf', relative } as const;
  classifier(`by a full covariance, relative: ${relative}`, options, { perClass: false, tensors });
}
const radius = { radius: 'F64 []', threshold: 'F64 [3]' };
classifier('with a radius that was given', { score: 'normalized', radius: 2 }, { perClass: true, tensors: radius });
add({
  name: 'OpenSetClassifier with a calibration, of which one class has none',
  tensors: {
    ...{ centers: 'F32 [3,2]', threshold: 'F64 []', precision: 'F32 [2]' },
    ...{ calibrationCounts: 'U32 [3]', calibrationScores: 'F32 [20]' },
  },
  make: () => {
    using centers = ClassCenters.fit(x, target, { nDim: 2 });
    const some = target.map((label) => (label === 1 ? -1 : label));
    return new OpenSetClassifier(centers, { score: 'mahalanobis' }).fit(x, some, { pValues: true });
  },
  use: (one) => [one.pValues(others), one.predictionSets(others, { smoothingSeed: 3 }), one.fit(x, target).save()],
});
for (const options of [
  {},
  { score: 'normalized', radius: 0.3 },
  { score: 'normalized', radius: [1, 2, 0], threshold: Number.POSITIVE_INFINITY },
  { score: 'normalized', metric: 'cosine' },
  { score: 'mahalanobis', precision: [1, 0.1], threshold: [1 / 3, 2, Number.NEGATIVE_INFINITY] },
  { threshold: 1 / 3, metric: 'euclidean' },
  { score: 'mahalanobis', covariance: [2, 1, 1, 1], threshold: [1 / 3, 2, 5] },
  { score: 'mahalanobis', covariance: 'tied', relative: true },
] as ClassifierOptions[]) {
  classifier(`before it is fitted, ${JSON.stringify(options)}`, options);
}
add({
  name: 'OpenSetClassifier, given and added classes',
  tensors: { centers: 'F32 [3,2]', exampleWeights: 'F64 [3]', exampleMeans: 'F64 [2,2]', threshold: 'F64 [3]' },
  make: () => {
    const named = new OpenSetClassifier({ params: x.slice(0, 2), nClasses: 1, nDim: 2 }, { threshold: [5] });
    named.addClass('狗 "up"', [4, 0, 5, 1, 3, 1 / 3], { sampleWeight: [1, 0.3, 2], threshold: 20 });
    for (const name of ['gone', 'last']) named.addClass(name, [1, 1], { threshold: 7 });
    named.removeClass('gone');
    return named;
  },
  use: (named) => {
    named.addExamples('狗 "up"', [-100, -5, 1 / 3, 0.1]);
    named.addClass('new', [1, 1], { threshold: 9 });
    named.removeClass('0');
    const names = named.names ?? [];
    return [names, names.map((name) => named.count(name)), named.classify(others), named.save()];
  },
});
for (const covariance of COVARIANCES) {
  const squares = covariance === 'none' ? {} : { squares: 'F64 [3,2]' };
  const scatter = covariance === 'tied' ? { scatter: 'F64 [3]' } : {};
  add({
    name: `ClassStatistics, covariance ${covariance}`,
    tensors: { rejected: 'F64 []', counts: 'F64 [3]', means: 'F64 [3,2]', ...squares, ...scatter },
    make: () => {
      const statistics = new ClassStatistics(3, 2, { covariance, forgetting: 0.75 });
      statistics.add([...x, Number.NaN, 0], [...target, 1]);
      return statistics;
    },
    use: (statistics) => {
      statistics.add(others, new Int32Array(20));
      return [statistics.rejected, statistics.counts, statistics.toCenters().toArray()];
    },
  });
}

/** Facts that the getters of an object tell, whatever its class. */
const FACTS = [
  ...['nClasses', 'nDim', 'names', 'fixed', 'reduction', 'magnitude', 'labels', 'metric', 'penalty', 'radius', 'radii'],
  ...['classWeight', 'updateCounts', 'lambda', 'delta', 'margin', 'nu', 'score', 'precision', 'threshold'],
  ...['covariance', 'forgetting', 'counts', 'means', 'rejected'],
];
const factsOf = (object: LoadedObject): unknown => [
  FACTS.map((name) => Reflect.get(object, name)),
  'centers' in object ? [factsOf(object.centers), object.centers.toArray()] : [],
];

interface Loads {
  load(bytes: Uint8Array): LoadedObject;
  fromJSON(value: unknown): LoadedObject;
}

describe('an object is the same after saving and loading', () => {
  it.each(cases)('$name', ({ name, make, use, tensors }) => {
    const object = make() as LoadedObject;
    const call = use as (object: LoadedObject) => unknown;
    const Class = object.constructor as unknown as Loads;
    const [facts, file, json] = [factsOf(object), object.save(), JSON.stringify(object)];
    const contents = fromSafetensors(file);
    const found = Object.entries(contents.tensors).map(([name, { dtype, shape }]) => [name, `${dtype} [${shape}]`]);
    if (tensors) expect(Object.fromEntries(found)).toEqual(tensors);
    expect(contents.metadata).toMatchObject({
      format: 'center-loss',
      version: '2',
      kind: name.split(/\W/)[0],
    });
    const loaded = [Class.load(file), Class.fromJSON(JSON.parse(json)), load(file.buffer)];
    const result = call(object);
    for (const again of loaded) {
      expect(again).toBeInstanceOf(Class);
      expect(factsOf(again)).toEqual(facts);
      expect(again.save()).toEqual(file);
      expect(call(again)).toEqual(result);
      again.dispose();
    }
    object.dispose();
  });

  it('ClassCenters of any values, to the bit', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    const list = <T>(value: fc.Arbitrary<T>, length: number) =>
      fc.array(value, { minLength: length, maxLength: length });
    const text = fc.string({ unit: 'binary' });
    const shape = fc.record({ nClasses: fc.integer({ min: 1, max: 6 }), nDim: fc.integer({ min: 1, max: 6 }) });
    const any = shape.chain(({ nClasses, nDim }) =>
      fc.record({
        ...{ nClasses: fc.constant(nClasses), nDim: fc.constant(nDim), params: list(finite, nClasses * nDim) },
        ...{ fixed: fc.boolean(), metric },
        names: fc.uniqueArray(text, { minLength: nClasses, maxLength: nClasses }),
      }),
    );
    fc.assert(
      fc.property(any, ({ nClasses, nDim, params, ...options }) => {
        using centers = new ClassCenters(nClasses, nDim, options);
        centers.params.set(params);
        using again = ClassCenters.load(centers.save());
        expect({ ...again }).toMatchObject({ nClasses, nDim, ...options });
        expect(new Uint8Array(again.toArray().buffer)).toEqual(new Uint8Array(centers.toArray().buffer));
      }),
    );
  });

  it.each(COVARIANCES)('ClassStatistics of any rows, covariance %s', (covariance) => {
    fc.assert(
      fc.property(problem({ rows: 130, nClasses: 4, nDim: 12 }), fc.constantFrom(1, 0.9), (drawn, forgetting) => {
        const { nClasses, nDim, x, target } = drawn;
        using statistics = new ClassStatistics(nClasses, nDim, { covariance, forgetting });
        statistics.add(x, target);
        using copy = ClassStatistics.load(statistics.save());
        using other = new ClassStatistics(nClasses, nDim, { covariance, forgetting });
        other.add(
          x.map((value) => 2 * value + 1),
          target,
        );
        for (const one of [statistics, copy]) {
          one.add(x, target);
          one.merge(other);
        }
        expect(copy.save()).toEqual(statistics.save());
      }),
      { numRuns: 40 },
    );
  });

  it('a file in a part of a larger buffer, also where slice gives a view, as in Node', () => {
    using statistics = new ClassStatistics(2, 3);
    statistics.add([1, 2, 3, 4, 5, 7], [0, 1]);
    const file = statistics.save();
    const larger = new Uint8Array(file.length + 24).fill(1);
    larger.set(file, 13);
    const part = larger.subarray(13, 13 + file.length);
    const views = Object.assign(larger.subarray(13, 13 + file.length), {
      slice: (start?: number, end?: number) => part.subarray(start, end),
    });
    for (const bytes of [part, views]) {
      using read = ClassStatistics.load(bytes);
      expect(read.save()).toEqual(file);
    }
  });
});

it('values are in the tensors that the documentation names', () => {
  using centers = new ClassCenters(2, 3, { names: ['cat', '狗'], metric: 'cosine' });
  const { metadata } = fromSafetensors(centers.save());
  expect([metadata.config, metadata.names]).toEqual(['{"fixed":false,"metric":"cosine"}', '["cat","狗"]']);
  using statistics = new ClassStatistics(1, 2, { covariance: 'tied', forgetting: 0.5 });
  statistics.add([1, 2, 3, 6, 5, Number.NaN], [0, 0, 0]);
  const { tensors } = fromSafetensors(statistics.save());
  const values = Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));
  expect(values).toEqual({ rejected: [1], counts: [2], means: [2, 4], squares: [2, 8], scatter: [2, 4, 8] });
});

it('a classifier of a loss keeps its metric and its names', () => {
  using loss = new CenterLoss(3, 2, { init: 'normal', metric: 'cosine', names: ['a', 'b', 'c'] });
  using again = OpenSetClassifier.load(new OpenSetClassifier(loss).save());
  expect([again.metric, again.names]).toEqual(['cosine', ['a', 'b', 'c']]);
  expect(again.classify(others).nearest).toEqual(loss.predict(others));
});

it('the policy of labels is kept', () => {
  using strict = CenterLoss.load(new CenterLoss(2, 2).save());
  expectError(() => strict.evaluate([1, 2], [2]), 'ERR_LABEL', /target\[0\] is 2/);
  using lenient = CenterLoss.load(new CenterLoss(2, 2, { labels: 'lenient' }).save());
  expect(lenient.evaluate([1, 2], [2])).toBeGreaterThanOrEqual(0);
});

it('centers that are not finite are not saved', () => {
  using centers = new ClassCenters(2, 2);
  for (const [index, value] of [
    [3, Number.NaN],
    [2, Number.POSITIVE_INFINITY],
    [0, Number.NEGATIVE_INFINITY],
  ] as const) {
    centers.params.fill(1);
    centers.params[index] = value;
    const message = `centers[${index}] is ${value}, in class ${index >> 1}; expected finite centers`;
    expectError(() => centers.save(), 'ERR_OPTION', message);
    expectError(() => JSON.stringify(centers), 'ERR_OPTION', message);
  }
});
