// The loss of center-loss/open-set on random inputs: the core's where nothing new is asked, float64's where it is.
import { CenterLoss, type CenterLossOptions, type StepOptions, toFloat16 } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Problem, problem, radius, reduction } from '../support/arbitrary.js';
import { moved, type Own, truth } from '../support/center-loss-reference.js';
import { expectClose, TOLERANCE } from '../support/close.js';

const RUNS = { numRuns: 100 };

/** Runs and frees: thousands of examples would hold memory until the collector comes. */
function using<L extends CenterLoss, T>(loss: L, act: (loss: L) => T): T {
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

it('without a new option it is the core to the last bit', () => {
  fc.assert(
    fc.property(problem(), reduction, radius, (one, reduction, radius) => {
      const options = { reduction, radius, labels: 'lenient' as const };
      const target = one.target.map((label, i) => (i % 7 === 3 ? one.nClasses : label));
      using(new CenterLoss(one.nClasses, one.nDim, { init: one.centers, ...options }), (core) =>
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
          expectClose(gradX, want.gradX, { scale: want.scaleX, absolute: 1e-30 });
          expectClose(gradCenters ?? [], want.gradCenters, { scale: want.scaleCenters, absolute: 1e-30 });
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

it('radii are the least distances that hold the share', () => {
  fc.assert(
    fc.property(
      problem({ rows: 70, nClasses: 5, nDim: 9 }),
      metric,
      fc.constantFrom(0, 0.1, 0.5, 0.95, 1),
      (one, metric, quantile) =>
        using(make(one, { metric, radius: 0.25, reduction: 'sum' }), (loss) => {
          const distmat = loss.centers.distances(one.x);
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

it('a batch gives what copies give, with weights too, and leaves its labels', () => {
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
          expect({ loss: value, gradX, gradCenters }).toEqual(loss.gradients(x, target, { centers, ...perCall(one) }));
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
