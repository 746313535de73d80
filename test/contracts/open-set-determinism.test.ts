// The losses and statistics in this engine against those on native lanes, bit by bit: `crate/tests/bits.rs` says what is
// computed.
import {
  CACLoss,
  ClassStatistics,
  ContrastiveCenterLoss,
  type Covariance,
  DeepSVDDLoss,
  fromSafetensors,
  IslandLoss,
  type ProxyLossOptions,
  softmaxCrossEntropy,
  TripletCenterLoss,
} from 'center-loss';
import { expect, it } from 'vitest';
import json from '../../build/bits.json' with { type: 'json' };
import { bits, hash } from '../support/hash.js';

interface Native {
  shapes: { b: number; c: number; d: number }[];
  separation: {
    losses: { name: string; loss: string; gradX: string; gradCenters: string }[];
    softmax: { loss: string; gradLogits: string };
    deepSVDD: { loss: string; gradX: string; gradRadius: string };
  }[];
  statistics: { covariance: Covariance; totals: string }[][];
}

// Made by the build: a checkout alone has none.
const native = json as Native;

const LOSSES = { CACLoss, ContrastiveCenterLoss, IslandLoss, TripletCenterLoss };

const normal = (nClasses: number, nDim: number, seed: number) =>
  new ContrastiveCenterLoss(nClasses, nDim, { seed }).centers.params.slice();

const weights = (count: number, period: number) => Array.from({ length: count }, (_, i) => 0.5 + (i % period));

it('there is something to compare', () => {
  expect(native.separation.length).toBe(native.shapes.length);
  expect(native.statistics.flat().length).toBe(3 * native.shapes.length);
  expect(native.separation.length).toBeGreaterThanOrEqual(8);
});

it.each(native.shapes.map((shape, i) => ({ ...shape, of: native.separation[i] })))(
  'B = $b, C = $c, D = $d',
  ({ b, c, d, of }) => {
    const x = normal(b, d, 2);
    const target = Array.from({ length: b }, (_, i) => ((7 * i + 3) % (c + 1)) - 1);
    const sampleWeight = weights(b, 2);
    const options: ProxyLossOptions = {
      init: 'normal',
      seed: 1,
      magnitude: 1,
      fixed: false,
      classWeight: weights(c, 3),
    };
    for (const { name, ...expected } of of?.losses ?? []) {
      // A triplet needs another class, which the kernel does not.
      if (c === 1 && name === 'TripletCenterLoss') continue;
      const loss = new LOSSES[name as keyof typeof LOSSES](c, d, options);
      const { loss: value, gradX, gradCenters } = loss.gradients(x, target, { sampleWeight });
      const actual = { loss: bits(value), gradX: hash(gradX), gradCenters: hash(gradCenters ?? new Float32Array()) };
      expect(actual, name).toEqual(expected);
      loss.dispose();
    }
    const ofLogits = target.map((label) => (label < d ? label : -1));
    const { loss, gradLogits } = softmaxCrossEntropy(x, ofLogits, d, { labelSmoothing: 0.1, sampleWeight });
    expect({ loss: bits(loss), gradLogits: hash(gradLogits) }).toEqual(of?.softmax);
    const svdd = new DeepSVDDLoss(d, { center: normal(c, d, 1).slice(0, d), radius: 3 });
    const { loss: value, gradX, gradRadius } = svdd.gradients(x, target, { sampleWeight });
    const actual = { loss: bits(value), gradX: hash(gradX), gradRadius: hash(Float32Array.of(gradRadius)) };
    expect(actual).toEqual(of?.deepSVDD);
    svdd.dispose();
  },
);

it.each(native.shapes.map((shape, i) => ({ ...shape, of: native.statistics[i] ?? [] })))(
  'statistics, B = $b, C = $c, D = $d',
  ({ b, c, d, of }) => {
    const x = normal(b, d, 2);
    const target = Array.from({ length: b }, (_, i) => ((7 * i + 3) % (c + 1)) - 1);
    const sampleWeight = Array.from({ length: b }, (_, i) => i % 4);
    for (const { covariance, totals } of of) {
      const statistics = new ClassStatistics(c, d, { covariance, forgetting: 0.75 });
      for (let call = 0; call < 5; call++) statistics.add(x, target, { sampleWeight });
      const { tensors } = fromSafetensors(statistics.save());
      const all = ['rejected', 'counts', 'means', 'squares', 'scatter'].flatMap((name) =>
        Array.from((tensors[name]?.data ?? []) as Float64Array),
      );
      expect(hash(new Float32Array(Float64Array.from(all).buffer)), covariance).toBe(totals);
      statistics.dispose();
    }
  },
);
