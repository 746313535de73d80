// Metrics of known and unknown scores: as scikit-learn, pytorch-ood and OpenOOD, and refusals. The crate
// compares every small size with the definitions.
import { auprIn, auprOut, auroc, fprAtTpr, openSetMetrics, oscr, rocCurve, type Side } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decision } from '../oracle/cases.js';
import { expectClose } from '../support/close.js';
import { expectError } from '../support/error.js';

/** Sums of rounded float64 terms. */
const EXACT = { relative: 1e-14, absolute: 1e-14 };

describe('as scikit-learn, pytorch-ood and OpenOOD', () => {
  it.each(decision.scores)('$name', ({ name, known, unknown, isCorrect, sklearn, pytorchOod, openOOD }) => {
    expectClose(auroc(known, unknown), sklearn.auroc, EXACT);
    expectClose(auprIn(known, unknown), sklearn.known.averagePrecision, EXACT);
    expectClose(auprOut(known, unknown), sklearn.unknown.averagePrecision, EXACT);
    expectClose(auprIn(known, unknown, { method: 'trapezoid' }), sklearn.known.trapezoid, EXACT);
    expectClose(auprOut(known, unknown, { method: 'trapezoid' }), sklearn.unknown.trapezoid, EXACT);
    expectClose(fprAtTpr(known, unknown), sklearn.known.fpr95, EXACT);
    expectClose(fprAtTpr(known, unknown, { positive: 'unknown' }), sklearn.unknown.fpr95, EXACT);
    for (const positive of ['known', 'unknown'] as const) {
      const roc = sklearn[positive];
      const curve = rocCurve(known, unknown, { positive });
      expectClose(curve.fpr, roc.fpr, EXACT);
      expectClose(curve.tpr, roc.tpr, EXACT);
      // The thresholds are scores: not even a bit is another.
      expect(Array.from(curve.thresholds, (one) => one + 0)).toEqual(roc.thresholds.map((one) => one + 0));
    }
    const scores = [...known, ...unknown];
    const target = [...known.map(() => 0), ...unknown.map(() => -1)];
    const ours = openSetMetrics(scores, target, { method: 'trapezoid', positive: 'unknown' });
    expect(ours).toEqual({
      auroc: auroc(known, unknown),
      auprIn: auprIn(known, unknown, { method: 'trapezoid' }),
      auprOut: auprOut(known, unknown, { method: 'trapezoid' }),
      fpr95: fprAtTpr(known, unknown, { positive: 'unknown' }),
    });
    expectClose(ours.auroc, pytorchOod.AUROC, EXACT);
    expectClose(ours.auprIn, pytorchOod['AUPR-IN'], EXACT);
    expectClose(ours.auprOut, pytorchOod['AUPR-OUT'], EXACT);
    expectClose(ours.fpr95, pytorchOod.FPR95TPR, EXACT);
    expectClose(oscr(known, isCorrect, unknown), pytorchOod.oscr, EXACT);
    // Where equal scores make three points of the curve a straight line, OpenOOD leaves out the one between.
    expectClose(ours.fpr95 + (name === 'exactly 95 %' ? 0.05 : 0), openOOD.fpr95, EXACT);
  });

  it('the convention decides: on real digits, FPR95 is 87 % with the known as positives, 42 % with the unknown', () => {
    const { known, unknown } = decision.scores.find(({ name }) => name === 'digits') ?? { known: [], unknown: [] };
    const target = [...known.map(() => 0), ...unknown.map(() => -1)];
    const fpr95 = (positive: Side) => openSetMetrics([...known, ...unknown], target, { positive }).fpr95.toFixed(2);
    expect([fpr95('known'), fpr95('unknown')]).toEqual(['0.87', '0.42']);
  });
});

/** Few different values, so that many tie. */
const scores = fc.array(
  fc.integer({ min: -4, max: 6 }).map((value) => value / 8),
  { minLength: 1, maxLength: 40 },
);

describe('scores', () => {
  it('neither the order of rows nor the type of the arrays matters', () => {
    fc.assert(
      fc.property(scores, scores, (known, unknown) => {
        const [a, b] = [Float32Array.from(known).reverse(), Float64Array.from(unknown).reverse()];
        expect(auroc(a, b)).toBe(auroc(known, unknown));
        expect(auprIn(a, b)).toBe(auprIn(known, unknown));
        expect(auprOut(a, b)).toBe(auprOut(known, unknown));
        expect(fprAtTpr(a, b)).toBe(fprAtTpr(known, unknown));
        // The arrays of the caller are not sorted.
        expect([...a]).toEqual([...known].reverse());
      }),
    );
  });

  it('scores that differ only as float64 do not tie', () => {
    expect(auroc([1], [1 + Number.EPSILON])).toBe(1);
    expect(auroc([1], Float32Array.of(1 + Number.EPSILON))).toBe(0.5);
  });

  it('Infinity, the score of rows at no finite distance, is compared like any other score', () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(auroc([0, inf], [1, inf])).toBe((1 + 1 + 0 + 0.5) / 4);
    expect(fprAtTpr([0, 1], [inf, 5])).toBe(0);
  });
});

it('the defaults are those of most papers: FPR95 of unknown rows, average precision', () => {
  const [known, unknown] = [Array.from({ length: 20 }, (_, i) => i), [-1, 18, 18.5, 19]];
  // 95 % of the known rows, 19 of them, are up to 18.
  expect(openSetMetrics([...known, ...unknown], [...known.map(() => 3), -1, -1, -2, -1])).toEqual({
    auroc: auroc(known, unknown),
    auprIn: auprIn(known, unknown),
    auprOut: auprOut(known, unknown),
    fpr95: 0.5,
  });
  expect(fprAtTpr(known, unknown, { tpr: 1 })).toBe(1);
});

it('refuses NaN, empty lists and bad options', () => {
  const two = [1, 2];
  expectError(() => auroc([], two), 'ERR_SHAPE', 'known has no score');
  expectError(() => auroc(two, new Float32Array(0)), 'ERR_SHAPE', 'unknown has no score');
  expectError(() => auprIn([0, Number.NaN], two), 'ERR_SHAPE', 'known[1] is NaN, which has no order');
  expectError(() => rocCurve(two, Float32Array.of(Number.NaN)), 'ERR_SHAPE', 'unknown[0] is NaN');
  expectError(() => auprOut(two, 'ab' as never), 'ERR_SHAPE', /unknown must be a Float32Array/);
  expectError(() => fprAtTpr(two, two, { tpr: 0 }), 'ERR_OPTION', 'tpr must be a number over 0 and up to 1, got 0');
  expectError(() => fprAtTpr(two, two, { tpr: 95 }), 'ERR_OPTION', /tpr/);
  expectError(() => fprAtTpr(two, two, { positive: 'in' as never }), 'ERR_OPTION', /positive must be "known" or/);
  expectError(() => auprIn(two, two, { method: 'steps' as never }), 'ERR_OPTION', /method must be "average-precision"/);
  expectError(() => auprIn(two, two, { metod: 'x' } as never), 'ERR_OPTION', /no option "metod"/);
  expectError(() => oscr(two, [true], two), 'ERR_SHAPE', 'isCorrect has 1 values, but there are 2 knownScores');
  expectError(() => oscr(two, [true, true], []), 'ERR_SHAPE', 'unknownScores has no score');
  expectError(() => oscr(two, ['cat', 'dog'], two), 'ERR_LABEL', 'isCorrect[0] is "cat"; expected true');
  expect(oscr(two, [false, false], two)).toBe(0);
  expectError(() => openSetMetrics(two, [0, 1]), 'ERR_SHAPE', 'target has no unknown row among 2');
  expectError(() => openSetMetrics(two, [-1, -1]), 'ERR_SHAPE', 'target has no known row among 2');
  expectError(() => openSetMetrics(two, [0]), 'ERR_SHAPE', 'scores has 2 rows of 1 values, but target has 1 labels');
  expectError(() => openSetMetrics(two, 'ab' as never), 'ERR_LABEL', /target must be an array/);
});
