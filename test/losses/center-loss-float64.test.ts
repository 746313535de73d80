// Center loss on random inputs: loss, gradients, update rules and radii against float64.
import { CenterLoss, type StepOptions } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CenterProblem, centerProblem, metric, problem } from '../support/arbitrary.js';
import { expectClose, TOLERANCE } from '../support/close.js';
import * as reference from '../support/reference.js';

const RUNS = { numRuns: 100 };
const SMALL = { rows: 40, nClasses: 9, nDim: 40 };

const lossOf = (one: CenterProblem) => {
  const { metric, penalty, reduction, classWeight } = one;
  return new CenterLoss(one.nClasses, one.nDim, {
    ...{ init: one.centers, metric, penalty, reduction, radius: one.radius as Float32Array },
    ...(classWeight ? { classWeight: classWeight as Float32Array } : {}),
  });
};

const perCall = ({ sampleWeight }: CenterProblem) =>
  sampleWeight ? { sampleWeight: sampleWeight as Float32Array } : {};

const isPlain = ({ radius }: CenterProblem) => typeof radius === 'number';

/** Rounding decides on which side of the radius such a row falls. */
const isAtRadius = ({ x, target, centers, nDim, metric, radius }: CenterProblem, within: number) =>
  target.some((label, i) => {
    if (label < 0) return false;
    const d = reference.distance(metric, reference.row(x, i, nDim), reference.row(centers, label, nDim));
    const r = typeof radius === 'number' ? radius : (radius[label] ?? 0);
    return d !== r && (r !== 0 || typeof radius === 'number') && Math.abs(d - r) < within;
  });

it('loss and gradients, plain and in every metric, with radii and weights', () => {
  fc.assert(
    fc.property(centerProblem(), (one) => {
      fc.pre(!isAtRadius(one, 1e-4));
      // The gradient by a direction grows as the vector shrinks. The loss has none over 1e30.
      const lengths = [...one.x, ...Array.from(one.centers)].map(Math.abs).filter((value) => value > 0);
      fc.pre(one.metric !== 'cosine' || Math.min(...lengths) > 1e-20);
      using loss = lossOf(one);
      const want = reference.centerLoss(one);
      // Two equal directions differ by 1e-16 in float64.
      const rounding = one.metric === 'cosine' ? 1e-12 : 1e-30;
      const close = { absolute: TOLERANCE * (isPlain(one) ? 1 : 2) * want.size + rounding };
      const { loss: value, gradX, gradCenters } = loss.gradients(one.x, one.target, perCall(one));
      expectClose(value, want.loss, close);
      const evaluated = loss.evaluate(one.x, one.target, perCall(one));
      if (isPlain(one)) {
        expectClose(evaluated, want.loss, close);
        expectClose(loss.forward(loss.centers.distances(one.x), one.target), want.loss, close);
      } else expect(evaluated).toBe(value);
      expectClose(gradX, want.gradX, { absolute: 1e-30, ...(isPlain(one) ? {} : { scale: want.scaleX }) });
      expectClose(gradCenters ?? [], want.gradCenters, { absolute: 1e-30, scale: want.scaleCenters });
    }),
    { numRuns: 200 },
  );
});

it('clusters off the origin keep their digits', () => {
  const [nDim, offset] = [fc.constantFrom(1, 2, 7, 64, 129), fc.constantFrom(100, 1000, -5000)];
  fc.assert(
    fc.property(nDim, offset, fc.nat(1000), (nDim, offset, seed) => {
      using near = new CenterLoss(5, nDim, { init: 'normal', seed, magnitude: 0.01 });
      const centers = near.centers.params.map((value) => value + offset);
      const x = near.centers.params.map((value) => offset - value);
      const options = { reduction: 'batch', metric: 'sqeuclidean', penalty: 'hinge', radius: 0 } as const;
      const one = { x, centers, rows: 5, nClasses: 5, nDim, target: [0, 1, 2, 3, 4], ...options };
      using loss = lossOf(one);
      expectClose(loss.centers.distances(x), reference.distances(x, centers, nDim, 'sqeuclidean').flat());
      const want = reference.centerLoss(one);
      expectClose(loss.evaluate(x, one.target), want.loss);
      expectClose(loss.gradients(x, one.target).gradX, want.gradX);
    }),
    { numRuns: 60 },
  );
});

it('the averaging rules', () => {
  const rate = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(centerProblem(), fc.constantFrom('wen', 'mean', 'ema'), rate, (one, rule, rate) => {
      using loss = lossOf(one);
      const { loss: value, gradX } = loss.gradients(one.x, one.target, perCall(one));
      const options: StepOptions = rule === 'ema' ? { rule, momentum: rate } : { rule, alpha: rate };
      expect(loss.step(one.x, one.target, { ...options, ...perCall(one) })).toEqual({ loss: value, gradX });
      // Sums of differences of up to 16.
      expectClose(loss.centers.params, reference.moved(one, rule, rate), { absolute: TOLERANCE * 16 });
      // A zero vector has no direction that a center could follow.
      if (one.metric === 'cosine') return;
      const counted = one.target.filter((label, i) => label >= 0 && (one.sampleWeight?.[i] ?? 1) > 0);
      const counts = Array.from({ length: one.nClasses }, (_, j) => counted.filter((label) => label === j).length);
      expect([...loss.updateCounts]).toEqual(counts);
    }),
    RUNS,
  );
});

it('sgd descends the loss, with a velocity', () => {
  fc.assert(
    fc.property(centerProblem(SMALL), fc.constantFrom(0, 0.9), (one, momentum) => {
      using loss = lossOf(one);
      let velocity = new Array<number>(one.centers.length).fill(0);
      for (let step = 0; step < 3; step++) {
        const centers = [...loss.centers.params];
        const { loss: value, gradX, gradCenters } = loss.gradients(one.x, one.target, perCall(one));
        const rule = { rule: 'sgd', learningRate: 0.01, momentum } as const;
        expect(loss.step(one.x, one.target, { ...rule, ...perCall(one) })).toEqual({ loss: value, gradX });
        velocity = velocity.map((v, k) => momentum * v + (gradCenters?.[k] ?? 0));
        const expected = centers.map((c, k) => c - 0.01 * (velocity[k] ?? 0));
        expectClose(loss.centers.params, expected, { absolute: 1e-6 * (8 + Math.max(...velocity.map(Math.abs))) });
      }
    }),
    RUNS,
  );
});

it('radii are the least distances that hold the share', () => {
  const quantile = fc.constantFrom(0, 0.1, 0.5, 0.95, 1);
  fc.assert(
    fc.property(problem({ nClasses: 5, nDim: 9 }), metric, quantile, (one, metric, quantile) => {
      const { nClasses, nDim, centers: init } = one;
      using loss = new CenterLoss(nClasses, nDim, { init, metric, radius: 0.25, reduction: 'sum' });
      const distmat = loss.centers.distances(one.x);
      const radii = loss.fitRadius(one.x, one.target, { quantile });
      expect(loss.radii).toEqual(radii);
      expect(loss.radius).toBeNaN();
      for (const [j, r] of radii.entries()) {
        const own = one.target.flatMap((label, i) => (label === j ? [distmat[i * nClasses + j] ?? 0] : []));
        const share = (r: number) => own.filter((d) => d <= r).length / own.length;
        if (own.length === 0) expect(r).toBe(0.25);
        // The distances of the matrix are rounded in another way.
        else expect(share(r * (1 + 1e-5) + 1e-6)).toBeGreaterThanOrEqual(quantile);
        if (r > Math.min(...own) * (1 + 1e-5) + 1e-6) expect(share(r * (1 - 1e-5) - 1e-6)).toBeLessThan(quantile);
      }
      loss.fitRadius(one.x, one.target, { quantile: 1 });
      expect(loss.evaluate(one.x, one.target)).toBe(0);
    }),
    RUNS,
  );
});
