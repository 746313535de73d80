// The module's v128 lanes against the [f32; 4] lanes of a native build, bit by bit: `crate/tests/bits.rs` says what is
// computed, on which inputs, and how it is hashed.
import { CenterLoss, classify, fitPrecision, type Metric, type Reduction, type Score } from 'center-loss';
import { describe, expect, it } from 'vitest';
import json from '../../build/bits.json' with { type: 'json' };
import { bits, hash } from '../support/hash.js';

interface OfReduction {
  reduction: Reduction;
  forward: string;
  evaluate: string;
  gradients: { loss: string; gradX: string; gradCenters: string };
  step: { loss: string; gradX: string; centers: string };
}

interface OfMetric {
  metric: Metric;
  loss: string;
  gradX: string;
  gradCenters: string;
  centers: string;
  distances: string;
  predict: string;
}

interface OfScore {
  score: Score;
  metric: Metric | '';
  scores: string;
  nearest: string;
}

interface OfShape {
  b: number;
  c: number;
  d: number;
  distances: string;
  predict: string;
  softmin: string;
  losses: OfReduction[];
  metrics: OfMetric[];
  scores: OfScore[];
}

interface Native {
  shapes: OfShape[];
  orthogonal: { c: number; d: number; seed: number; hash: string }[];
}

// Made by the build: a checkout alone has none.
const native = json as Native;

const normal = (nClasses: number, nDim: number, seed: number) =>
  new CenterLoss(nClasses, nDim, { init: 'normal', seed }).centers.params.slice();

it('there is something to compare', () => {
  expect(native.shapes.length).toBeGreaterThanOrEqual(8);
  expect(native.orthogonal.length).toBeGreaterThanOrEqual(3);
});

describe.each(native.shapes)('B = $b, C = $c, D = $d', ({ b, c, d, losses, metrics, scores, ...of }) => {
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
    const { loss: value, gradX, gradCenters } = loss.gradients(x, target);
    const forward = bits(loss.forward(loss.centers.distances(x), target));
    const evaluate = bits(loss.evaluate(x, target));
    const step = loss.step(x, target, { alpha: 0.5 });
    expect({
      forward,
      evaluate,
      gradients: { loss: bits(value), gradX: hash(gradX), gradCenters: hash(gradCenters ?? new Float32Array()) },
      step: { loss: bits(step.loss), gradX: hash(step.gradX), centers: hash(loss.centers.params.slice()) },
    }).toEqual(native);
  });

  it.each(metrics)('$metric', ({ metric, ...native }) => {
    const options = { init: 'normal', seed: 1, radius: 0.5, reduction: 'batch', penalty: 'half-squared' } as const;
    const classWeight = Array.from({ length: c }, (_, j) => 1 + (j % 3));
    const sampleWeight = Array.from({ length: b }, (_, i) => i % 4);
    const loss = new CenterLoss(c, d, { ...options, metric, classWeight });
    const { loss: value, gradX, gradCenters } = loss.gradients(x, target, { sampleWeight });
    const [distances, predict] = [hash(loss.distances(x)), hash(loss.predict(x))];
    loss.step(x, target, { rule: 'mean', alpha: 0.5, sampleWeight });
    expect({
      ...{ loss: bits(value), gradX: hash(gradX), gradCenters: hash(gradCenters ?? new Float32Array()) },
      ...{ centers: hash(loss.centers.params.slice()), distances, predict },
    }).toEqual(native);
  });

  it.each(scores)('$score $metric', ({ score, metric, ...native }) => {
    const { centers } = make('mean');
    const found = classify(centers, x, {
      score,
      ...(metric === '' ? {} : { metric }),
      ...(score === 'normalized' ? { radius: 2 } : {}),
      ...(score === 'mahalanobis' ? { precision: fitPrecision(centers, x, target) } : {}),
    });
    expect({ scores: hash(found.scores), nearest: hash(found.nearest) }).toEqual(native);
  });
});

it.each(native.orthogonal)('orthogonal $c × $d', ({ c, d, seed, hash: expected }) => {
  expect(hash(new CenterLoss(c, d, { init: 'orthogonal', seed }).centers.params.slice())).toBe(expected);
});
