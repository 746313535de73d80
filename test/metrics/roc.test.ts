// Metrics of known and unknown scores: as scikit-learn, pytorch-ood and OpenOOD, by their definitions, and refusals.
import {
  auprIn,
  auprOut,
  auroc,
  autc,
  fprAtTpr,
  openSetMetrics,
  oscr,
  oscrCurve,
  precisionRecallCurve,
  rocCurve,
  type Side,
} from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decision } from '../oracle/cases.js';
import { expectClose } from '../support/close.js';
import { expectError } from '../support/error.js';

/** Sums of rounded float64 terms. */
const EXACT = { relative: 1e-14, absolute: 1e-14 };

const SIDES = ['known', 'unknown'] as const;

describe('as scikit-learn, pytorch-ood and OpenOOD', () => {
  it.each(decision.scores)('$name', ({ name, known, unknown, isCorrect, sklearn, pytorchOod, openOOD }) => {
    expectClose(auroc(known, unknown), sklearn.auroc, EXACT);
    expectClose(auprIn(known, unknown), sklearn.known.averagePrecision, EXACT);
    expectClose(auprOut(known, unknown), sklearn.unknown.averagePrecision, EXACT);
    expectClose(auprIn(known, unknown, { method: 'trapezoid' }), sklearn.known.trapezoid, EXACT);
    expectClose(auprOut(known, unknown, { method: 'trapezoid' }), sklearn.unknown.trapezoid, EXACT);
    expectClose(fprAtTpr(known, unknown), sklearn.known.fpr95, EXACT);
    expectClose(fprAtTpr(known, unknown, { positive: 'unknown' }), sklearn.unknown.fpr95, EXACT);
    for (const positive of SIDES) {
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
      autc: autc(known, unknown),
    });
    expectClose(ours.autc, pytorchOod.AUTC, EXACT);
    expectClose(ours.auroc, pytorchOod.AUROC, EXACT);
    expectClose(ours.auprIn, pytorchOod['AUPR-IN'], EXACT);
    expectClose(ours.auprOut, pytorchOod['AUPR-OUT'], EXACT);
    expectClose(ours.fpr95, pytorchOod.FPR95TPR, EXACT);
    expectClose(oscr(known, isCorrect, unknown), pytorchOod.oscr, EXACT);
    // Where equal scores make three points of the curve a straight line, OpenOOD leaves out the one between.
    expectClose(ours.fpr95 + (name === 'exactly 95 %' ? 0.05 : 0), openOOD.fpr95, EXACT);
  });

  it.each(decision.weighted)('$name', ({ known, unknown, weight: sampleWeight, sklearn }) => {
    expectClose(auroc(known, unknown, { sampleWeight }), sklearn.auroc, EXACT);
    for (const positive of SIDES) {
      const expected = sklearn[positive];
      const aupr = positive === 'known' ? auprIn : auprOut;
      expectClose(aupr(known, unknown, { sampleWeight }), expected.averagePrecision, EXACT);
      expectClose(aupr(known, unknown, { sampleWeight, method: 'trapezoid' }), expected.trapezoid, EXACT);
      expectClose(fprAtTpr(known, unknown, { sampleWeight, positive }), expected.fpr95, EXACT);
      const [roc, pr] = [rocCurve, precisionRecallCurve].map((curve) =>
        curve(known, unknown, { positive, sampleWeight }),
      ) as [ReturnType<typeof rocCurve>, ReturnType<typeof precisionRecallCurve>];
      expectClose(roc.fpr, expected.fpr, EXACT);
      expectClose(roc.tpr, expected.tpr, EXACT);
      expectClose(pr.precision.reverse(), expected.precision, EXACT);
      expectClose(pr.recall.reverse(), expected.recall, EXACT);
      expect([...pr.thresholds]).toEqual([...roc.thresholds]);
    }
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

/** Rows of one side: a score, a weight, and whether the class is right. */
interface Row {
  readonly score: number;
  readonly weight: number;
  readonly isCorrect: boolean;
}

const INFINITY = Number.POSITIVE_INFINITY;

/** Rows of which one has a weight. Weights are eighths, so that their sums are exact. */
const rows = fc
  .array(
    fc.record({
      score: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -4, max: 6 }) }, fc.constantFrom(-INFINITY, INFINITY)),
      weight: fc.integer({ min: 0, max: 20 }).map((value) => value / 8),
      isCorrect: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .filter((rows) => rows.some(({ weight }) => weight > 0));

const scoresOf = (rows: readonly Row[]) => rows.map(({ score }) => score);
const weightsOf = (rows: readonly Row[]) => rows.map(({ weight }) => weight);
const correctOf = (rows: readonly Row[]) => rows.map(({ isCorrect }) => isCorrect);
const sum = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const total = (rows: readonly Row[]) => sum(weightsOf(rows));

/** Area under points by trapezoids, or by steps of the value at the end. */
const area = (x: ArrayLike<number>, y: ArrayLike<number>, isTrapezoid = true): number =>
  sum(
    Array.from({ length: x.length - 1 }, (_, i) => {
      const [x0, x1, y0, y1] = [x[i], x[i + 1], y[i], y[i + 1]] as [number, number, number, number];
      return (x1 - x0) * (isTrapezoid ? (y0 + y1) / 2 : y1);
    }),
  );

/** Points of every threshold by their definition: TP and FP are sums over all rows. */
function definition(known: readonly Row[], unknown: readonly Row[], positive: Side) {
  const sign = positive === 'known' ? 1 : -1;
  const [found, other] = positive === 'known' ? [known, unknown] : [unknown, known];
  const counted = [...known, ...unknown].filter(({ weight }) => weight > 0);
  const thresholds = [...new Set(scoresOf(counted))].sort((a, b) => sign * (a - b) || 0);
  const passed = (rows: readonly Row[], t: number) => total(rows.filter(({ score }) => sign * score <= sign * t));
  const [tp, fp] = [found, other].map((rows) => [0, ...thresholds.map((t) => passed(rows, t))]) as [number[], number[]];
  return {
    fpr: fp.map((count) => count / total(other)),
    tpr: tp.map((count) => count / total(found)),
    precision: tp.map((count, i) => (i === 0 ? 1 : count / (count + (fp[i] as number)))),
    thresholds: [-sign * INFINITY, ...thresholds],
  };
}

describe('by their definitions', () => {
  it('curves, with weights, ties and infinite scores; each number is an area or a point of its curve', () => {
    fc.assert(
      fc.property(rows, rows, fc.double({ min: 0.01, max: 1, noNaN: true }), (knownRows, unknownRows, tpr) => {
        const [known, unknown] = [scoresOf(knownRows), scoresOf(unknownRows)];
        const sampleWeight = { known: weightsOf(knownRows), unknown: weightsOf(unknownRows) };
        for (const positive of SIDES) {
          const { precision, ...points } = definition(knownRows, unknownRows, positive);
          const roc = rocCurve(known, unknown, { positive, sampleWeight });
          expect([...roc.fpr]).toEqual(points.fpr);
          expect([...roc.tpr]).toEqual(points.tpr);
          expect([...roc.thresholds]).toEqual(points.thresholds);
          expectClose(auroc(known, unknown, { sampleWeight }), area(roc.fpr, roc.tpr), EXACT);
          const first = points.tpr.findIndex((share) => share >= tpr);
          expect(fprAtTpr(known, unknown, { positive, tpr, sampleWeight })).toBe(points.fpr[first]);
          const pr = precisionRecallCurve(known, unknown, { positive, sampleWeight });
          expect([...pr.precision]).toEqual(precision);
          expect([...pr.recall]).toEqual(points.tpr);
          const aupr = positive === 'known' ? auprIn : auprOut;
          expectClose(aupr(known, unknown, { sampleWeight }), area(pr.recall, pr.precision, false), EXACT);
          const trapezoids = aupr(known, unknown, { sampleWeight, method: 'trapezoid' });
          expectClose(trapezoids, area(pr.recall, pr.precision), EXACT);
        }
      }),
    );
  });

  it('OSCR: pairs, its curve, and the points of the code of Dhamija et al. 2018', () => {
    fc.assert(
      fc.property(rows, rows, (knownRows, unknownRows) => {
        const isCorrect = correctOf(knownRows);
        const sampleWeight = { known: weightsOf(knownRows), unknown: weightsOf(unknownRows) };
        const options = [scoresOf(knownRows), isCorrect, scoresOf(unknownRows), { sampleWeight }] as const;
        const curve = oscrCurve(...options);
        const correct = knownRows.filter((row) => row.isCorrect);
        const pairs = unknownRows.flatMap((u) =>
          correct.map((k) => u.weight * k.weight * (u.score > k.score ? 1 : u.score === k.score ? 0.5 : 0)),
        );
        expectClose(oscr(...options), sum(pairs) / total(knownRows) / total(unknownRows), EXACT);
        expectClose(oscr(...options), area(curve.fpr, curve.ccr), EXACT);
        // A point for each unknown row: the correct rows below it, before the threshold that it passes.
        for (const { score } of unknownRows.filter(({ weight }) => weight > 0)) {
          const ccr = total(correct.filter((row) => row.score < score)) / total(knownRows);
          expect(curve.ccr[curve.thresholds.indexOf(score, 1) - 1]).toBe(ccr);
        }
        expect(curve.thresholds[0]).toBe(-INFINITY);
        expect(curve.fpr[curve.fpr.length - 1]).toBe(1);
      }),
    );
  });

  it('AUTC: mean of FPR and FNR over all thresholds of the scaled scores', () => {
    fc.assert(
      fc.property(rows, rows, (knownRows, unknownRows) => {
        const { fpr, tpr, thresholds } = definition(knownRows, unknownRows, 'known');
        const [low, high] = [thresholds[1], thresholds[thresholds.length - 1]] as [number, number];
        // Up to each threshold, a share `fpr` of the unknown rows is missed, and 1 − `tpr` of the known rows is refused.
        const missed = fpr.map((share, i) => (share + 1 - (tpr[i] as number)) / 2);
        const expected = sum(
          thresholds.slice(1, -1).map((t, i) => (missed[i + 1] as number) * ((thresholds[i + 2] as number) - t)),
        );
        const sampleWeight = { known: weightsOf(knownRows), unknown: weightsOf(unknownRows) };
        const value = autc(scoresOf(knownRows), scoresOf(unknownRows), { sampleWeight });
        expectClose(value, Number.isFinite(high - low) ? expected / (high - low) : Number.NaN, EXACT);
      }),
    );
  });

  it('a row of weight n counts as n rows, a row of weight 0 as none', () => {
    const counts = fc.array(fc.tuple(fc.integer({ min: -4, max: 6 }), fc.integer({ min: 0, max: 3 }), fc.boolean()), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(counts, counts, (known, unknown) => {
        const repeat = (rows: typeof known) => [...rows, [0, 1, true] as const];
        const [k, u] = [repeat(known), repeat(unknown)];
        const given = (rows: typeof k) => rows.map(([score, weight, isCorrect]) => ({ score, weight, isCorrect }));
        const many = (rows: typeof k) => given(rows).flatMap((row) => Array<Row>(row.weight).fill(row));
        const sampleWeight = { known: weightsOf(given(k)), unknown: weightsOf(given(u)) };
        const [one, repeated] = [given, many].map((rowsOf) => [rowsOf(k), rowsOf(u)]) as [
          [Row[], Row[]],
          [Row[], Row[]],
        ];
        const metrics = [auroc, auprIn, auprOut, fprAtTpr, rocCurve, precisionRecallCurve];
        for (const metric of metrics as (typeof auroc)[]) {
          const [a, b] = one.map(scoresOf) as [number[], number[]];
          const [c, d] = repeated.map(scoresOf) as [number[], number[]];
          expect(metric(a, b, { sampleWeight })).toEqual(metric(c, d));
          if (metric === auroc) expectClose(autc(a, b, { sampleWeight }), autc(c, d), EXACT);
        }
        for (const metric of [oscr, oscrCurve]) {
          const [a, b] = [one, repeated].map(([known, unknown]) => [
            scoresOf(known),
            correctOf(known),
            scoresOf(unknown),
          ]) as [[number[], boolean[], number[]], [number[], boolean[], number[]]];
          expect(metric(...a, { sampleWeight })).toEqual(metric(...b));
        }
        const target = [...k.map(() => 0), ...u.map(() => -1)];
        const weights = [...sampleWeight.known, ...sampleWeight.unknown];
        const all = openSetMetrics(one.flatMap(scoresOf), target, { sampleWeight: weights });
        expect(all.auprOut).toBe(auprOut(scoresOf(one[0]), scoresOf(one[1]), { sampleWeight }));
        expect(all.auroc).toBe(auroc(scoresOf(repeated[0]), scoresOf(repeated[1])));
      }),
    );
  });

  it('counts stay exact where those of 32 bits would overflow', () => {
    const [known, unknown] = [0, 500].map((from) =>
      Float64Array.from({ length: 100_000 }, (_, i) => (i % 1000) + from),
    );
    // There are 10⁶ pairs of values: 500·499/2 are in the wrong order, and 500 tie.
    expect(auroc(known as Float64Array, unknown as Float64Array)).toBe(0.875);
  });
});

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

  it('both zeros tie', () => {
    const sampleWeight = { known: [1, 2], unknown: [3] };
    expect([auroc([0, -0], [-0]), auroc([0, -0], [0], { sampleWeight })]).toEqual([0.5, 0.5]);
    expect(precisionRecallCurve([0, -0], [-0], { sampleWeight }).precision.length).toBe(2);
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
    autc: autc(known, unknown),
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
  const weigh = (sampleWeight: unknown) => () => auroc(two, [1], { sampleWeight: sampleWeight as never });
  expectError(weigh([1, 1]), 'ERR_OPTION', 'sampleWeight must be { known, unknown } with a list of weights for each');
  expectError(weigh({ knwon: two }), 'ERR_OPTION', 'there is no option "knwon"; the options are known, unknown');
  expectError(weigh({ known: [1] }), 'ERR_SHAPE', 'sampleWeight.known has 1 values, but there are 2 known rows');
  expectError(weigh({ known: [1, -1] }), 'ERR_OPTION', 'sampleWeight.known[1] must be a finite number ≥ 0, got -1');
  expectError(weigh({ unknown: [Number.NaN] }), 'ERR_OPTION', /unknown\[0\] must be a finite number ≥ 0, got NaN/);
  expectError(weigh({ known: null }), 'ERR_SHAPE', /sampleWeight.known must be a Float32Array/);
  expectError(weigh({ unknown: [0] }), 'ERR_OPTION', 'sampleWeight.unknown has the sum 0; expected at least 1e-100');
  const noKnown = () => openSetMetrics(two, [0, -1], { sampleWeight: [0, 1] });
  expectError(noKnown, 'ERR_OPTION', 'sampleWeight of the known rows has the sum 0');
  expectError(() => oscrCurve(two, [true], two), 'ERR_SHAPE', 'isCorrect has 1 values');
  expectError(() => precisionRecallCurve(two, two, { positive: 'in' as never }), 'ERR_OPTION', /positive must be/);
  expectError(() => autc(two, []), 'ERR_SHAPE', 'unknown has no score');
});
