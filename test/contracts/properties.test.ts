// What holds for every input: against float64 loops, and of the results among themselves.
import { CenterLoss, type CenterLossOptions } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Problem, problem, radius, reduction } from '../support/arbitrary.js';
import { expectClose, TOLERANCE } from '../support/close.js';
import * as reference from '../support/reference.js';

const RUNS = { numRuns: 150 };

function make({ nClasses, nDim, centers }: Problem, options: CenterLossOptions = {}): CenterLoss {
  return new CenterLoss(nClasses, nDim, { init: centers, ...options });
}

/** Runs and frees: thousands of examples would hold memory until the collector comes. */
function using<T>(loss: CenterLoss, act: (loss: CenterLoss) => T): T {
  try {
    return act(loss);
  } finally {
    loss.dispose();
  }
}

const rowsOf = (one: Problem, keep: (label: number, row: number) => boolean) => ({
  x: one.x.filter((_, i) => keep(one.target[Math.floor(i / one.nDim)] ?? 0, Math.floor(i / one.nDim))),
  target: one.target.filter(keep),
});

describe('against float64', () => {
  it('distances, prediction', () => {
    fc.assert(
      fc.property(problem(), (one) =>
        using(make(one), ({ centers }) => {
          const truth = reference.distances(one.x, one.centers, one.nDim);
          const distmat = centers.distances(one.x);
          expectClose(distmat, truth.flat(), { absolute: 1e-30 });
          // The nearest of its own distances: where float64 sees two nearer than 1e-5 to each other, either is right.
          const argmin = truth.map((_, i) => {
            const row = distmat.subarray(i * one.nClasses, (i + 1) * one.nClasses);
            return row.indexOf(Math.min(...row));
          });
          expect([...centers.predict(one.x)]).toEqual(argmin);
        }),
      ),
      RUNS,
    );
  });

  it('loss, both gradients, step', () => {
    fc.assert(
      fc.property(
        problem(),
        reduction,
        radius,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, reduction, radius, alpha) =>
          using(make(one, { reduction, radius }), (loss) => {
            const truth = reference.distances(one.x, one.centers, one.nDim);
            // A row within rounding of the radius may fall on either side of it.
            fc.pre(one.target.every((label, i) => label < 0 || Math.abs((truth[i]?.[label] ?? 0) - radius) > 1e-4));
            const want = reference.gradients(one.x, one.target, one.centers, one.nDim, reduction, radius);
            const value = reference.loss(truth, one.target, reduction, radius);
            // d − r is rounded by the size of d and r.
            const known = one.target.flatMap((label, i) => (label >= 0 ? [truth[i]?.[label] ?? 0] : []));
            const sum = known.reduce((total, distance) => total + distance + Math.abs(radius), 0);
            const absolute = TOLERANCE * sum * reference.weight(reduction, known.length, one.nClasses);
            const { gradX, gradCenters, loss: inOneGo } = loss.gradients(one.x, one.target);
            expectClose(loss.evaluate(one.x, one.target), value, { absolute });
            expectClose(inOneGo, value, { absolute });
            expectClose(loss.forward(loss.centers.distances(one.x), one.target), value, { absolute });
            expectClose(gradX, want.gradX, { absolute: 1e-30 });
            expectClose(gradCenters ?? [], want.gradCenters, { scale: want.magnitude, absolute: 1e-30 });
            const step = loss.step(one.x, one.target, { alpha });
            expect(step.loss).toBe(inOneGo);
            expect(step.gradX).toEqual(gradX);
            const moved = reference.wenUpdate(one.x, one.target, one.centers, one.nDim, alpha);
            // A sum over n rows of differences up to 16.
            expectClose(loss.centers.params, moved, { absolute: TOLERANCE * 16 });
          }),
      ),
      RUNS,
    );
  });

  it('gradients are the slope of the loss (central differences of the float64 loss)', () => {
    const h = 1e-4;
    fc.assert(
      fc.property(problem({ rows: 6, nClasses: 4, nDim: 9 }), reduction, (one, reduction) =>
        using(make(one, { reduction, radius: 1 }), (loss) => {
          const truth = reference.distances(one.x, one.centers, one.nDim);
          fc.pre(one.target.every((label, i) => label < 0 || Math.abs((truth[i]?.[label] ?? 0) - 1) > 0.01));
          const at = (x: ArrayLike<number>, centers: ArrayLike<number>) =>
            reference.loss(reference.distances(x, centers, one.nDim), one.target, reduction, 1);
          const slope = (values: Float32Array, f: (values: number[]) => number) =>
            Array.from(values, (_, i) => {
              const shifted = (by: number) => f(Array.from(values, (value, j) => (j === i ? value + by : value)));
              return (shifted(h) - shifted(-h)) / (2 * h);
            });
          const { gradX, gradCenters } = loss.gradients(one.x, one.target);
          expectClose(
            gradX,
            slope(one.x, (x) => at(x, one.centers)),
            { relative: 1e-4, absolute: 1e-5 },
          );
          expectClose(
            gradCenters ?? [],
            slope(one.centers, (c) => at(one.x, c)),
            { relative: 1e-4, absolute: 1e-4 },
          );
        }),
      ),
      { numRuns: 50 },
    );
  });

  it('clusters off the origin keep their digits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 7, 64, 129),
        fc.constantFrom(100, 1000, -5000),
        fc.nat(1000),
        (nDim, offset, seed) => {
          const near = new CenterLoss(5, nDim, { init: 'normal', seed, magnitude: 0.01 });
          const centers = near.centers.params.map((value) => value + offset);
          const x = near.centers.params.map((value) => offset - value);
          near.dispose();
          using(new CenterLoss(5, nDim, { init: centers, reduction: 'batch' }), (loss) => {
            const truth = reference.distances(x, centers, nDim);
            expectClose(loss.centers.distances(x), truth.flat());
            const target = [0, 1, 2, 3, 4];
            expectClose(loss.evaluate(x, target), reference.loss(truth, target, 'batch', 0));
            const want = reference.gradients(x, target, centers, nDim, 'batch', 0);
            expectClose(loss.gradients(x, target).gradX, want.gradX);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('among themselves', () => {
  it('an unknown row is a row that is not there', () => {
    fc.assert(
      fc.property(problem(), reduction, (one, reduction) =>
        using(make(one, { reduction }), (loss) => {
          const all = loss.gradients(one.x, one.target);
          const known = rowsOf(one, (label) => label >= 0);
          const filtered = loss.gradients(known.x, known.target);
          expect(all.loss).toBe(filtered.loss);
          expect(all.gradCenters).toEqual(filtered.gradCenters);
          expect(rowsOf({ ...one, x: all.gradX }, (label) => label >= 0).x).toEqual(filtered.gradX);
          expect(rowsOf({ ...one, x: all.gradX }, (label) => label < 0).x.every((value) => value === 0)).toBe(true);
        }),
      ),
      RUNS,
    );
  });

  it('touched rows are the rows of the dense gradient', () => {
    fc.assert(
      fc.property(problem(), reduction, radius, (one, reduction, radius) =>
        using(make(one, { reduction, radius }), (loss) => {
          // Twice, with other rows in between: the dense gradient is cleared of what the call before left.
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
      ),
      RUNS,
    );
  });

  it('a batch in place gives what a copied one gives', () => {
    fc.assert(
      fc.property(problem(), reduction, fc.boolean(), (one, reduction, fixed) =>
        using(make(one, { reduction, fixed }), (loss) => {
          const batch = loss.batch(one.rows);
          batch.x.set(one.x);
          batch.target.set(one.target);
          expect(loss.evaluate(batch)).toBe(loss.evaluate(one.x, one.target));
          for (const centers of ['dense', 'touched', 'dense'] as const) {
            const copied = loss.gradients(one.x, one.target, { centers });
            const { loss: value, gradX, gradCenters } = loss.gradients(batch, { centers });
            expect({ loss: value, gradX, gradCenters }).toEqual(copied);
          }
          const copy = make(one, { reduction, fixed });
          const copied = copy.step(one.x, one.target, { alpha: 0.3 });
          const inPlace = loss.step(batch, { alpha: 0.3 });
          expect(inPlace.loss).toBe(copied.loss);
          expect(inPlace.gradX).toEqual(copied.gradX);
          expect(loss.centers.params).toEqual(copy.centers.params);
          if (fixed) expect(loss.centers.params).toEqual(one.centers);
          copy.dispose();
          batch.dispose();
        }),
      ),
      RUNS,
    );
  });

  it('the order of rows does not matter', () => {
    fc.assert(
      fc.property(problem(), reduction, (one, reduction) =>
        using(make(one, { reduction }), (loss) => {
          const reversed = {
            x: Float32Array.from({ length: one.x.length }, (_, i) => {
              const row = one.rows - 1 - Math.floor(i / one.nDim);
              return one.x[row * one.nDim + (i % one.nDim)] ?? 0;
            }),
            target: [...one.target].reverse(),
          };
          const forth = loss.gradients(one.x, one.target);
          const back = loss.gradients(reversed.x, reversed.target);
          expectClose(back.loss, forth.loss, { relative: 1e-12 });
          const first = (values: Float32Array, row: number) => values.slice(row * one.nDim, (row + 1) * one.nDim);
          for (let i = 0; i < one.rows; i++) expect(first(back.gradX, one.rows - 1 - i)).toEqual(first(forth.gradX, i));
          const { magnitude } = reference.gradients(one.x, one.target, one.centers, one.nDim, reduction, 0);
          expectClose(back.gradCenters ?? [], forth.gradCenters ?? [], { scale: magnitude });
        }),
      ),
      RUNS,
    );
  });

  it("moving rows and centers by the same vector moves nothing ('whole' numbers, so that no digit is lost)", () => {
    fc.assert(
      fc.property(problem({ nDim: 33 }), fc.integer({ min: -1000, max: 1000 }), (one, shift) => {
        // Plus 0, as −0 + 0 is 0: the sign of a zero is not part of this.
        const round = (value: number) => Math.round(value) + 0;
        const whole = { ...one, x: one.x.map(round), centers: one.centers.map(round) };
        const there = { ...whole, x: whole.x.map((v) => v + shift), centers: whole.centers.map((v) => v + shift) };
        const [a, b] = [whole, there].map((at) =>
          using(make(at), (loss) => [
            loss.gradients(at.x, at.target),
            loss.centers.distances(at.x),
            loss.centers.predict(at.x),
          ]),
        );
        expect(b).toEqual(a);
      }),
      RUNS,
    );
  });

  it('the sum over parts of a batch is the sum over the batch', () => {
    fc.assert(
      fc.property(problem(), fc.nat(70), (one, cut) =>
        using(make(one, { reduction: 'sum' }), (loss) => {
          const parts = [rowsOf(one, (_, row) => row < cut), rowsOf(one, (_, row) => row >= cut)];
          const whole = loss.gradients(one.x, one.target);
          const each = parts.map(({ x, target }) => loss.gradients(x, target));
          const sum = (f: (part: (typeof each)[number]) => number) => each.reduce((total, part) => total + f(part), 0);
          expectClose(
            sum((part) => part.loss),
            whole.loss,
            { relative: 1e-12 },
          );
          expect(Float32Array.from(each.flatMap((part) => [...part.gradX]))).toEqual(whole.gradX);
          const { magnitude } = reference.gradients(one.x, one.target, one.centers, one.nDim, 'sum', 0);
          const centers = whole.gradCenters?.map((_, i) => sum((part) => part.gradCenters?.[i] ?? 0)) ?? [];
          expectClose(centers, whole.gradCenters ?? [], { scale: magnitude });
        }),
      ),
      RUNS,
    );
  });

  it('a bad row reaches no other row, no other center, and not its own', () => {
    const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(problem(), bad, fc.nat(69), fc.nat(69), (one, value, row, column) =>
        using(make(one, { reduction: 'sum' }), (loss) => {
          const at = row % one.rows;
          const x = one.x.slice();
          x[at * one.nDim + (column % one.nDim)] = value;
          const spoilt = loss.gradients(x, one.target);
          const label = one.target[at] ?? -1;
          const without = loss.gradients(one.x, one.target.with(at, -1));
          expect(spoilt.gradX).toEqual(without.gradX);
          expect(spoilt.gradCenters?.every(Number.isFinite)).toBe(true);
          if (label < 0) expect(spoilt.loss).toBe(without.loss);
          else if (Number.isNaN(value)) expect(spoilt.loss).toBeNaN();
          else expect(spoilt.loss).toBeGreaterThanOrEqual(999999995904);
          expect(spoilt.gradCenters).toEqual(without.gradCenters);
          const centers = loss.centers.params.slice();
          loss.step(x, one.target);
          const moved = loss.centers.params.slice();
          loss.centers.params.set(centers);
          loss.step(one.x, one.target.with(at, -1));
          expect(moved).toEqual(loss.centers.params);
          loss.centers.params.set(centers);
          const classes = loss.centers.predict(x);
          expect(classes[at]).toBe(-1);
          expect(classes.filter((_, i) => i !== at)).toEqual(loss.centers.predict(one.x).filter((_, i) => i !== at));
        }),
      ),
      RUNS,
    );
  });

  it('probabilities add up to 1 and order as the distances do', () => {
    fc.assert(
      fc.property(problem(), (one) =>
        using(make(one), ({ centers }) => {
          const [proba, distmat] = [centers.predictProba(one.x), centers.distances(one.x)];
          for (let i = 0; i < one.rows; i++) {
            const p = [...proba.subarray(i * one.nClasses, (i + 1) * one.nClasses)];
            const d = [...distmat.subarray(i * one.nClasses, (i + 1) * one.nClasses)];
            expectClose(
              p.reduce((sum, value) => sum + value, 0),
              1,
            );
            const least = Math.min(...d);
            const total = d.reduce((sum, value) => sum + Math.exp(least - value), 0);
            // The difference of two distances is rounded to float32, and e^x turns that into a relative error.
            p.forEach((value, j) => {
              const distance = d[j] ?? 0;
              const relative = 1e-6 + 2 ** -23 * distance;
              expectClose(value, Math.exp(least - distance) / total, { relative, absolute: 1e-37 });
            });
          }
        }),
      ),
      { numRuns: 60 },
    );
  });
});
