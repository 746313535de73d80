// Classifiers and classes with names, saved and loaded.
import {
  CenterLoss,
  ClassCenters,
  fromFloat16,
  load,
  NamedCenters,
  OpenSetClassifier,
  type Score,
  type ScoreOptions,
  toFloats,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/error.js';
import { type Change, changed, f32, f64, tensorsOf } from './changed.js';

/** Three classes around corners of a triangle, and rows that are of none. */
const x = Float32Array.from({ length: 60 }, (_, i) => [4, 0, 0, 4, -3, -3][i % 6] as number).map(
  (value, i) => value + Math.sin(i * 7) / 3,
);
const target = Int32Array.from({ length: 30 }, (_, i) => i % 3);
const others = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 3) * 9);

const SCORES: Score[] = ['distance', 'normalized', 'cac', 'softmin', 'entropy', 'mahalanobis', 'knn-centers'];
const METRICS = ['sqeuclidean', 'euclidean', 'cosine'] as const;

/** Facts of a classifier that its getters tell. */
const factsOf = ({
  nClasses,
  nDim,
  names,
  score,
  metric,
  radius,
  precision,
  threshold,
  centers,
}: OpenSetClassifier) => ({
  ...{ nClasses, nDim, names, score, metric, radius, precision, threshold },
  centers: [centers.metric, centers.fixed, centers.toArray()],
});

describe('a classifier', () => {
  it.each(SCORES.flatMap((score) => [true, false].map((perClass) => ({ score, perClass }))))(
    'is the same after saving: $score, per class $perClass',
    ({ score, perClass }) => {
      for (const metric of METRICS) {
        using centers = ClassCenters.fit(x, target, { metric, names: ['a', 'b', '狗'] });
        using classifier = new OpenSetClassifier(centers, { score }).fit(x, target, { perClass, tpr: 0.8 });
        const file = classifier.save();
        for (const again of [
          OpenSetClassifier.load(file),
          OpenSetClassifier.fromJSON(JSON.parse(JSON.stringify(classifier))),
          load(file) as OpenSetClassifier,
        ]) {
          expect(factsOf(again)).toEqual(factsOf(classifier));
          expect(again.save()).toEqual(file);
          expect(again.classify(others)).toEqual(classifier.classify(others));
          expect(again.fit(others, new Int32Array(20)).save()).toEqual(
            OpenSetClassifier.load(file).fit(others, new Int32Array(20)).save(),
          );
          again.dispose();
        }
      }
    },
  );

  it.each([
    {},
    { score: 'normalized', radius: 0.3 },
    { score: 'normalized', radius: [1, 2, 0], threshold: Number.POSITIVE_INFINITY },
    { score: 'normalized', metric: 'cosine' },
    { score: 'mahalanobis', precision: [1, 0.1], threshold: [1 / 3, 2, Number.NEGATIVE_INFINITY] },
    { threshold: 1 / 3, metric: 'euclidean' },
  ] as ScoreOptions[])('is the same before it is fitted: %o', (options) => {
    using centers = ClassCenters.fit(x, target);
    using classifier = new OpenSetClassifier(centers, options);
    using again = OpenSetClassifier.load(classifier.save());
    expect(factsOf(again)).toEqual(factsOf(classifier));
    expect(again.fit(x, target).save()).toEqual(classifier.fit(x, target).save());
    using third = OpenSetClassifier.load(again.save());
    const half = x.map((value) => value / 2);
    // Parameters that were given stay, and those that were fitted are fitted anew.
    expect(third.fit(half, target).save()).toEqual(classifier.fit(half, target).save());
  });

  it('of one class is the same', () => {
    using classifier = new OpenSetClassifier({ params: [1, 2], nClasses: 1, nDim: 2 }, { score: 'normalized' });
    for (const perClass of [true, false]) {
      classifier.fit([1, 1, 2, 3], [0, 0], { perClass });
      using again = OpenSetClassifier.load(classifier.save());
      expect(factsOf(again)).toEqual(factsOf(classifier));
      expect(again.save()).toEqual(classifier.save());
    }
  });

  it('of a loss decides in the metric of the loss, and has its names', () => {
    using loss = new CenterLoss(3, 2, { init: 'normal', metric: 'cosine', names: ['a', 'b', 'c'] });
    using classifier = new OpenSetClassifier(loss);
    using again = OpenSetClassifier.load(classifier.save());
    expect([again.metric, again.names]).toEqual(['cosine', ['a', 'b', 'c']]);
    expect(again.classify(others).nearest).toEqual(loss.predict(others));
  });

  it('has the tensors that the documentation names', () => {
    using centers = ClassCenters.fit(x, target);
    const tensors = (options: ScoreOptions, perClass: boolean) => {
      using classifier = new OpenSetClassifier(centers, options).fit(x, target, { perClass });
      return tensorsOf(classifier.save());
    };
    const base = { centers: 'F32 [3,2]' };
    expect(tensors({}, false)).toEqual({ ...base, threshold: 'F64 []' });
    expect(tensors({ score: 'normalized', radius: 2 }, true)).toEqual({
      ...base,
      radius: 'F64 []',
      threshold: 'F64 [3]',
    });
    expect(tensors({ score: 'normalized' }, false)).toEqual({ ...base, radius: 'F32 [3]', threshold: 'F64 []' });
    expect(tensors({ score: 'mahalanobis' }, false)).toEqual({ ...base, precision: 'F32 [2]', threshold: 'F64 []' });
  });

  it('may have classes without rows', () => {
    using centers = ClassCenters.fit(x, target, { nClasses: 5 });
    using classifier = new OpenSetClassifier(centers).fit(x, target);
    using again = OpenSetClassifier.load(classifier.save());
    expect(again.classify(others)).toEqual(classifier.classify(others));
  });

  it('is refused where anything in it is wrong', () => {
    using centers = ClassCenters.fit(x, target);
    using classifier = new OpenSetClassifier(centers, { score: 'normalized' }).fit(x, target);
    const file = classifier.save();
    const config = { score: 'normalized', metric: 'sqeuclidean', centersMetric: 'sqeuclidean', fitted: ['radius'] };
    const withConfig = (more: object): Change => {
      return (_, metadata) => {
        metadata.config = JSON.stringify({ ...config, ...more });
      };
    };
    for (const [change, message] of [
      [(tensors) => (tensors.radius = f32([3], 1, -1, 1)), /no valid OpenSetClassifier: radius\[1\] must be/],
      [(tensors) => (tensors.radius = f32([3], 1, Number.NaN, 1)), /tensor "radius" is NaN at \[1\]/],
      [(tensors) => (tensors.radius = f32([3], 1, Infinity, 1)), /radius\[1\] must be a finite number/],
      [(tensors) => (tensors.radius = f32([2], 1, 1)), /tensor "radius" is F32 of shape \[2\]; expected F32 of shape/],
      [(tensors) => (tensors.threshold = f32([3], 1, 1, 1)), /tensor "threshold" is F32/],
      [(tensors) => (tensors.threshold = f64([3], 1, Number.NaN, 1)), /tensor "threshold" is NaN at \[1\]/],
      [(tensors) => (tensors.threshold = f64([2], 1, 1)), /tensor "threshold" is F64 of shape \[2\]; expected/],
      [(tensors) => (tensors.precision = f32([2], 1, 1)), /precision is an option of score 'mahalanobis'/],
      [(tensors) => (tensors.precision = f32([3], 1, 1, 1)), /tensor "precision" is F32 of shape \[3\]/],
      [(tensors) => delete tensors.radius, /fitted must be a list of the parameters that are there, got radius/],
      [withConfig({ score: 'best' }), /no valid OpenSetClassifier: score must be/],
      [withConfig({ metric: 'far' }), /metric must be/],
      [withConfig({ centersMetric: 'far' }), /metric must be/],
      [withConfig({ score: 'distance' }), /radius is an option of score 'normalized'/],
      [withConfig({ score: undefined }), /"config" lacks "score"/],
      [withConfig({ fitted: undefined }), /"config" lacks "fitted"/],
      [withConfig({ fitted: ['precision'] }), /fitted must be a list of the parameters that are there, got precision/],
      [withConfig({ fitted: ['radius', 'radius'] }), /fitted must be a list/],
      [withConfig({ fitted: true }), /fitted must be a list/],
      [withConfig({ threshold: 1 }), /"config" has "threshold", which no OpenSetClassifier has/],
      [(_, metadata) => (metadata.kind = 'CenterLoss'), /holds a "CenterLoss", not a "OpenSetClassifier"/],
      [(_, metadata) => (metadata.format = 'pt'), /was not written by save\(\)/],
      [(_, metadata) => (metadata.version = '1'), /of version "1"/],
      [(_, metadata) => (metadata.names = '["a","b"]'), /"names" has 2 names, but there are 3 classes/],
    ] as [Change, RegExp][]) {
      expectError(() => OpenSetClassifier.load(changed(file, change)), 'ERR_FORMAT', message);
    }
    using mahalanobis = new OpenSetClassifier(centers, { score: 'mahalanobis' }).fit(x, target);
    const negative = changed(mahalanobis.save(), (tensors) => {
      tensors.precision = f32([2], -1, 1);
    });
    expectError(() => OpenSetClassifier.load(negative), 'ERR_FORMAT', /precision\[0\] must be a finite number ≥ 0/);
    classifier.dispose();
    expectError(() => classifier.save(), 'ERR_DISPOSED', /ClassCenters/);
  });
});

describe('classes with names', () => {
  const make = () => {
    const named = new NamedCenters(2);
    named.addClass('right', [4, 0, 5, 1, 3, 2], { sampleWeight: [1, 0.3, 2] });
    named.addClass('nothing yet');
    named.addClass('狗 "up"', [0, 4]);
    return named;
  };

  it('go on after it with the same bits', () => {
    using named = make();
    for (const again of [
      NamedCenters.load(named.save()),
      NamedCenters.fromJSON(JSON.parse(JSON.stringify(named))),
      load(named.save()) as NamedCenters,
    ]) {
      using twin = NamedCenters.load(named.save());
      expect([again.nDim, again.names]).toEqual([2, ['right', 'nothing yet', '狗 "up"']]);
      expect(again.names.map((name) => again.count(name))).toEqual(named.names.map((name) => named.count(name)));
      expect(again.save()).toEqual(named.save());
      for (const one of [again, twin]) {
        one.update('right', [-100, -5, 1 / 3, 0.1]);
        one.addClass('new', [1, 1]);
        one.removeClass('nothing yet');
      }
      expect(again.save()).toEqual(twin.save());
      expect(again.classify(others, { threshold: 20 })).toEqual(twin.classify(others, { threshold: 20 }));
      again.dispose();
    }
  });

  it('may be none', () => {
    using named = new NamedCenters(3);
    using again = NamedCenters.load(named.save());
    expect([again.names, again.nDim]).toEqual([[], 3]);
    expect(tensorsOf(named.save())).toEqual({ counts: 'F64 [0]', means: 'F64 [0,3]' });
  });

  it('have the tensors that the documentation names', () => {
    using named = make();
    expect(tensorsOf(named.save())).toEqual({ counts: 'F64 [3]', means: 'F64 [3,2]' });
  });

  it('are refused where anything is wrong', () => {
    const named = make();
    const file = named.save();
    for (const [change, message] of [
      [(tensors) => (tensors.counts = f64([3], 1, -1, 1)), /counts\[1\] is -1; expected a finite number ≥ 0/],
      [(tensors) => (tensors.counts = f64([2], 1, 1)), /"counts" is F64 of shape \[2\]; expected F64 of shape \[3\]/],
      [
        (tensors) => (tensors.means = f64([3, 2], 0, 0, 1, 0, 0, 0)),
        /means\[2\] is 1; expected a number within float32, 0/,
      ],
      [(tensors) => (tensors.means = f64([3, 2], 1e39, 0, 0, 0, 0, 0)), /means\[0\] is 1e\+39/],
      [(tensors) => (tensors.means = f64([3, 2], Number.NaN, 0, 0, 0, 0, 0)), /means\[0\] is NaN/],
      [(tensors) => (tensors.means = f64([3, 0])), /"means" has the shape \[3, 0\]/],
      [(tensors) => (tensors.means = f64([6], 1, 2, 0, 0, 1, 2)), /"means" has the shape \[6\]/],
      [(_, metadata) => (metadata.names = '["a","b"]'), /"names" has 2 names, but there are 3 classes/],
      [(_, metadata) => (metadata.names = '["a","b","a"]'), /names\[0\] and names\[2\] are both "a"/],
      [(_, metadata) => delete metadata.names, /metadata "names": expected '\[' at character 0, found its end/],
      [(_, metadata) => (metadata.config = '{"metric":"cosine"}'), /"config" has "metric", which no NamedCenters has/],
      [(_, metadata) => (metadata.version = '3'), /of version "3"/],
    ] as [Change, RegExp][]) {
      expectError(() => NamedCenters.load(changed(file, change)), 'ERR_FORMAT', message);
    }
    named.dispose();
    expectError(() => named.save(), 'ERR_DISPOSED', /NamedCenters/);
  });
});

it('halves are widened here as by the kernels', () => {
  const data = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const [here, there] = [toFloats({ dtype: 'F16', shape: [2 ** 16], data }), fromFloat16(data)];
  const [bits, wanted] = [new Uint32Array(here.buffer), new Uint32Array(there.buffer)];
  expect([bits.length, bits.findIndex((value, i) => value !== wanted[i])]).toEqual([2 ** 16, -1]);
});
