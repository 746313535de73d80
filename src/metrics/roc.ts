import { newDoubles } from '../validate/allocate.js';
import { copyOfArray, lengthOf } from '../validate/arrays.js';
import {
  asNumbers,
  checkChoice,
  checkOptions,
  checkRowsMatch,
  copyOfEach,
  FINITE_SIZE,
  type Floats,
  isArray,
  show,
} from '../validate/checks.js';
import { CenterLossError, quoted } from '../validate/errors.js';
import { isKnown, type Target } from '../validate/labels.js';
import { checkOrdered, checkTpr, copyOfScores } from './scores.js';
import {
  chosen,
  fprAt,
  pointsOf,
  precisionArea,
  type Ranked,
  rank,
  rankArea,
  type Side,
  type Sides,
  thresholdArea,
} from './ties.js';

// Metrics of how well scores tell known rows from unknown ones: the larger a score, the more unknown the row. Rows of
// equal scores pass a threshold together, so that no metric depends on the order in which they come.

/** Options of metrics that have no positive side, or whose name tells it. */
export interface RankingOptions {
  /**
   * Weight of each known and of each unknown row, finite and 0 or more: a row of weight 2 counts as two rows, a row of
   * weight 0 as none, as scikit-learn's `sample_weight`. Default 1 for every row of a side that has no list.
   */
  readonly sampleWeight?: {
    /** Weights of the known rows. Default 1 each. */
    readonly known?: Floats;
    /** Weights of the unknown rows. Default 1 each. */
    readonly unknown?: Floats;
  };
}

/** Options of curves. */
export interface CurveOptions extends RankingOptions {
  /** Rows to be found, as in {@link FprOptions}: 'known' (default), whose scores are the lowest, or 'unknown'. */
  readonly positive?: Side;
}

/** Options of {@link auprIn} and {@link auprOut}. */
export interface AuprOptions extends RankingOptions {
  /**
   * 'average-precision' (default): area by the steps of the curve, Σ (R_i − R_{i−1})·P_i, as scikit-learn's
   * `average_precision_score`. 'trapezoid': Σ (R_i − R_{i−1})·(P_i + P_{i−1})/2, as pytorch-ood's `OODMetrics` and
   * OpenOOD, which is too high where there are few scores (Davis & Goadrich 2006).
   */
  readonly method?: 'average-precision' | 'trapezoid';
}

type AuprMethod = NonNullable<AuprOptions['method']>;

const METHODS: readonly AuprMethod[] = ['average-precision', 'trapezoid'];

const SIDES: readonly Side[] = ['known', 'unknown'];

/** Options of {@link fprAtTpr}. */
export interface FprOptions extends RankingOptions {
  /** Share of the positive rows that must be found, over 0 and up to 1. Default 0.95. */
  readonly tpr?: number;
  /**
   * Rows that must be found. The two conventions give different rates for the same scores, so compare rates of one only.
   *
   * - 'known' (default): share of the unknown rows that pass as known where 95 % of the known rows do, as ODIN (Liang et
   *   al. 2018) and OpenOOD 1.0. The `tpr` of `fitThreshold` is of the known rows, too.
   * - 'unknown': share of the known rows that are rejected where 95 % of the unknown rows are, as pytorch-ood's
   *   `OODMetrics` and OpenOOD 1.5 (its code since August 2023).
   */
  readonly positive?: Side;
}

/** Points of the ROC curve. */
export interface RocCurve {
  /** Share of the other side's rows that count as positive. */
  readonly fpr: Float64Array<ArrayBuffer>;
  /** Share of the positive rows that count as positive. */
  readonly tpr: Float64Array<ArrayBuffer>;
  /** Score of each point, from which on rows count as positive; the first is ±Infinity, which no row reaches. */
  readonly thresholds: Float64Array<ArrayBuffer>;
}

/** Points of the precision-recall curve, in the order of {@link RocCurve}: the same point has the same threshold. */
export interface PrecisionRecallCurve {
  /** Share of the rows that count as positive that are positive; the first is 1, where no row counts. */
  readonly precision: Float64Array<ArrayBuffer>;
  /** Share of the positive rows that count as positive. */
  readonly recall: Float64Array<ArrayBuffer>;
  /** Score of each point, from which on rows count as positive; the first is ±Infinity, which no row reaches. */
  readonly thresholds: Float64Array<ArrayBuffer>;
}

/** Points of the open-set classification rate. */
export interface OscrCurve {
  /** Share of the unknown rows that pass as known. */
  readonly fpr: Float64Array<ArrayBuffer>;
  /** Correct classification rate: share of the known rows that pass and are classified correctly. */
  readonly ccr: Float64Array<ArrayBuffer>;
  /** Score of each point, up to which rows pass; the first is −Infinity, where none does. */
  readonly thresholds: Float64Array<ArrayBuffer>;
}

/** Options of {@link openSetMetrics}. */
export interface OpenSetMetricsOptions extends Pick<AuprOptions, 'method'>, Pick<FprOptions, 'positive'> {
  /** Weight of each row [B], finite and 0 or more. Default 1. */
  readonly sampleWeight?: Floats;
}

/** Metrics of scores of known and unknown rows. */
export interface OpenSetMetrics {
  /** Area under the ROC curve. */
  readonly auroc: number;
  /** Area under the precision-recall curve with known rows as positives. */
  readonly auprIn: number;
  /** Area under the precision-recall curve with unknown rows as positives. */
  readonly auprOut: number;
  /** False positive rate where 95 % of the rows of the side `positive` are found; by default, of the known rows. */
  readonly fpr95: number;
  /** Area under the threshold curve, as {@link autc}. */
  readonly autc: number;
}

/** Scores that were checked, and their weights. */
interface Given {
  readonly scores: Float64Array;
  readonly weights: Float64Array | undefined;
}

/** @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY` */
function takeGiven(
  known: Floats,
  unknown: Floats,
  { sampleWeight = {} }: RankingOptions,
  names = { known: 'known', unknown: 'unknown' },
): Record<Side, Given> {
  if (typeof sampleWeight !== 'object' || sampleWeight === null || isArray(sampleWeight)) {
    throw new CenterLossError(
      'ERR_OPTION',
      `sampleWeight must be { known, unknown } with a list of weights for each, got ${show(sampleWeight)}`,
    );
  }
  checkOptions(sampleWeight, SIDES);
  const lists = { known: copyOfScores(known, names.known), unknown: copyOfScores(unknown, names.unknown) };
  const given = (side: Side): Given => {
    const [scores, name] = [lists[side], `sampleWeight.${side}`];
    return { scores, weights: takeWeights(sampleWeight[side], name, scores.length, `${names[side]} rows`) };
  };
  return { known: given('known'), unknown: given('unknown') };
}

/** Copies weights; undefined for none. @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY` */
function takeWeights(weights: Floats | undefined, name: string, rows: number, of: string): Float64Array | undefined {
  return weights === undefined ? undefined : copyOfEach(weights, name, rows, of, FINITE_SIZE, newDoubles);
}

/** Least sum of the weights of a side: products of two sums do not underflow. */
const MIN_TOTAL = 1e-100;

/** Adds weights, without any the rows. @throws CenterLossError `ERR_OPTION` unless the rows have a weight */
function totalOf({ scores, weights }: Given, name: string): number {
  if (!weights) return scores.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total >= MIN_TOTAL) return total;
  throw new CenterLossError(
    'ERR_OPTION',
    `${name} has the sum ${total}; expected at least ${MIN_TOTAL}: a row must count`,
  );
}

/** @throws CenterLossError `ERR_OPTION`, `ERR_OUT_OF_MEMORY` */
function rankOf(given: Given, name: string): Ranked {
  totalOf(given, name);
  return rank(given.scores, given.weights);
}

/** Checks the scores of both sides and sorts them. @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY` */
function takeSides(known: Floats, unknown: Floats, options: RankingOptions): Sides {
  const given = takeGiven(known, unknown, options);
  return { known: rankOf(given.known, 'sampleWeight.known'), unknown: rankOf(given.unknown, 'sampleWeight.unknown') };
}

/**
 * Area under the ROC curve: share of the pairs of an unknown and a known row of which the unknown one has the larger
 * score; pairs of equal scores count by half (Mann–Whitney's U). It is 0.5 for scores that say nothing, and 1 for a
 * perfect separation.
 *
 * The same as scikit-learn's `roc_auc_score`.
 * @param known scores of known rows
 * @param unknown scores of unknown rows
 * @throws CenterLossError `ERR_SHAPE` for no score, NaN, anything but a list of numbers, and another number of weights;
 * `ERR_OPTION` for weights that are below 0, not finite, or all 0; `ERR_OUT_OF_MEMORY`
 */
export function auroc(known: Floats, unknown: Floats, options: RankingOptions = {}): number {
  checkOptions(options, ['sampleWeight']);
  return rankArea(takeSides(known, unknown, options), 'unknown');
}

/**
 * Area under precision over recall for finding the known rows, which have the smallest scores.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}
 */
export function auprIn(known: Floats, unknown: Floats, options: AuprOptions = {}): number {
  return aupr(known, unknown, 'known', options);
}

/**
 * Area under precision over recall for finding the unknown rows, which have the largest scores.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}
 */
export function auprOut(known: Floats, unknown: Floats, options: AuprOptions = {}): number {
  return aupr(known, unknown, 'unknown', options);
}

function aupr(known: Floats, unknown: Floats, positive: Side, options: AuprOptions): number {
  checkOptions(options, ['method', 'sampleWeight']);
  const areTrapezoids = hasTrapezoids(options);
  return precisionArea(takeSides(known, unknown, options), positive, areTrapezoids);
}

/** @throws CenterLossError `ERR_OPTION` */
function hasTrapezoids({ method = 'average-precision' }: Pick<AuprOptions, 'method'>): boolean {
  checkChoice(method, 'method', METHODS);
  return method === 'trapezoid';
}

/** @throws CenterLossError `ERR_OPTION` */
function positiveOf({ positive = 'known' }: Pick<CurveOptions, 'positive'>): Side {
  checkChoice(positive, 'positive', SIDES);
  return positive;
}

/**
 * False positive rate at the first threshold where the true positive rate reaches `tpr`: the first such point of
 * {@link rocCurve}. The thresholds are the scores themselves; nothing is interpolated. The known rows are the positives;
 * pytorch-ood and OpenOOD 1.5 take the unknown ones: `{ positive: 'unknown' }` gives their rate. (Where scores tie,
 * OpenOOD's can be of a later threshold: it leaves out the points of the ROC curve that lie on straight lines.)
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}
 */
export function fprAtTpr(known: Floats, unknown: Floats, options: FprOptions = {}): number {
  checkOptions(options, ['tpr', 'positive', 'sampleWeight']);
  const { tpr = 0.95 } = options;
  checkTpr(tpr);
  const positive = positiveOf(options);
  return fprAt(takeSides(known, unknown, options), positive, tpr);
}

/**
 * Area under the threshold curve (Humblot-Renaux et al. 2023): mean of the areas under the false positive rate and under
 * the false negative rate over all thresholds, once the scores s are scaled to 0 … 1. It is ½·(mean of s over the known
 * rows + mean of 1 − s over the unknown rows), as `AUTC` of pytorch-ood 0.4.0. It is 0 if all known rows have the lowest
 * score and all unknown rows the highest; unlike the AUROC, it tells how far apart they are.
 * @returns NaN for scores that are all the same, or one of which is infinite
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}
 */
export function autc(known: Floats, unknown: Floats, options: RankingOptions = {}): number {
  checkOptions(options, ['sampleWeight']);
  return thresholdArea(takeSides(known, unknown, options));
}

/** Takes what OSCR needs: the correctly classified known rows against the unknown ones, and the weight of all known. */
function takeOscr(
  knownScores: Floats,
  isCorrect: ArrayLike<unknown>,
  unknownScores: Floats,
  options: RankingOptions,
): { readonly sides: Sides; readonly total: number } {
  checkOptions(options, ['sampleWeight']);
  const { known, unknown } = takeGiven(knownScores, unknownScores, options, {
    known: 'knownScores',
    unknown: 'unknownScores',
  });
  const rows = known.scores.length;
  const given = isCorrect?.length;
  if (given !== rows) {
    throw new CenterLossError('ERR_SHAPE', `isCorrect has ${given} values, but there are ${rows} knownScores`);
  }
  const areCorrect = copyOfArray(isCorrect, rows);
  const first = areCorrect[0];
  if (typeof first === 'string') {
    throw new CenterLossError('ERR_LABEL', `isCorrect[0] is ${quoted(first)}; expected true where the class is right`);
  }
  const total = totalOf(known, 'sampleWeight.known');
  const weights = known.weights && chosen(known.weights, areCorrect);
  const correct = rank(chosen(known.scores, areCorrect), weights);
  return { sides: { known: correct, unknown: rankOf(unknown, 'sampleWeight.unknown') }, total };
}

/**
 * Area under the open-set classification rate: share of the pairs of an unknown and a known row of which the known one
 * has the smaller score and is classified correctly; pairs of equal scores count by half. It is the area under the
 * correct classification rate over the false positive rate of Dhamija et al. 2018 ({@link oscrCurve}), by trapezoids
 * between all thresholds, as `oscr_score` of pytorch-ood 0.4.0.
 * @param knownScores scores of known rows
 * @param isCorrect truthy for each known row whose predicted class is right, else falsy
 * @param unknownScores scores of unknown rows
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}; `ERR_SHAPE` unless `isCorrect` has as many values
 * as `knownScores`; `ERR_LABEL` for names in `isCorrect`
 */
export function oscr(
  knownScores: Floats,
  isCorrect: ArrayLike<unknown>,
  unknownScores: Floats,
  options: RankingOptions = {},
): number {
  const { sides, total } = takeOscr(knownScores, isCorrect, unknownScores, options);
  return rankArea(sides, 'known', total);
}

/**
 * Curve of the open-set classification rate, CCR over FPR (Dhamija et al. 2018), with a point for every distinct score of
 * the unknown and the correctly classified known rows. Its area by trapezoids is {@link oscr}. (The code of the paper has
 * one point for each unknown row, with the CCR of the scores below it.)
 * @throws CenterLossError as {@link oscr}
 */
export function oscrCurve(
  knownScores: Floats,
  isCorrect: ArrayLike<unknown>,
  unknownScores: Floats,
  options: RankingOptions = {},
): OscrCurve {
  const { sides, total } = takeOscr(knownScores, isCorrect, unknownScores, options);
  const { tp, fp, thresholds } = pointsOf(sides, 'known');
  return { fpr: dividedBy(fp, last(fp)), ccr: dividedBy(tp, total), thresholds };
}

/** Divides in place. */
function dividedBy(values: Float64Array<ArrayBuffer>, divisor: number): Float64Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / divisor;
  return values;
}

const last = (values: Float64Array): number => values[values.length - 1] as number;

/**
 * ROC curve with a point for every distinct score, as scikit-learn's `roc_curve` with `drop_intermediate=False`.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}
 */
export function rocCurve(known: Floats, unknown: Floats, options: CurveOptions = {}): RocCurve {
  checkOptions(options, ['positive', 'sampleWeight']);
  const positive = positiveOf(options);
  const { tp, fp, thresholds } = pointsOf(takeSides(known, unknown, options), positive);
  return { fpr: dividedBy(fp, last(fp)), tpr: dividedBy(tp, last(tp)), thresholds };
}

/**
 * Precision-recall curve with a point for every distinct score: precision TP/(TP + FP) over recall TP/P. Its area by
 * steps is {@link auprIn} or, for `{ positive: 'unknown' }`, {@link auprOut}. scikit-learn's `precision_recall_curve`
 * has the same points in the opposite order, and no threshold for the one of recall 0.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, as {@link auroc}
 */
export function precisionRecallCurve(known: Floats, unknown: Floats, options: CurveOptions = {}): PrecisionRecallCurve {
  checkOptions(options, ['positive', 'sampleWeight']);
  const positive = positiveOf(options);
  const { tp, fp: precision, thresholds } = pointsOf(takeSides(known, unknown, options), positive);
  precision[0] = 1;
  for (let i = 1; i < tp.length; i++) {
    precision[i] = (tp[i] as number) / ((tp[i] as number) + (precision[i] as number));
  }
  return { precision, recall: dividedBy(tp, last(tp)), thresholds };
}

/**
 * Usual metrics at once. `{ method: 'trapezoid', positive: 'unknown' }` gives those of pytorch-ood's `OODMetrics` and of
 * OpenOOD 1.5; by default the AUPR is average precision, and the false positive rate is that of {@link fprAtTpr}.
 * @param scores score of each row [B]
 * @param target labels [B], below 0 = unknown; or names, null = unknown
 * @throws CenterLossError `ERR_SHAPE` if there are no known or no unknown rows, and as {@link auroc}; `ERR_LABEL`,
 * `ERR_OPTION`
 */
export function openSetMetrics(scores: Floats, target: Target, options: OpenSetMetricsOptions = {}): OpenSetMetrics {
  checkOptions(options, ['method', 'positive', 'sampleWeight']);
  const positive = positiveOf(options);
  const areTrapezoids = hasTrapezoids(options);
  const numbers = asNumbers(scores, 'scores');
  const isKnownRow = isKnown(target);
  const rows = isKnownRow.length;
  checkRowsMatch(lengthOf(numbers), 'scores', 1, rows);
  checkOrdered(numbers, 'scores');
  const weights = takeWeights(options.sampleWeight, 'sampleWeight', rows, 'rows');
  const sideOf = (side: Side): Ranked => {
    const isOfSide = side === 'known' ? isKnownRow : isKnownRow.map((isKnown) => 1 - isKnown);
    const of = { scores: chosen(numbers, isOfSide), weights: weights && chosen(weights, isOfSide) };
    if (of.scores.length > 0) return rankOf(of, `sampleWeight of the ${side} rows`);
    throw new CenterLossError('ERR_SHAPE', `target has no ${side} row among ${rows}: there is nothing to compare`);
  };
  const sides = { known: sideOf('known'), unknown: sideOf('unknown') };
  return {
    auroc: rankArea(sides, 'unknown'),
    auprIn: precisionArea(sides, 'known', areTrapezoids),
    auprOut: precisionArea(sides, 'unknown', areTrapezoids),
    fpr95: fprAt(sides, positive, 0.95),
    autc: thresholdArea(sides),
  };
}
