// Properties of center loss that hold for every input, without a formula to compare with.
import { CenterLoss, type CenterLossOptions } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { centerProblem, metric, type Problem, problem, radius, reduction } from '../support/arbitrary.js';

const RUNS = { numRuns: 150 };

const make = ({ nClasses, nDim, centers }: Problem, options: CenterLossOptions = {}) =>
  new CenterLoss(nClasses, nDim, { init: centers, ...options });

const rowsOf = (one: Problem, keep: (label: number, row: number) => boolean) => ({
  x: one.x.filter((_, i) => keep(one.target[Math.floor(i / one.nDim)] ?? 0, Math.floor(i / one.nDim))),
  target: one.target.filter(keep),
});

it('an unknown row changes nothing', () => {
  fc.assert(
    fc.property(problem(), reduction, (one, reduction) => {
      using loss = make(one, { reduction });
      const all = loss.gradients(one.x, one.target);
      const known = rowsOf(one, (label) => label >= 0);
      const filtered = loss.gradients(known.x, known.target);
      expect(all.loss).toBe(filtered.loss);
      expect(all.gradCenters).toEqual(filtered.gradCenters);
      expect(rowsOf({ ...one, x: all.gradX }, (label) => label >= 0).x).toEqual(filtered.gradX);
      expect(rowsOf({ ...one, x: all.gradX }, (label) => label < 0).x.every((value) => value === 0)).toBe(true);
    }),
    RUNS,
  );
});

it('touched rows are the rows of the dense gradient', () => {
  fc.assert(
    fc.property(problem(), reduction, radius, (one, reduction, radius) => {
      using loss = make(one, { reduction, radius });
      // Another batch comes first, so that its part of the dense gradient has to be cleared.
      loss.gradients(one.x.subarray(0, one.nDim), [0]);
      const dense = loss.gradients(one.x, one.target);
      const touched = loss.gradients(one.x, one.target, { centers: 'touched' });
      expect(touched.loss).toBe(dense.loss);
      expect(touched.gradX).toEqual(dense.gradX);
      const { classes, rows } = touched.gradCenters ?? { classes: [], rows: [] };
      expect([...classes]).toEqual([...new Set(one.target.filter((label) => label >= 0))]);
      const scattered = new Float32Array(one.centers.length);
      classes.forEach((label, place) => {
        scattered.set(rows.slice(place * one.nDim, (place + 1) * one.nDim), label * one.nDim);
      });
      expect(scattered).toEqual(dense.gradCenters);
    }),
    RUNS,
  );
});

it('a batch gives the same results as copied rows', () => {
  fc.assert(
    fc.property(centerProblem(), fc.boolean(), (one, fixed) => {
      const { x, target, reduction, metric, penalty, classWeight, sampleWeight } = one;
      const options = { reduction, metric, penalty, fixed, radius: one.radius };
      const weighted = classWeight ? { classWeight } : {};
      const perCall = sampleWeight ? { sampleWeight } : {};
      const [loss, copy] = [make(one, { ...options, ...weighted }), make(one, { ...options, ...weighted })];
      const batch = loss.batch(one.rows);
      batch.x.set(x);
      batch.target.set(target);
      expect(loss.evaluate(batch, perCall)).toBe(loss.evaluate(x, target, perCall));
      for (const centers of ['dense', 'touched', 'dense'] as const) {
        const copied = loss.gradients(x, target, { centers, ...perCall });
        expect({ ...loss.gradients(batch, { centers, ...perCall }) }).toEqual(copied);
      }
      for (const step of [
        { alpha: 0.3 },
        { rule: 'mean' },
        { rule: 'sgd', momentum: 0.9, learningRate: 0.01 },
      ] as const) {
        // The call that may make the memory grow comes first: it would detach the result in the batch.
        const copied = copy.step(x, target, { ...step, ...perCall });
        expect({ ...loss.step(batch, { ...step, ...perCall }) }).toEqual(copied);
        expect(loss.centers.params).toEqual(copy.centers.params);
      }
      if (fixed) expect(loss.centers.params).toEqual(one.centers);
      expect([...batch.target]).toEqual(target);
      expect(loss.fitRadius(batch)).toEqual(copy.fitRadius(x, target));
      for (const gone of [loss, copy, batch]) gone.dispose();
    }),
    RUNS,
  );
});

it('a bad row changes no other row and no center, not even its own', () => {
  const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const rule = fc.constantFrom('wen' as const, 'mean' as const, 'ema' as const, 'sgd' as const);
  const penalty = fc.constantFrom('hinge' as const, 'half-squared' as const);
  const options = fc.record({ metric, penalty, reduction });
  fc.assert(
    fc.property(problem(), options, rule, bad, fc.nat(69), fc.nat(69), (one, options, rule, value, row, column) => {
      using loss = make(one, { ...options, labels: 'lenient' });
      const at = row % one.rows;
      const x = one.x.slice();
      x[at * one.nDim + (column % one.nDim)] = value;
      const spoilt = loss.gradients(x, one.target);
      // A known row of no class only counts in B.
      const isUnknown = (one.target[at] ?? -1) < 0;
      const target = one.target.with(at, isUnknown ? -1 : one.nClasses);
      const without = loss.gradients(one.x, target);
      expect(spoilt.gradX).toEqual(without.gradX);
      expect(spoilt.gradCenters).toEqual(without.gradCenters);
      if (isUnknown) expect(spoilt.loss).toBe(without.loss);
      else if (Number.isNaN(value)) expect(spoilt.loss).toBeNaN();
      // The loss of pytorch-ood is clamped at 1e12; the others have no bound.
      else if (options.metric === 'sqeuclidean' && options.penalty === 'hinge') {
        expect(spoilt.loss).toBeGreaterThan(9e11 / (2 * one.rows * one.nClasses));
      } else expect(Number.isFinite(spoilt.loss)).toBe(false);
      const classes = loss.predict(x);
      expect(classes[at]).toBe(-1);
      expect(classes.filter((_, i) => i !== at)).toEqual(loss.predict(one.x).filter((_, i) => i !== at));
      loss.step(x, one.target, { rule });
      const [moved, counts] = [loss.centers.params.slice(), loss.updateCounts];
      loss.centers.params.set(one.centers);
      loss.step(one.x, target, { rule });
      expect(moved).toEqual(loss.centers.params);
      expect(loss.updateCounts).toEqual(counts.map((count) => 2 * count));
    }),
    RUNS,
  );
});
