// Losses of rows against all centers, through the package: against PyTorch, and with bad input. The tests of the crate
// compare batches of every shape with float64.
import * as centerLoss from 'center-loss';
import {
  CACLoss,
  ClassCenters,
  ContrastiveCenterLoss,
  DistanceCrossEntropyLoss,
  IslandLoss,
  type ProxyLossOptions,
  TripletCenterLoss,
} from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputsOf, losses } from '../oracle/cases.js';
import { problem } from '../support/arbitrary.js';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';
import { makeProxyLoss, PROXY_LOSS_NAMES, PROXY_LOSSES } from '../support/proxy-losses.js';

/** Learnable centers at given places, magnitude 1. */
const at = (centers: ArrayLike<number>, options: ProxyLossOptions = {}): ProxyLossOptions => ({
  init: Float32Array.from(centers),
  magnitude: 1,
  fixed: false,
  ...options,
});

const normal = (count: number, seed: number): Float32Array => {
  const centers = new ContrastiveCenterLoss(1, Math.max(count, 1), { seed });
  const values = centers.centers.params.slice(0, count);
  centers.dispose();
  return values;
};

it.each(losses.proxyLosses)('$name ($parameter) of $C classes and its gradients are those of PyTorch', (one) => {
  const { name, parameter, classWeight, sampleWeight, metric } = one;
  const { x, centers, target } = inputsOf(one);
  const options = { ...at(centers, { classWeight }), ...(metric && { metric }) };
  const loss = makeProxyLoss(name, one.C, one.D, parameter, options);
  expectClose(loss.evaluate(x, target, { sampleWeight }), one.loss);
  expectClose(loss.perRow(x, target, { sampleWeight }), one.perRow, { absolute: 1e-12 });
  const { loss: value, gradX, gradCenters } = loss.gradients(x, target, { sampleWeight });
  expectClose(value, one.loss);
  // Terms that cancel leave their own rounding.
  expectClose(gradX, one.gradX, { absolute: 1e-6 });
  expectClose(gradCenters ?? [], one.gradCenters, { absolute: 1e-6 * Math.max(1, parameter) });
  loss.dispose();
});

it.each(losses.sgd)('steps of rate $learningRate and momentum $momentum are those of torch.optim.SGD', (one) => {
  const { learningRate, momentum } = one;
  const { x, centers, target } = inputsOf(one);
  const loss = new ContrastiveCenterLoss(one.C, one.D, at(centers));
  for (const value of one.losses) {
    const { gradX } = loss.gradients(x, target);
    const step = loss.step(x, target, { learningRate, momentum });
    expectClose(step.loss, value);
    expect(step.gradX).toEqual(gradX);
  }
  expectClose(loss.centers.params, one.after, { absolute: 1e-6 });
});

it.each(['sqeuclidean', 'euclidean'] as const)('the cross-entropy is that of the probabilities, %s', (metric) => {
  const [x, centers] = [normal(6 * 5, 3), normal(4 * 5, 4)];
  const loss = new DistanceCrossEntropyLoss(4, 5, { ...at(centers), metric, temperature: 2, fixed: true });
  const read = DistanceCrossEntropyLoss.load(loss.save());
  const target = [0, 1, 2, 3, 0, 1];
  const probabilities = loss.centers.predictProba(x, { temperature: 2 });
  const expected = target.map((y, row) => -Math.log(probabilities[row * 4 + y] as number));
  for (const { perRow, metric: saved } of [loss, read].map((of) => ({
    perRow: of.perRow(x, target),
    metric: of.metric,
  }))) {
    expectClose(perRow, expected, { absolute: 1e-6 });
    expect(saved).toBe(metric);
  }
  expect(read.gradients(x, target)).toEqual(loss.gradients(x, target));
  // The tuplet term of CACLoss is the same kernel.
  if (metric === 'euclidean') {
    const one = new DistanceCrossEntropyLoss(4, 5, { ...at(centers), metric });
    expect(new CACLoss(4, 5, { ...at(centers), lambda: 0 }).gradients(x, target)).toEqual(one.gradients(x, target));
  }
});

it('the list has every loss that is exported', () => {
  const base = Object.getPrototypeOf(CACLoss);
  const exported = Object.entries(centerLoss).filter(([, value]) => Object.getPrototypeOf(value) === base);
  expect(exported.map(([name]) => name).sort()).toEqual([...PROXY_LOSS_NAMES].sort());
});

describe.each(PROXY_LOSS_NAMES)('%s', (name) => {
  const parameter = PROXY_LOSSES[name].parameter;

  it('is 0 without known rows', () => {
    const loss = makeProxyLoss(name, 3, 2, parameter, at([1, 2, 3, 4, 5, 7]));
    const nothing = [
      [[], [], {}],
      [[1, 2, Number.NaN, 4], [-1, -7], {}],
      [[1, 2, Number.NaN, 4], [0, 1], { sampleWeight: [0, 0] }],
    ] as const;
    for (const [x, target, options] of nothing) {
      expect(loss.evaluate(x, target, options)).toBe(0);
      expect(loss.perRow(x, target, options)).toEqual(new Float32Array(target.length));
      const zero = new Float32Array(x.length);
      expect(loss.gradients(x, target, options)).toEqual({ loss: 0, gradX: zero, gradCenters: new Float32Array(6) });
      expect(loss.step(x, target, options)).toEqual({ loss: 0, gradX: zero });
      expect([...loss.centers.params]).toEqual([1, 2, 3, 4, 5, 7]);
    }
  });

  it('keeps a row that is not finite away from all others', () => {
    const [x, centers] = [normal(5 * 3, 3), normal(4 * 3, 4)];
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const spoiled = x.slice();
      spoiled[7] = bad;
      const loss = makeProxyLoss(name, 4, 3, parameter, at(centers, { reduction: 'sum' }));
      const expected = loss.gradients(x, [0, 1, -1, 2, 3]);
      const actual = loss.gradients(spoiled, [0, 1, 2, 2, 3]);
      const rows = loss.perRow(spoiled, [0, 1, 2, 2, 3]);
      expect(Number.isFinite(rows[2])).toBe(false);
      rows[2] = 0;
      expect(rows).toEqual(loss.perRow(x, [0, 1, -1, 2, 3]));
      expect(Number.isFinite(actual.loss)).toBe(false);
      if (Number.isNaN(bad)) expect(actual.loss).toBeNaN();
      expect({ ...actual, loss: 0 }).toEqual({ ...expected, loss: 0 });
      // An ignored row changes nothing.
      expect(loss.gradients(spoiled, [0, 1, -1, 2, 3])).toEqual(expected);
      expect(loss.gradients(spoiled, [0, 1, 2, 2, 3], { sampleWeight: [1, 1, 0, 1, 1] })).toEqual(expected);
    }
  });

  it('has no gradient of fixed centers, and does not move them', () => {
    const [x, centers] = [normal(6 * 5, 3), normal(4 * 5, 4)];
    const [fixed, free] = [true, false].map((fixed) => makeProxyLoss(name, 4, 5, parameter, at(centers, { fixed })));
    if (!fixed || !free) throw new Error('two losses');
    const target = [0, 1, 2, 3, -1, 0];
    expect(fixed.gradients(x, target)).toEqual({ ...free.gradients(x, target), gradCenters: null });
    expect(fixed.step(x, target, { momentum: 0.5 })).toEqual(free.step(x, target, { momentum: 0.5 }));
    expect(fixed.centers.params).toEqual(centers);
    expect(free.centers.params).not.toEqual(centers);
    expect(free.step(x, target, { learningRate: 0 }).loss).toBe(free.evaluate(x, target));
  });

  it('refuses a label that no class has, or counts its row if labels are lenient', () => {
    const centers = normal(4 * 3, 4);
    const [x, target] = [normal(2 * 3, 5), [0, 9]];
    const strict = makeProxyLoss(name, 4, 3, parameter, at(centers));
    expectError(() => strict.evaluate(x, target), 'ERR_LABEL', 'target[1] is 9, but there are 4 classes');
    const lenient = makeProxyLoss(name, 4, 3, parameter, at(centers, { labels: 'lenient' }));
    // The row has no loss, but counts in B.
    const [counted, ignored] = [lenient.evaluate(x, target), lenient.evaluate(x, [0, -1])];
    if (name !== 'IslandLoss') expectClose(counted, ignored / 2);
    const sum = makeProxyLoss(name, 4, 3, parameter, at(centers, { labels: 'lenient', reduction: 'sum' }));
    expectClose(sum.evaluate(x, target), sum.evaluate(x, [0, -1]));
  });

  it('gives the same results for a batch as for copied rows', () => {
    const weighted = fc.record({ problem: problem({ rows: 9, nClasses: 18, nDim: 9 }), weighted: fc.boolean() });
    fc.assert(
      fc.property(weighted, fc.boolean(), ({ problem: { nClasses, nDim, rows, ...one }, weighted }, fixed) => {
        fc.pre(nClasses > 1);
        const [x, target] = [one.x as Float32Array, one.target as number[]];
        const loss = makeProxyLoss(name, nClasses, nDim, parameter, at(one.centers, { fixed }));
        const options = weighted ? { sampleWeight: target.map((_, i) => ((i + 1) % 3) / 2) } : {};
        const batch = loss.batch(rows);
        batch.x.set(x);
        batch.target.set(target);
        expect(loss.evaluate(batch, options)).toBe(loss.evaluate(x, target, options));
        expect(loss.perRow(batch, options)).toEqual(loss.perRow(x, target, options));
        const expected = loss.gradients(x, target, options);
        batch.gradX.fill(7);
        const actual = loss.gradients(batch, options);
        expect({ ...actual }).toEqual(expected);
        expect(actual.gradX).toBe(batch.gradX);
        // Centers and velocity are also the same after steps.
        const twin = makeProxyLoss(name, nClasses, nDim, parameter, at(one.centers, { fixed }));
        for (let time = 0; time < 2; time++) {
          const descent = { learningRate: 0.1, momentum: 0.9, ...options };
          const copied = twin.step(x, target, descent);
          expect({ ...loss.step(batch, descent) }).toEqual(copied);
        }
        expect(loss.centers.params).toEqual(twin.centers.params);
        expect([...batch.x]).toEqual([...x]);
        expect([...batch.target]).toEqual(target);
        for (const gone of [batch, loss, twin]) gone.dispose();
      }),
      { numRuns: 40 },
    );
  });

  it('takes views on the memory that rows are copied into', () => {
    const loss = makeProxyLoss(name, 3, 2, parameter, at([0, 1, 4, 2, -3, 5]));
    const value = loss.evaluate([1, 2, 3, 4], [0, 2]);
    const held = new ClassCenters(2, 2);
    held.params.set([1, 2, 3, 4]);
    expect(loss.step(held.params, [0, 2], { momentum: 0.9, sampleWeight: [1, 1] }).loss).toBe(value);
  });

  it('passes its names to its centers', () => {
    const loss = makeProxyLoss(name, 3, 2, parameter, at([0, 1, 4, 2, -3, 5], { names: ['a', 'b', 'c'] }));
    expect(loss.names).toEqual(['a', 'b', 'c']);
    expect(loss.centers.names).toEqual(['a', 'b', 'c']);
    expect(makeProxyLoss(name, 3, 3, parameter, {}).names).toBeUndefined();
    const named = (names: unknown) => () => makeProxyLoss(name, 3, 3, parameter, { names } as ProxyLossOptions);
    expectError(named(['a', 'b']), 'ERR_SHAPE', 'names must be an array of 3 strings, one for each class, got 2 names');
    expectError(named(['a', 'b', 'a']), 'ERR_OPTION', 'names[0] and names[2] are both "a"');
  });

  it('refuses bad options', () => {
    const make = (options: unknown) => () => makeProxyLoss(name, 3, 2, parameter, options as ProxyLossOptions);
    expectError(make({ raduis: 1 }), 'ERR_OPTION', 'there is no option "raduis"');
    expectError(make({ radius: 1 }), 'ERR_OPTION', 'there is no option "radius"');
    expectError(make({ reduction: 'none' }), 'ERR_OPTION', /reduction must be "mean".*: perRow\(x, target\) gives/);
    const loss = makeProxyLoss(name, 3, 2, parameter, { init: 'normal' });
    expectError(
      make({ init: 'normal', classWeight: [1, 2] }),
      'ERR_SHAPE',
      /^classWeight has 2 values, but there are 3/,
    );
    expectErrors('ERR_OPTION', [
      [
        make({ init: 'normal', classWeight: [1, Number.NaN, 1] }),
        /^classWeight\[1\] must be a finite number ≥ 0, got NaN/,
      ],
      [() => loss.step([1, 2], [0], { learningRate: -1 }), 'learningRate must be a finite number ≥ 0'],
      [() => loss.step([1, 2], [0], { momentum: -1 }), 'momentum must be a finite number ≥ 0'],
    ]);
    expectError(
      () => makeProxyLoss(name, 0, 2, parameter, {}),
      'ERR_OPTION',
      'nClasses must be a positive integer, got 0',
    );
    expectError(
      () => makeProxyLoss(name, 2, 1.5, parameter, {}),
      'ERR_OPTION',
      'nDim must be a positive integer, got 1.5',
    );
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) {
      expectError(
        () => makeProxyLoss(name, 2, 2, bad, {}),
        'ERR_OPTION',
        /(lambda|delta|margin|temperature) must be a number from/,
      );
    }
  });
});

it('has the settings of the papers by default', () => {
  const cac = new CACLoss(2, 3);
  expect([...cac.centers.params]).toEqual([10, 0, 0, 0, 10, 0]);
  expect([cac.lambda, cac.fixed, cac.magnitude, cac.reduction]).toEqual([0.1, true, 10, 'batch']);
  expectError(() => new CACLoss(4, 3), 'ERR_OPTION', "init 'anchors' needs nClasses ≤ nDim, got 4 and 3");
  expect(new ContrastiveCenterLoss(2, 2).delta).toBe(1);
  expect(new TripletCenterLoss(2, 2).margin).toBe(5);
  const { temperature, metric, fixed } = new DistanceCrossEntropyLoss(2, 2);
  expect([temperature, metric, fixed]).toEqual([1, 'sqeuclidean', false]);
  expectError(
    () => new DistanceCrossEntropyLoss(2, 2, { metric: 'cosine' as never }),
    'ERR_OPTION',
    'metric must be "sqeuclidean" or "euclidean", got "cosine"',
  );
  expect(new IslandLoss(2, 2).lambda).toBe(10);
  expect(new IslandLoss(2, 2).fixed).toBe(false);
  expectError(() => new TripletCenterLoss(1, 2), 'ERR_OPTION', 'nClasses must be at least 2, got 1');
  expect(new IslandLoss(5, 3, { seed: 1 }).centers.params).not.toEqual(new IslandLoss(5, 3).centers.params);
});
