// The loss of center-loss/open-set: the core's where nothing new is asked, and float64's where it is.
import { CenterLoss as CoreLoss } from 'center-loss';
import {
  CenterLoss,
  type CenterLossOptions,
  distances,
  predict,
  type StepOptions,
  toFloat16,
} from 'center-loss/open-set';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Problem, problem, radius, reduction } from '../arbitrary.js';
import { expectClose, TOLERANCE } from '../close.js';
import { expectError } from '../error.js';
import { moved, type Own, truth } from './reference.js';

const RUNS = { numRuns: 100 };
const untyped = (value: unknown) => value as never;

/** Runs and frees: thousands of examples would hold memory until the collector comes. */
function using<L extends CoreLoss, T>(loss: L, act: (loss: L) => T): T {
  try {
    return act(loss);
  } finally {
    loss.dispose();
  }
}

const make = ({ nClasses, nDim, centers }: Problem, options: CenterLossOptions = {}) =>
  new CenterLoss(nClasses, nDim, { init: centers, ...options });

const metric = fc.constantFrom('sqeuclidean' as const, 'euclidean' as const, 'cosine' as const);
const penalty = fc.constantFrom('hinge' as const, 'half-squared' as const);
const weightOf = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0.01, max: 5, noNaN: true }));

/** A problem with all that its loss depends on; radii that are near no distance. */
const own = fc
  .tuple(problem({ rows: 40, nClasses: 9, nDim: 40 }), metric, penalty, reduction, fc.boolean(), fc.boolean())
  .chain(([one, metric, penalty, reduction, byClass, bySample]) => {
    const exactly = (length: number) => ({ minLength: length, maxLength: length });
    return fc
      .record({
        radii: fc.array(fc.constantFrom(0, 0.3, 1.5, 30, -1), exactly(one.nClasses)),
        classWeight: byClass ? fc.array(weightOf, exactly(one.nClasses)) : fc.constant([]),
        sampleWeight: bySample ? fc.array(weightOf, exactly(one.rows)) : fc.constant([]),
      })
      .map((rest): Own & { rows: number } => {
        const asFloats = (values: readonly number[]) => Float32Array.from(values);
        const { radii, classWeight, sampleWeight } = rest;
        return {
          ...one,
          ...{ metric, penalty, reduction },
          ...{ radii: asFloats(radii), classWeight: asFloats(classWeight), sampleWeight: asFloats(sampleWeight) },
        };
      });
  });

const optionsOf = ({ metric, penalty, reduction, radii, classWeight }: Own): CenterLossOptions => ({
  ...{ metric, penalty, reduction, radius: radii as Float32Array },
  ...(classWeight.length > 0 ? { classWeight: classWeight as Float32Array } : {}),
});

const perCall = ({ sampleWeight }: Own) =>
  sampleWeight.length > 0 ? { sampleWeight: sampleWeight as Float32Array } : {};

const lossOf = (one: Own) =>
  new CenterLoss(one.nClasses, one.nDim, { init: one.centers as Float32Array, ...optionsOf(one) });

describe('without a new option', () => {
  it('is the core to the last bit', () => {
    fc.assert(
      fc.property(problem(), reduction, radius, (one, reduction, radius) => {
        const options = { reduction, radius, labels: 'lenient' as const };
        const target = one.target.map((label, i) => (i % 7 === 3 ? one.nClasses : label));
        using(new CoreLoss(one.nClasses, one.nDim, { init: one.centers, ...options }), (core) =>
          using(make(one, options), (loss) => {
            const distmat = core.centers.distances(one.x);
            expect(loss.evaluate(one.x, target)).toBe(core.evaluate(one.x, target));
            expect(loss.gradients(one.x, target)).toEqual(core.gradients(one.x, target));
            const touched = { centers: 'touched' } as const;
            expect(loss.gradients(one.x, target, touched)).toEqual(core.gradients(one.x, target, touched));
            expect(loss.forward(distmat, target)).toBe(core.forward(distmat, target));
            expect(loss.backward(distmat, target)).toEqual(core.backward(distmat, target));
            expect(loss.distances(one.x)).toEqual(distmat);
            expect(loss.predict(one.x)).toEqual(core.centers.predict(one.x));
            expect(loss.step(one.x, target, { alpha: 0.3 })).toEqual(core.step(one.x, target, { alpha: 0.3 }));
            expect(loss.centers.params).toEqual(core.centers.params);
            const counts = new Array(one.nClasses).fill(0);
            for (const label of target) if (label >= 0 && label < one.nClasses) counts[label]++;
            expect([...loss.updateCounts]).toEqual(counts);
            for (const rule of ['mean', 'ema', 'sgd'] as const) {
              const { loss: value, gradX } = core.gradients(one.x, target);
              expect(loss.step(one.x, target, { rule })).toEqual({ loss: value, gradX });
              core.centers.params.set(loss.centers.params);
            }
          }),
        );
      }),
      RUNS,
    );
  });

  it('is an instance of the core class, with its defaults', () => {
    const loss = new CenterLoss(3, 2);
    expect(loss).toBeInstanceOf(CoreLoss);
    expect(loss).toMatchObject({ metric: 'sqeuclidean', penalty: 'hinge', radius: 0, reduction: 'mean', fixed: false });
    expect([...loss.radii]).toEqual([0, 0, 0]);
    expect([...loss.updateCounts]).toEqual([0, 0, 0]);
    expect([...new CenterLoss(2, 2, { radius: 1.5 }).radii]).toEqual([1.5, 1.5]);
  });
});

describe('against float64', () => {
  it('loss and gradients in every metric, weighted', () => {
    fc.assert(
      fc.property(own, (one) =>
        using(lossOf(one), (loss) => {
          // A gradient of a direction is the longer, the shorter the vector: over 1e30 there is none.
          const shortest = Math.min(
            ...[...Array.from(one.x), ...Array.from(one.centers)].map(Math.abs).filter((value) => value > 0),
          );
          fc.pre(one.metric !== 'cosine' || shortest > 1e-20);
          const want = truth(one);
          const [x, target] = [one.x as Float32Array, one.target as number[]];
          // Of two directions that are the same, float64 has some 1e-16 left.
          const rounding = one.metric === 'cosine' ? 1e-12 : 1e-30;
          const close = { absolute: TOLERANCE * 2 * want.size + rounding };
          const { loss: value, gradX, gradCenters } = loss.gradients(x, target, perCall(one));
          expectClose(value, want.loss, close);
          expect(loss.evaluate(x, target, perCall(one))).toBe(value);
          expectClose(gradX, want.gradX, { scale: want.scaleX, absolute: rounding });
          expectClose(gradCenters ?? [], want.gradCenters, { scale: want.scaleCenters, absolute: rounding });
          const touched = loss.gradients(x, target, { ...perCall(one), centers: 'touched' });
          expect(touched.gradX).toEqual(gradX);
          const dense = new Float32Array(one.centers.length);
          touched.gradCenters?.classes.forEach((label, t) => {
            dense.set(touched.gradCenters?.rows.subarray(t * one.nDim, (t + 1) * one.nDim) ?? [], label * one.nDim);
          });
          expect(dense).toEqual(gradCenters);
        }),
      ),
      RUNS,
    );
  });

  it('the averaging rules', () => {
    const rules = fc.constantFrom<StepOptions>(
      { rule: 'wen', alpha: 0.3 },
      { rule: 'mean', alpha: 1 },
      { rule: 'ema', momentum: 0.75 },
    );
    fc.assert(
      fc.property(own, rules, (one, options) =>
        using(lossOf(one), (loss) => {
          const [x, target] = [one.x as Float32Array, one.target as number[]];
          const before = loss.gradients(x, target, perCall(one));
          const { loss: value, gradX } = loss.step(x, target, { ...options, ...perCall(one) });
          expect({ loss: value, gradX }).toEqual({ loss: before.loss, gradX: before.gradX });
          const { rule = 'wen' } = options;
          const rate = { wen: 0.3, mean: 1, ema: 0.75, sgd: 0 }[rule];
          // Sums of differences of up to 16.
          expectClose(loss.centers.params, moved(one, rule as 'wen', rate), { absolute: TOLERANCE * 16 });
        }),
      ),
      RUNS,
    );
  });

  it('sgd descends the loss, with a velocity', () => {
    fc.assert(
      fc.property(own, fc.constantFrom(0, 0.9), (one, momentum) =>
        using(lossOf(one), (loss) => {
          const [x, target] = [one.x as Float32Array, one.target as number[]];
          let velocity = new Array<number>(one.centers.length).fill(0);
          for (let step = 0; step < 3; step++) {
            const centers = [...loss.centers.params];
            const gradient = [...(loss.gradients(x, target, perCall(one)).gradCenters ?? [])];
            loss.step(x, target, { rule: 'sgd', learningRate: 0.01, momentum, ...perCall(one) });
            velocity = velocity.map((v, k) => momentum * v + (gradient[k] ?? 0));
            const expected = centers.map((c, k) => c - 0.01 * (velocity[k] ?? 0));
            const most = Math.max(...velocity.map(Math.abs));
            expectClose(loss.centers.params, expected, { absolute: 1e-6 * (8 + most) });
          }
        }),
      ),
      RUNS,
    );
  });
});

describe('weights', () => {
  const x = Float32Array.of(1, 0, 0, 1, Number.NaN, 2, 3, 3);
  const options = { init: new Float32Array(4), reduction: 'batch' } as const;

  it('a row without a weight is not there, whatever it holds', () => {
    const loss = new CenterLoss(2, 2, options);
    const sampleWeight = [1, 3, 0, 0];
    const { loss: value, gradX, gradCenters } = loss.gradients(x, [0, 1, 1, 0], { sampleWeight });
    expect(value).toBe(1);
    expect([...gradX]).toEqual([0.5, 0, 0, 1.5, 0, 0, 0, 0]);
    expect([...(gradCenters ?? [])]).toEqual([-0.5, -0, -0, -1.5].map((v) => v + 0));
    loss.step(x, [0, 1, 1, 0], { rule: 'mean', alpha: 1, sampleWeight });
    expect([...loss.centers.params]).toEqual([1, 0, 0, 1]);
    expect([...loss.updateCounts]).toEqual([1, 1]);
    expect(loss.evaluate(x, [0, 1, 1, 0], { sampleWeight: [0, 0, 0, 0] })).toBe(0);
    expect(loss.evaluate(x, [0, 1, 1, 0])).toBeNaN();
  });

  it('a class without a weight has no loss, and its center follows its rows all the same', () => {
    const loss = new CenterLoss(2, 2, { ...options, classWeight: [0, 2] });
    expect(loss.evaluate(x.subarray(0, 4), [0, 1])).toBe(1);
    loss.step(x.subarray(0, 4), [0, 0], { rule: 'mean', alpha: 1 });
    expect([...loss.centers.params]).toEqual([0.5, 0.5, 0, 0]);
  });
});

describe('radii', () => {
  it('are the least distances that hold the share', () => {
    fc.assert(
      fc.property(
        problem({ rows: 70, nClasses: 5, nDim: 9 }),
        metric,
        fc.constantFrom(0, 0.1, 0.5, 0.95, 1),
        (one, metric, quantile) =>
          using(make(one, { metric, radius: 0.25, reduction: 'sum' }), (loss) => {
            const distmat = distances(loss.centers, one.x, { metric });
            const radii = loss.fitRadius(one.x, one.target, { quantile });
            expect(loss.radii).toEqual(radii);
            expect(loss.radius).toBeNaN();
            for (let j = 0; j < one.nClasses; j++) {
              const within = (r: number, of: number[]) => of.filter((d) => d <= r).length / of.length;
              const of = one.target.flatMap((label, i) => (label === j ? [distmat[i * one.nClasses + j] ?? 0] : []));
              if (of.length === 0) {
                expect(radii[j]).toBe(0.25);
                continue;
              }
              const r = radii[j] ?? 0;
              // The distances of the matrix are rounded otherwise.
              expect(within(r * (1 + 1e-5) + 1e-6, of)).toBeGreaterThanOrEqual(quantile);
              const nearest = Math.min(...of);
              if (r > nearest * (1 + 1e-5) + 1e-6) {
                expect(within(r * (1 - 1e-5) - 1e-6, of)).toBeLessThan(quantile);
              }
            }
            loss.fitRadius(one.x, one.target, { quantile: 1 });
            expect(loss.evaluate(one.x, one.target)).toBe(0);
          }),
      ),
      RUNS,
    );
  });

  it('leave the loss as it was after an error', () => {
    const loss = new CenterLoss(2, 2, { radius: 0.5 });
    expectError(
      () => loss.fitRadius([1, 2], [0], { quantile: 2 }),
      'ERR_OPTION',
      'quantile must be a number from 0 to 1',
    );
    expectError(
      () => loss.fitRadius([1, 2], [0], untyped({ quantil: 1 })),
      'ERR_OPTION',
      'there is no option "quantil"',
    );
    expectError(() => loss.fitRadius([1, 2], [2]), 'ERR_LABEL', 'target[0] is 2');
    expect(loss.radius).toBe(0.5);
    expect([...loss.radii]).toEqual([0.5, 0.5]);
  });

  it('are for the loss what one radius was', () => {
    const x = [3, 0, 0, 1];
    const init = new Float32Array(4);
    const one = new CenterLoss(2, 2, { init, reduction: 'sum', metric: 'euclidean', radius: 2 });
    const each = new CenterLoss(2, 2, { init, reduction: 'sum', metric: 'euclidean', radius: [2, 0.25] });
    expect(one.evaluate(x, [0, 1])).toBe(1);
    expect(each.evaluate(x, [0, 1])).toBe(1.75);
    expect(one.radius).toBe(2);
    expect(each.radius).toBeNaN();
  });
});

describe('a batch', () => {
  it('gives what copies give, with weights too, and leaves its labels', () => {
    fc.assert(
      fc.property(own, (one) =>
        using(lossOf(one), (loss) => {
          const [x, target] = [one.x as Float32Array, one.target as number[]];
          const batch = loss.batch(target.length);
          batch.x.set(x);
          batch.target.set(target);
          expect(loss.evaluate(batch, perCall(one))).toBe(loss.evaluate(x, target, perCall(one)));
          for (const centers of ['dense', 'touched'] as const) {
            const { loss: value, gradX, gradCenters } = loss.gradients(batch, { centers, ...perCall(one) });
            expect({ loss: value, gradX, gradCenters }).toEqual(
              loss.gradients(x, target, { centers, ...perCall(one) }),
            );
          }
          const before = loss.centers.params.slice();
          const step = loss.step(x, target, { rule: 'mean', ...perCall(one) });
          const after = loss.centers.params.slice();
          loss.centers.params.set(before);
          const inPlace = loss.step(batch, { rule: 'mean', ...perCall(one) });
          expect({ loss: inPlace.loss, gradX: inPlace.gradX }).toEqual(step);
          expect(loss.centers.params).toEqual(after);
          expect([...batch.target]).toEqual(target);
          expect(loss.fitRadius(batch)).toEqual(loss.fitRadius(x, target));
          batch.dispose();
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('takes no target', () => {
    const loss = new CenterLoss(2, 2);
    const batch = loss.batch(1);
    expectError(() => loss.evaluate(untyped(batch), [0], {}), 'ERR_OPTION', 'evaluate with a batch takes no target');
    expectError(() => loss.fitRadius(untyped(batch), [0], {}), 'ERR_OPTION', 'fitRadius with a batch takes no');
    expectError(
      () => new CenterLoss(2, 3).evaluate(batch),
      'ERR_SHAPE',
      'the batch was made for 2 classes in 2 dimensions',
    );
  });
});

describe('half precision', () => {
  it('is computed as its float32 values', () => {
    fc.assert(
      fc.property(problem({ rows: 30, nClasses: 6, nDim: 20 }), metric, (one, metric) => {
        const bits = toFloat16(one.x);
        const init = toFloat16(one.centers);
        using(new CenterLoss(one.nClasses, one.nDim, { init, metric }), (loss) => {
          const x = new Float32Array(bits.length);
          bits.forEach((half, i) => {
            x[i] = halfValue(half);
          });
          expect([...loss.centers.params]).toEqual([...init].map(halfValue));
          expect(loss.evaluate(bits, one.target)).toBe(loss.evaluate(x, one.target));
          expect(loss.gradients(bits, one.target)).toEqual(loss.gradients(x, one.target));
          expect(loss.distances(bits)).toEqual(loss.distances(x));
          expect(loss.predict(bits)).toEqual(loss.predict(x));
          expect(loss.fitRadius(bits, one.target)).toEqual(loss.fitRadius(x, one.target));
          const before = loss.centers.params.slice();
          const step = loss.step(bits, one.target);
          const after = loss.centers.params.slice();
          loss.centers.params.set(before);
          expect(loss.step(x, one.target)).toEqual(step);
          expect(loss.centers.params).toEqual(after);
        });
      }),
      { numRuns: 40 },
    );
  });
});

/** A binary16 by its definition. */
function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

describe('bad values', () => {
  it.each(['sqeuclidean', 'euclidean', 'cosine'] as const)('%s: a bad row reaches no other', (metric) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const options = { init: Float32Array.of(1, 2, 3, 4, 5, 6), metric, penalty: 'half-squared' } as const;
      const [loss, other] = [new CenterLoss(2, 3, options), new CenterLoss(2, 3, { ...options, labels: 'lenient' })];
      const x = Float32Array.of(0, 1, 0, 1, bad, 1, 2, 0, 1);
      const { loss: value, gradX, gradCenters } = loss.gradients(x, [0, 0, 1]);
      // Known, of no class: what is left when the row does nothing but count.
      const without = other.gradients([0, 1, 0, 1, 1, 1, 2, 0, 1], [0, 2, 1]);
      expect(Number.isFinite(value)).toBe(false);
      expect(gradX).toEqual(without.gradX);
      expect(gradCenters).toEqual(without.gradCenters);
      for (const rule of ['wen', 'mean', 'ema', 'sgd'] as const) {
        loss.step(x, [0, 0, 1], { rule });
        other.step([0, 1, 0, 1, 1, 1, 2, 0, 1], [0, 2, 1], { rule });
        expect(loss.centers.params).toEqual(other.centers.params);
      }
      expect([...loss.updateCounts]).toEqual([4, 4]);
      expect(loss.evaluate(x, [0, -1, 1])).not.toBeNaN();
      expect(loss.predict(x)[1]).toBe(-1);
    }
  });

  it('nothing known is no loss, not even a row', () => {
    const loss = new CenterLoss(2, 2, { metric: 'cosine' });
    expect(loss.gradients([1, 2, 3, 4], [-1, -2])).toMatchObject({ loss: 0, gradX: new Float32Array(4) });
    expect(loss.gradients([], [])).toEqual({ loss: 0, gradX: new Float32Array(0), gradCenters: new Float32Array(4) });
    expect(loss.step([], [], { rule: 'ema' }).loss).toBe(0);
    expect(loss.predict([])).toEqual(new Int32Array(0));
    expect(loss.fitRadius([], [])).toEqual(new Float32Array(2));
  });
});

describe('fixed centers', () => {
  it('stay, and have no gradient', () => {
    for (const rule of ['wen', 'mean', 'ema', 'sgd'] as const) {
      const loss = new CenterLoss(2, 2, { init: 'eye', fixed: true, metric: 'euclidean' });
      const { gradX } = loss.step([1, 2, 3, 4], [0, 1], { rule });
      expect(gradX.some((value) => value !== 0)).toBe(true);
      expect([...loss.centers.params]).toEqual([1, 0, 0, 1]);
      expect([...loss.updateCounts]).toEqual([0, 0]);
      expect(loss.gradients([1, 2, 3, 4], [0, 1]).gradCenters).toBeNull();
    }
  });
});

describe('centers that nobody moves', () => {
  afterEach(() => void vi.restoreAllMocks());
  const train = (loss: CenterLoss, act: () => void, times = 150) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    warn.mockClear();
    for (let i = 0; i < times; i++) {
      loss.gradients([1, 2], [0]);
      act();
    }
    return warn.mock.calls.map(([message]) => String(message));
  };

  it('are spoken of once, after a hundred gradients', () => {
    expect(train(new CenterLoss(2, 2), () => {})).toEqual([
      expect.stringMatching(/^center-loss: after 100 calls of gradients the centers are where they were\. Use step/),
    ]);
    expect(train(new CenterLoss(2, 2), () => {}, 99)).toEqual([]);
  });

  it('are not, if someone does, or none should', () => {
    const stepped = new CenterLoss(2, 2);
    expect(train(stepped, () => stepped.step([1, 2], [0]))).toEqual([]);
    const written = new CenterLoss(2, 2);
    expect(train(written, () => written.centers.params.set([(written.centers.params[0] as number) + 1]))).toEqual([]);
    expect(train(new CenterLoss(2, 2, { fixed: true }), () => {})).toEqual([]);
  });
});

describe('refuses', () => {
  it.each([
    [{ metric: 'manhattan' }, 'ERR_OPTION', 'metric must be "sqeuclidean" or "euclidean" or "cosine", got "manhattan"'],
    [{ penalty: 'squared' }, 'ERR_OPTION', 'penalty must be "hinge" or "half-squared", got "squared"'],
    [{ radius: [1] }, 'ERR_SHAPE', 'radius has 1 values, but there are 2 classes'],
    [{ radius: [1, Number.NaN] }, 'ERR_OPTION', 'radius[1] must be a number from -1e30 on, got NaN'],
    [{ radius: null }, 'ERR_SHAPE', 'radius must be a Float32Array'],
    [{ radius: '1' }, 'ERR_OPTION', 'radius must be a number from -1e30 on, got "1"'],
    [{ classWeight: [1, 2, 3] }, 'ERR_SHAPE', 'classWeight has 3 values, but there are 2 classes'],
    [{ classWeight: [1, -1] }, 'ERR_OPTION', 'classWeight[1] is -1, not a finite float32 ≥ 0'],
    [{ classWeight: [1e39, 1] }, 'ERR_OPTION', 'classWeight[0] is 1e+39, not a finite float32 ≥ 0'],
    [
      { raduis: 1 },
      'ERR_OPTION',
      /there is no option "raduis"; the options are magnitude, .*metric, penalty, classWeight/,
    ],
    [{ init: new Uint16Array(3) }, 'ERR_SHAPE', 'init has 3 values, but 2 centers of 2 dimensions have 4'],
    [{ reduction: 'none' }, 'ERR_OPTION', 'reduction must be "mean"'],
    [null, 'ERR_OPTION', 'options must be an object, got null'],
  ] as const)('options %j', (options, code, message) => {
    expectError(() => new CenterLoss(2, 2, untyped(options)), code, message);
  });

  it.each([
    [{ rule: 'adam' }, 'rule must be "wen" or "mean" or "ema" or "sgd", got "adam"'],
    [{ alpha: -1 }, 'alpha must be a finite number ≥ 0, got -1'],
    [{ rule: 'ema', alpha: 1 }, 'there is no option "alpha"; the options are rule, sampleWeight, momentum'],
    [{ momentum: 1 }, 'there is no option "momentum"; the options are rule, sampleWeight, alpha'],
    [{ rule: 'ema', momentum: 1.5 }, 'momentum must be a number from 0 to 1, got 1.5'],
    [{ rule: 'sgd', learningRate: Number.NaN }, 'learningRate must be a finite number ≥ 0, got NaN'],
    [{ rule: 'sgd', momentum: -1 }, 'momentum must be a finite number ≥ 0, got -1'],
    [{ sampleWeight: [-1] }, 'sampleWeight[0] is -1, not a finite float32 ≥ 0'],
    [{ sampleWeight: [Number.NaN] }, 'sampleWeight[0] is NaN, not a finite float32 ≥ 0'],
    ['wen', 'options must be an object, got "wen"'],
  ])('step(%j), and stays as it was', (options, message) => {
    const loss = new CenterLoss(2, 2, { init: 'eye' });
    expectError(() => loss.step([1, 2], [0], untyped(options)), 'ERR_OPTION', message);
    expect([...loss.centers.params]).toEqual([1, 0, 0, 1]);
    expect([...loss.updateCounts]).toEqual([0, 0]);
  });

  it('rows, labels and weights that do not fit', () => {
    const loss = new CenterLoss(2, 2);
    expectError(
      () => loss.evaluate([1, 2, 3], [0]),
      'ERR_SHAPE',
      'x has 3 values, which is not a multiple of nDim = 2',
    );
    expectError(() => loss.evaluate(new Uint16Array(3), [0]), 'ERR_SHAPE', 'x has 3 values');
    expectError(() => loss.evaluate(untyped(new Int16Array(2)), [0]), 'ERR_SHAPE', 'x must be a Float32Array');
    expectError(() => loss.evaluate([1, 2], [0, 1]), 'ERR_SHAPE', 'x has 1 rows of 2 values, but target has 2 labels');
    expectError(() => loss.evaluate([1, 2], [2]), 'ERR_LABEL', 'target[0] is 2');
    expectError(() => loss.evaluate([1, 2], untyped(undefined)), 'ERR_LABEL', 'target must be an array');
    const sampleWeight = [1, 1];
    expectError(
      () => loss.evaluate([1, 2], [0], { sampleWeight }),
      'ERR_SHAPE',
      'sampleWeight has 2 values, but there are 1 rows',
    );
    expectError(() => loss.evaluate([1, 2], [0], untyped({ weight: 1 })), 'ERR_OPTION', 'there is no option "weight"');
    expectError(() => loss.gradients([1, 2], [0], untyped({ centers: 'all' })), 'ERR_OPTION', 'centers must be');
    expectError(() => loss.gradients([1, 2], [0], untyped({ center: 1 })), 'ERR_OPTION', 'there is no option "center"');
  });

  it('a distance matrix where the reference has no such loss', () => {
    for (const options of [
      { metric: 'cosine' },
      { penalty: 'half-squared' },
      { radius: [1, 1] },
      { classWeight: [1, 1] },
    ] as const) {
      const loss = new CenterLoss(2, 2, options);
      expectError(() => loss.forward([1, 2], [0]), 'ERR_OPTION', /^forward takes squared distances and one radius/);
      expectError(() => loss.backward([1, 2], [0]), 'ERR_OPTION', /^backward takes/);
    }
  });

  it('any use after dispose', () => {
    const loss = new CenterLoss(2, 2, { metric: 'cosine' });
    loss.step([1, 2], [0], { rule: 'sgd', momentum: 0.5 });
    loss.dispose();
    loss.dispose();
    for (const use of [
      () => loss.radii,
      () => loss.updateCounts,
      () => loss.evaluate([1, 2], [0]),
      () => loss.gradients([1, 2], [0]),
      () => loss.step([1, 2], [0]),
      () => loss.fitRadius([1, 2], [0]),
      () => loss.distances([1, 2]),
      () => loss.predict([]),
      () => loss.forward([1, 2], [0]),
      () => distances(loss.centers, [1, 2], { metric: 'euclidean' }),
      () => predict(loss.centers, [1, 2], { metric: 'cosine' }),
    ]) {
      expectError(use, 'ERR_DISPOSED', /was disposed/);
    }
  });
});
