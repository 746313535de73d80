// Properties of center loss that hold for every input, whatever the formula gives.
import { CenterLoss, type CenterLossOptions } from 'center-loss';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { centerProblem, type Problem, problem, radius, reduction } from '../support/arbitrary.js';
import { expectClose } from '../support/close.js';
import * as reference from '../support/reference.js';

const RUNS = { numRuns: 150 };

const make = ({ nClasses, nDim, centers }: Problem, options: CenterLossOptions = {}) =>
  new CenterLoss(nClasses, nDim, { init: centers, ...options });

const rowsOf = (one: Problem, keep: (label: number, row: number) => boolean) => ({
  x: one.x.filter((_, i) => keep(one.target[Math.floor(i / one.nDim)] ?? 0, Math.floor(i / one.nDim))),
  target: one.target.filter(keep),
});

/** The scale that a gradient of the centers is rounded by: the sum of the lengths of its terms. */
const scaleOf = (one: Problem, reduction: reference.Batch['reduction']) =>
  reference.centerLoss({ ...one, reduction, metric: 'sqeuclidean', penalty: 'hinge', radius: 0 }).scaleCenters;

it('an unknown row is a row that is not there', () => {
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

it('a batch in place gives what a copied one gives', () => {
  fc.assert(
    fc.property(centerProblem(), fc.boolean(), (one, fixed) => {
      const { x, target, reduction, metric, penalty, classWeight, sampleWeight } = one;
      const options = { reduction, metric, penalty, fixed, radius: one.radius as Float32Array };
      const weighted = classWeight ? { classWeight: classWeight as Float32Array } : {};
      const perCall = sampleWeight ? { sampleWeight: sampleWeight as Float32Array } : {};
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
        expect({ ...loss.step(batch, { ...step, ...perCall }) }).toEqual(copy.step(x, target, { ...step, ...perCall }));
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

it('the order of rows does not matter', () => {
  fc.assert(
    fc.property(problem(), reduction, (one, reduction) => {
      using loss = make(one, { reduction });
      const reversed = Float32Array.from({ length: one.x.length }, (_, i) => {
        const row = one.rows - 1 - Math.floor(i / one.nDim);
        return one.x[row * one.nDim + (i % one.nDim)] ?? 0;
      });
      const forth = loss.gradients(one.x, one.target);
      const back = loss.gradients(reversed, [...one.target].reverse());
      expectClose(back.loss, forth.loss, { relative: 1e-12 });
      const row = (values: Float32Array, i: number) => values.slice(i * one.nDim, (i + 1) * one.nDim);
      for (let i = 0; i < one.rows; i++) expect(row(back.gradX, one.rows - 1 - i)).toEqual(row(forth.gradX, i));
      expectClose(back.gradCenters ?? [], forth.gradCenters ?? [], { scale: scaleOf(one, reduction) });
    }),
    RUNS,
  );
});

it('rows and centers that move by the same vector change nothing (whole numbers lose no digit)', () => {
  fc.assert(
    fc.property(problem({ nDim: 33 }), fc.integer({ min: -1000, max: 1000 }), (one, shift) => {
      // −0 + 0 is 0: the sign of a zero is no part of this.
      const round = (value: number) => Math.round(value) + 0;
      const here = { ...one, x: one.x.map(round), centers: one.centers.map(round) };
      const there = { ...here, x: here.x.map((v) => v + shift), centers: here.centers.map((v) => v + shift) };
      const [a, b] = [here, there].map((at) => {
        using loss = make(at);
        return [loss.gradients(at.x, at.target), loss.centers.distances(at.x), loss.centers.predict(at.x)];
      });
      expect(b).toEqual(a);
    }),
    RUNS,
  );
});

it('the sum over parts of a batch is the sum over the batch', () => {
  fc.assert(
    fc.property(problem(), fc.nat(70), (one, cut) => {
      using loss = make(one, { reduction: 'sum' });
      const parts = [rowsOf(one, (_, row) => row < cut), rowsOf(one, (_, row) => row >= cut)];
      const whole = loss.gradients(one.x, one.target);
      const each = parts.map(({ x, target }) => loss.gradients(x, target));
      const total = (of: (part: (typeof each)[number]) => number) => each.reduce((sum, part) => sum + of(part), 0);
      const ofParts = total((part) => part.loss);
      expectClose(ofParts, whole.loss, { relative: 1e-12 });
      expect(Float32Array.from(each.flatMap((part) => [...part.gradX]))).toEqual(whole.gradX);
      const centers = whole.gradCenters?.map((_, i) => total((part) => part.gradCenters?.[i] ?? 0)) ?? [];
      expectClose(centers, whole.gradCenters ?? [], { scale: scaleOf(one, 'sum') });
    }),
    RUNS,
  );
});

it('a bad row reaches no other row and no center, not even its own', () => {
  const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  fc.assert(
    fc.property(problem(), bad, fc.nat(69), fc.nat(69), (one, value, row, column) => {
      using loss = make(one, { reduction: 'sum' });
      const at = row % one.rows;
      const x = one.x.slice();
      x[at * one.nDim + (column % one.nDim)] = value;
      const spoilt = loss.gradients(x, one.target);
      const without = loss.gradients(one.x, one.target.with(at, -1));
      expect(spoilt.gradX).toEqual(without.gradX);
      expect(spoilt.gradCenters).toEqual(without.gradCenters);
      if ((one.target[at] ?? -1) < 0) expect(spoilt.loss).toBe(without.loss);
      else if (Number.isNaN(value)) expect(spoilt.loss).toBeNaN();
      else expect(spoilt.loss).toBeGreaterThanOrEqual(999999995904);
      const classes = loss.centers.predict(x);
      expect(classes[at]).toBe(-1);
      expect(classes.filter((_, i) => i !== at)).toEqual(loss.centers.predict(one.x).filter((_, i) => i !== at));
      loss.step(x, one.target);
      const moved = loss.centers.params.slice();
      loss.centers.params.set(one.centers);
      loss.step(one.x, one.target.with(at, -1));
      expect(moved).toEqual(loss.centers.params);
    }),
    RUNS,
  );
});

it('probabilities add up to 1 and order as the distances do', () => {
  fc.assert(
    fc.property(problem(), (one) => {
      using loss = make(one);
      const [proba, distmat] = [loss.centers.predictProba(one.x), loss.centers.distances(one.x)];
      for (let i = 0; i < one.rows; i++) {
        const p = [...proba.subarray(i * one.nClasses, (i + 1) * one.nClasses)];
        const d = [...distmat.subarray(i * one.nClasses, (i + 1) * one.nClasses)];
        const whole = p.reduce((sum, value) => sum + value, 0);
        expectClose(whole, 1);
        const least = Math.min(...d);
        const total = d.reduce((sum, value) => sum + Math.exp(least - value), 0);
        // The difference of two distances is rounded to float32, and e^x turns that into a relative error.
        p.forEach((value, j) => {
          const relative = 1e-6 + 2 ** -23 * (d[j] ?? 0);
          expectClose(value, Math.exp(least - (d[j] ?? 0)) / total, { relative, absolute: 1e-37 });
        });
      }
    }),
    { numRuns: 60 },
  );
});
