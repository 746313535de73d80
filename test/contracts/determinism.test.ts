// The module's v128 lanes against the [f32; 4] lanes of a native build, bit by bit: `crate/tests/bits.rs` says what
// is computed, on which inputs, and how it is hashed.
import {
  CenterLoss,
  ClassStatistics,
  type Covariance,
  classify,
  DeepSVDDLoss,
  fitPrecision,
  fromSafetensors,
  type Metric,
  type ProxyLossOptions,
  type Reduction,
  type Score,
  softmaxCrossEntropy,
} from 'center-loss';
import { describe, expect, it } from 'vitest';
import json from '../../build/bits.json' with { type: 'json' };
import { makeProxyLoss, PROXY_LOSS_NAMES, type ProxyLossName } from '../support/proxy-losses.js';

/** FNV-1a, 64 bits, over the little-endian bytes, as `crate/tests/bits.rs` writes it. */
function hash(values: Float32Array | Int32Array): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** Returns the 64 bits of a number as text. */
const bits = (value: number): string =>
  new BigUint64Array(Float64Array.of(value).buffer)[0]?.toString(16).padStart(16, '0') ?? '';

/** Hashes of results, by their names. */
type Hashes = Record<string, string>;

interface Shape {
  b: number;
  c: number;
  d: number;
  distances: string;
  predict: string;
  softmin: string;
  losses: { reduction: Reduction; forward: string; evaluate: string; gradients: Hashes; step: Hashes }[];
  metrics: ({ metric: Metric } & Hashes)[];
  scores: { score: Score; metric: Metric | ''; scores: string; nearest: string }[];
}

// The build makes the file; a checkout alone has none.
const native = json as unknown as {
  shapes: Shape[];
  orthogonal: { c: number; d: number; seed: number; hash: string }[];
  proxies: {
    losses: { name: string; parameter: number; loss: string; gradX: string; gradCenters: string }[];
    softmax: Hashes;
    deepSVDD: Hashes;
  }[];
  statistics: { covariance: Covariance; totals: string }[][];
};

const normal = (nClasses: number, nDim: number, seed: number) =>
  new CenterLoss(nClasses, nDim, { init: 'normal', seed }).centers.params.slice();
const weights = (count: number, period: number) => Array.from({ length: count }, (_, i) => 0.5 + (i % period));

interface Gradients {
  readonly loss: number;
  readonly gradX: Float32Array;
  readonly gradCenters: Float32Array | null;
}
const hashesOf = ({ loss, gradX, gradCenters }: Gradients) => ({
  loss: bits(loss),
  gradX: hash(gradX),
  gradCenters: hash(gradCenters ?? new Float32Array()),
});

it('the native results have every part', () => {
  expect(native.shapes.length).toBeGreaterThanOrEqual(8);
  expect(native.orthogonal.length).toBeGreaterThanOrEqual(3);
  expect(native.proxies.length).toBe(native.shapes.length);
  expect(native.statistics.flat().length).toBe(3 * native.shapes.length);
});

const shapes = native.shapes.map((shape, i) => ({
  ...shape,
  proxies: native.proxies[i] as (typeof native.proxies)[number],
  statistics: native.statistics[i] ?? [],
}));

describe.each(shapes)('B = $b, C = $c, D = $d', ({ b, c, d, losses, metrics, scores, proxies, statistics, ...of }) => {
  const x = normal(b, d, 2);
  const target = Array.from({ length: b }, (_, i) => ((7 * i + 3) % (c + 1)) - 1);
  const make = (reduction: Reduction) => new CenterLoss(c, d, { init: 'normal', seed: 1, radius: 0.5, reduction });

  it('distances, predict, predictProba', () => {
    const { centers } = make('mean');
    expect(hash(centers.distances(x))).toBe(of.distances);
    expect(hash(centers.predict(x))).toBe(of.predict);
    expect(hash(centers.predictProba(x))).toBe(of.softmin);
  });

  it.each(losses)('$reduction', ({ reduction, ...native }) => {
    const loss = make(reduction);
    const gradients = hashesOf(loss.gradients(x, target));
    const forward = bits(loss.forward(loss.centers.distances(x), target));
    const evaluate = bits(loss.evaluate(x, target));
    const step = loss.step(x, target, { alpha: 0.5 });
    expect({
      forward,
      evaluate,
      gradients,
      step: { loss: bits(step.loss), gradX: hash(step.gradX), centers: hash(loss.centers.params.slice()) },
    }).toEqual(native);
  });

  it.each(metrics)('$metric', ({ metric, ...native }) => {
    const options = { init: 'normal', seed: 1, radius: 0.5, reduction: 'batch', penalty: 'half-squared' } as const;
    const classWeight = Array.from({ length: c }, (_, j) => 1 + (j % 3));
    const sampleWeight = Array.from({ length: b }, (_, i) => i % 4);
    const loss = new CenterLoss(c, d, { ...options, metric, classWeight });
    const gradients = hashesOf(loss.gradients(x, target, { sampleWeight }));
    const [distances, predict] = [hash(loss.distances(x)), hash(loss.predict(x))];
    loss.step(x, target, { rule: 'mean', alpha: 0.5, sampleWeight });
    expect({
      ...gradients,
      ...{ centers: hash(loss.centers.params.slice()), distances, predict },
    }).toEqual(native);
  });

  it.each(scores)('$score $metric', ({ score, metric, ...native }) => {
    const { centers } = make('mean');
    const found = classify(centers, x, {
      score,
      ...(metric === '' ? {} : { metric }),
      ...(score === 'normalized' ? { radius: 2 } : {}),
      ...(score === 'entropy' ? { temperature: 0.75 } : {}),
      ...(score === 'mahalanobis' ? { precision: fitPrecision(centers, x, target) } : {}),
    });
    expect({ scores: hash(found.scores), nearest: hash(found.nearest) }).toEqual(native);
  });

  it('losses of rows against all centers, softmax, Deep SVDD', () => {
    const sampleWeight = weights(b, 2);
    const base = { init: 'normal', seed: 1, magnitude: 1, fixed: false } as const;
    const options: ProxyLossOptions = { ...base, classWeight: weights(c, 3) };
    // One of the losses has two kernels.
    expect(proxies.losses.length).toBe(PROXY_LOSS_NAMES.length + 1);
    for (const { name: kind, parameter, ...expected } of proxies.losses) {
      const lower = `${kind.replace('Squared', '')}Loss`.toLowerCase();
      const name = PROXY_LOSS_NAMES.find((name) => name.toLowerCase() === lower) as ProxyLossName;
      const metric = kind === 'DistanceCrossEntropy' ? { metric: 'euclidean' } : {};
      // The class needs two classes for a triplet; the kernel does not.
      if (c === 1 && name === 'TripletCenterLoss') continue;
      using loss = makeProxyLoss(name, c, d, parameter, { ...options, ...metric });
      expect(hashesOf(loss.gradients(x, target, { sampleWeight })), name).toEqual(expected);
    }
    const ofLogits = target.map((label) => (label < d ? label : -1));
    const { loss, gradLogits } = softmaxCrossEntropy(x, ofLogits, d, { labelSmoothing: 0.1, sampleWeight });
    expect({ loss: bits(loss), gradLogits: hash(gradLogits) }).toEqual(proxies.softmax);
    using svdd = new DeepSVDDLoss(d, { center: normal(c, d, 1).slice(0, d), radius: 3 });
    const { loss: value, gradX, gradRadius } = svdd.gradients(x, target, { sampleWeight });
    const actual = { loss: bits(value), gradX: hash(gradX), gradRadius: hash(Float32Array.of(gradRadius)) };
    expect(actual).toEqual(proxies.deepSVDD);
  });

  it.each(statistics)('statistics, $covariance', ({ covariance, totals }) => {
    const sampleWeight = Array.from({ length: b }, (_, i) => i % 4);
    using statistics = new ClassStatistics(c, d, { covariance, forgetting: 0.75 });
    for (let call = 0; call < 5; call++) statistics.add(x, target, { sampleWeight });
    const { tensors } = fromSafetensors(statistics.save());
    const all = ['rejected', 'counts', 'means', 'squares', 'scatter'].flatMap((name) =>
      Array.from((tensors[name]?.data ?? []) as Float64Array),
    );
    expect(hash(new Float32Array(Float64Array.from(all).buffer))).toBe(totals);
  });
});

it.each(native.orthogonal)('orthogonal $c × $d', ({ c, d, seed, hash: expected }) => {
  expect(hash(new CenterLoss(c, d, { init: 'orthogonal', seed }).centers.params.slice())).toBe(expected);
});
