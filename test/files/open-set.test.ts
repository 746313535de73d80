import {
  fromSafetensors,
  loadCenters,
  loadClassifier,
  type Safetensors,
  saveCenters,
  type Tensor,
  toFloats,
  toSafetensors,
} from 'center-loss/files';
import {
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  fromFloat16,
  NamedCenters,
  OpenSetClassifier,
  type Score,
} from 'center-loss/open-set';
import { describe, expect, it } from 'vitest';
import { expectError } from '../error.js';

/** Three classes around corners of a triangle, and rows that are of none. */
const x = Float32Array.from({ length: 60 }, (_, i) => [4, 0, 0, 4, -3, -3][(i % 6) | 0] as number).map(
  (value, i) => value + Math.sin(i * 7) / 3,
);
const target = Int32Array.from({ length: 30 }, (_, i) => i % 3);
const others = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 3) * 9);

const SCORES: Score[] = ['distance', 'normalized', 'cac', 'softmin', 'entropy', 'mahalanobis', 'knn-centers'];

/** A file with one thing in it changed. */
function changed(
  file: Uint8Array,
  change: (tensors: Record<string, Tensor>, metadata: Record<string, string>) => void,
) {
  const { tensors, metadata }: Safetensors = fromSafetensors(file);
  const [newTensors, newMetadata] = [{ ...tensors }, { ...metadata }];
  change(newTensors, newMetadata);
  return toSafetensors(newTensors, newMetadata);
}

describe('a classifier', () => {
  const centers = (): ClassCenters => ClassCenters.fit(x, target);

  it.each(SCORES.flatMap((score) => [true, false].map((perClass) => ({ score, perClass }))))(
    'is the same after saving: $score, per class $perClass',
    ({ score, perClass }) => {
      const metric = score === 'mahalanobis' || score === 'cac' ? {} : { metric: 'euclidean' as const };
      using classifier = new OpenSetClassifier(centers(), { score, ...metric }).fit(x, target, { perClass, tpr: 0.8 });
      const file = saveCenters(classifier, { names: ['a', 'b', 'c'] });
      using again = loadClassifier(file);
      expect(again.toJSON()).toEqual(classifier.toJSON());
      expect(again.classify(others)).toEqual(classifier.classify(others));
      const { kind, params, thresholds, radius, precision, config, names } = loadCenters(file);
      expect({ kind, names, score: config.score }).toEqual({
        kind: 'OpenSetClassifier',
        names: ['a', 'b', 'c'],
        score,
      });
      expect(params).toEqual(Float32Array.from(classifier.centers.params));
      expect(thresholds).toEqual(classifier.threshold);
      expect({ radius, precision }).toEqual({ radius: classifier.radius, precision: classifier.precision });
    },
  );

  it.each([
    {},
    { score: 'normalized', radius: 0.3 },
    { score: 'normalized', radius: [1, 2, 0], threshold: Number.POSITIVE_INFINITY },
    { score: 'normalized', metric: 'cosine' },
    { score: 'mahalanobis', precision: [1, 0.1], threshold: [1 / 3, 2, Number.NEGATIVE_INFINITY] },
    { threshold: 1 / 3 },
  ] as const)('is the same before it is fitted: %o', (options) => {
    using classifier = new OpenSetClassifier(centers(), options);
    using again = loadClassifier(saveCenters(classifier));
    expect(again.toJSON()).toEqual(classifier.toJSON());
    expect(again.fit(x, target).toJSON()).toEqual(classifier.fit(x, target).toJSON());
  });

  it('of one class is the same', () => {
    using classifier = new OpenSetClassifier({ params: [1, 2], nClasses: 1, nFeatures: 2 }, { score: 'normalized' });
    for (const perClass of [true, false]) {
      classifier.fit([1, 1, 2, 3], [0, 0], { perClass });
      using again = loadClassifier(saveCenters(classifier));
      expect(again.toJSON()).toEqual(classifier.toJSON());
    }
  });

  it('is refused where anything in it is wrong', () => {
    using classifier = new OpenSetClassifier(centers(), { score: 'normalized' }).fit(x, target);
    const file = saveCenters(classifier);
    const radius = (...values: number[]): Tensor => ({ dtype: 'F32', shape: [3], data: Float32Array.from(values) });
    for (const [change, message] of [
      [(tensors) => (tensors.radius = radius(1, -1, 1)), /no open-set classifier: radius/],
      [(tensors) => (tensors.radius = radius(1, Number.NaN, 1)), /tensor "radius" at 1 is NaN/],
      [(tensors) => (tensors.threshold = radius(1, 1, 1)), /tensor "threshold" is F32/],
      [(_, metadata) => (metadata.config = '{"score":"best"}'), /no open-set classifier: score must be/],
      [(_, metadata) => (metadata.config = '{"score":"normalized","metric":"far"}'), /classifier: metric must be/],
      [(_, metadata) => (metadata.config = '{}'), /no open-set classifier: /],
      [(_, metadata) => (metadata.config = '{"score":"normalized","fitted":["precision"]}'), /fitted must name/],
      [(_, metadata) => (metadata.config = '{"score":"normalized","fitted":true}'), /fitted must name/],
      [(_, metadata) => (metadata.kind = 'CenterLoss'), /holds a CenterLoss, no classifier: new OpenSetClassifier\(/],
      [(_, metadata) => (metadata.format = 'pt'), /holds centers, no classifier/],
      [(_, metadata) => (metadata.version = '2'), /of version "2"/],
    ] as [Parameters<typeof changed>[1], RegExp][]) {
      expectError(() => loadClassifier(changed(file, change)), 'ERR_FORMAT', message);
    }
    expectError(
      () => saveCenters(classifier, { thresholds: 1 }),
      'ERR_OPTION',
      "thresholds can't be given, since the OpenSetClassifier has its own",
    );
    classifier.dispose();
    expectError(() => saveCenters(classifier), 'ERR_DISPOSED', /ClassCenters/);
  });
});

describe('CenterLoss of open-set', () => {
  it.each([
    {},
    { metric: 'cosine', penalty: 'half-squared', reduction: 'batch', radius: 0.01 },
    { metric: 'euclidean', radius: [0.1, 0.2, 3], fixed: true },
  ] as const)('is the same after saving: %o', (options) => {
    using loss = new CenterLoss(3, 2, { init: 'normal', seed: 2, ...options });
    const { kind, params, nClasses, nFeatures, radius = 0, config } = loadCenters(saveCenters(loss));
    expect(kind).toBe('CenterLoss');
    using again = new CenterLoss(nClasses, nFeatures, { ...config, radius, init: params });
    expect(again.centers.params).toEqual(loss.centers.params);
    expect(again.gradients(x, target)).toEqual(loss.gradients(x, target));
    expect(again.radii).toEqual(loss.radii);
    expect([again.metric, again.penalty, again.fixed]).toEqual([loss.metric, loss.penalty, loss.fixed]);
  });

  it('that does no more than the core has no option that the core does not know', () => {
    using loss = new CenterLoss(3, 2);
    expect(loadCenters(saveCenters(loss)).config).toEqual({ fixed: false, reduction: 'mean' });
    loss.fitRadius(x, target);
    expect(loadCenters(saveCenters(loss)).radius).toEqual(loss.radii);
    expect(loadCenters(saveCenters(loss, { counts: loss.updateCounts })).counts).toEqual(new Float64Array(3));
  });
});

describe('what grows', () => {
  it('statistics: centers and counts', () => {
    using statistics = new ClassStatistics(4, 2, { forgetting: 0.5 });
    statistics.add(x, target);
    const { kind, params, counts, config, names } = loadCenters(
      saveCenters(statistics, { names: ['a', 'b', 'c', 'd'] }),
    );
    expect(kind).toBe('ClassStatistics');
    using centers = statistics.toCenters();
    expect(params).toEqual(Float32Array.from(centers.params));
    expect([...params.subarray(6)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(counts).toEqual(statistics.counts);
    expect({ config, names }).toEqual({
      config: { covariance: 'diagonal', forgetting: 0.5 },
      names: ['a', 'b', 'c', 'd'],
    });
    expectError(() => saveCenters(statistics, { counts: [1, 2, 3, 4] }), 'ERR_OPTION', /^counts can't be given/);
  });

  it('named classes: they go on', () => {
    using named = new NamedCenters(2);
    named.addClass('right', [4, 0, 5, 1, 3, 2]);
    named.addClass('nothing yet');
    named.addClass('up', [0, 4]);
    const { params, nFeatures, names = [], counts = [], kind } = loadCenters(saveCenters(named));
    expect({ kind, names, counts: [...counts] }).toEqual({
      kind: 'NamedCenters',
      names: ['right', 'nothing yet', 'up'],
      counts: [3, 0, 1],
    });
    using again = new NamedCenters(nFeatures);
    for (const [j, name] of names.entries()) {
      const center = params.subarray(j * nFeatures, (j + 1) * nFeatures);
      again.addClass(name, center, { sampleWeight: [counts[j] as number] });
    }
    for (const one of [named, again]) one.update('right', [-100, -5]);
    using was = named.toCenters();
    using is = again.toCenters();
    expect(is.params).toEqual(was.params);
    expect(again.predict([0, 3, -20, 0])).toEqual(named.predict([0, 3, -20, 0]));
    expect(again.count('right')).toBe(4);
    expectError(() => saveCenters(named, { names: ['a', 'b', 'c'] }), 'ERR_OPTION', /^names can't be given/);
    expectError(() => saveCenters(new NamedCenters(2)), 'ERR_OPTION', /nClasses must be a positive integer/);
  });
});

it('halves are widened here as by the kernels', () => {
  const data = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const [here, there] = [toFloats({ dtype: 'F16', shape: [2 ** 16], data }), fromFloat16(data)];
  const [bits, wanted] = [new Uint32Array(here.buffer), new Uint32Array(there.buffer)];
  expect([bits.length, bits.findIndex((value, i) => value !== wanted[i])]).toEqual([2 ** 16, -1]);
});
