import { copyDoubles } from '../memory/views.js';
import { newDoubles } from '../validate/allocate.js';
import { copyOfArray, lengthOf, type NumberArray } from '../validate/arrays.js';
import { asNumbers, checkChoice, checkOptions, checkRowsMatch, type Floats } from '../validate/checks.js';
import { CenterLossError, quoted } from '../validate/errors.js';
import { isKnown, type Target } from '../validate/labels.js';
import { Positive, RankingMetric, type Scores as RustScores, ScoresArray } from '../wasm/bindings.js';
import { asScores, checkOrdered, checkTpr, takeScores } from './scores.js';

// Metrics of how well scores tell known rows from unknown ones: the larger a score, the more unknown the row. Rows of
// equal scores pass a threshold together, so that no metric depends on the order in which they come.

/** Rows that a metric looks for. */
export type Side = 'known' | 'unknown';

const SIDES = { known: 'Known', unknown: 'Unknown' } as const satisfies Record<Side, keyof typeof Positive>;

/** Options of {@link auprIn} and {@link auprOut}. */
export interface AuprOptions {
  /**
   * 'average-precision' (default): area by the steps of the curve, Σ (R_i − R_{i−1})·P_i, as scikit-learn's
   * `average_precision_score`. 'trapezoid': Σ (R_i − R_{i−1})·(P_i + P_{i−1})/2, as pytorch-ood's `OODMetrics` and
   * OpenOOD, which is too high where there are few scores (Davis & Goadrich 2006).
   */
  readonly method?: 'average-precision' | 'trapezoid';
}

type AuprMethod = NonNullable<AuprOptions['method']>;

const METHODS = {
  'average-precision': 'AveragePrecision',
  trapezoid: 'TrapezoidPrecision',
} as const satisfies Record<AuprMethod, keyof typeof RankingMetric>;

/** Options of {@link fprAtTpr}. */
export interface FprOptions {
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
}

/** Takes the scores of both sides. @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY` */
const asSides = (known: Floats, unknown: Floats) => ({
  known: asScores(known, 'known'),
  unknown: asScores(unknown, 'unknown'),
});

/** Checks the scores of both sides and copies them in, ascending. @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY` */
function takeSides(call: string, known: Floats, unknown: Floats, withCurve = false): RustScores {
  return takeScores(call, { ...asSides(known, unknown), withCurve });
}

/**
 * Area under the ROC curve: share of the pairs of an unknown and a known row of which the unknown one has the larger
 * score; pairs of equal scores count by half (Mann–Whitney's U). It is 0.5 for scores that say nothing, and 1 for a
 * perfect separation.
 *
 * The same as scikit-learn's `roc_auc_score`.
 * @param known scores of known rows
 * @param unknown scores of unknown rows
 * @throws CenterLossError `ERR_SHAPE` for no score, NaN, and anything but a list of numbers; `ERR_OUT_OF_MEMORY`
 */
export function auroc(known: Floats, unknown: Floats): number {
  const sides = asSides(known, unknown);
  return takeScores('auroc', sides).measure(RankingMetric.Area, Positive.Unknown, lengthOf(sides.unknown));
}

/**
 * Area under precision over recall for finding the known rows, which have the smallest scores.
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function auprIn(known: Floats, unknown: Floats, options: AuprOptions = {}): number {
  return aupr('auprIn', known, unknown, Positive.Known, options);
}

/**
 * Area under precision over recall for finding the unknown rows, which have the largest scores.
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function auprOut(known: Floats, unknown: Floats, options: AuprOptions = {}): number {
  return aupr('auprOut', known, unknown, Positive.Unknown, options);
}

function aupr(call: string, known: Floats, unknown: Floats, positive: Positive, options: AuprOptions): number {
  checkOptions(options, ['method']);
  const metric = auprMetric(options);
  return takeSides(call, known, unknown).measure(metric, positive, 0);
}

/** @throws CenterLossError `ERR_OPTION` */
function auprMetric({ method = 'average-precision' }: AuprOptions): RankingMetric {
  checkChoice(method, 'method', Object.keys(METHODS) as AuprMethod[]);
  return RankingMetric[METHODS[method]];
}

/**
 * False positive rate at the first threshold where the true positive rate reaches `tpr`. The thresholds are the scores
 * themselves; nothing is interpolated. The known rows are the positives; pytorch-ood and OpenOOD 1.5 take the unknown
 * ones: `{ positive: 'unknown' }` gives their rate. (Where scores tie, OpenOOD's can be of a later threshold: it leaves
 * out the points of the ROC curve that lie on straight lines.)
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function fprAtTpr(known: Floats, unknown: Floats, options: FprOptions = {}): number {
  checkOptions(options, ['tpr', 'positive']);
  const { tpr = 0.95, positive = 'known' } = options;
  checkTpr(tpr);
  const side = rustSide(positive);
  return takeSides('fprAtTpr', known, unknown).measure(RankingMetric.FprAtTpr, side, tpr);
}

/** @throws CenterLossError `ERR_OPTION` */
function rustSide(positive: Side): Positive {
  checkChoice(positive, 'positive', Object.keys(SIDES) as Side[]);
  return Positive[SIDES[positive]];
}

/**
 * Area under the open-set classification rate: share of the pairs of an unknown and a known row of which the known one
 * has the smaller score and is classified correctly; pairs of equal scores count by half. It is the area under the
 * correct classification rate over the false positive rate of Dhamija et al. 2018, by trapezoids between all thresholds,
 * as `oscr_score` of pytorch-ood 0.4.0.
 * @param knownScores scores of known rows
 * @param isCorrect truthy for each known row whose predicted class is right, else falsy
 * @param unknownScores scores of unknown rows
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}, and unless `isCorrect` has as many values as `knownScores`;
 * `ERR_LABEL` for names in `isCorrect`
 */
export function oscr(knownScores: Floats, isCorrect: ArrayLike<unknown>, unknownScores: Floats): number {
  const known = asScores(knownScores, 'knownScores');
  const unknown = asScores(unknownScores, 'unknownScores');
  const rows = lengthOf(known);
  const given = isCorrect?.length;
  if (given !== rows) {
    throw new CenterLossError('ERR_SHAPE', `isCorrect has ${given} values, but there are ${rows} knownScores`);
  }
  const areCorrect = copyOfArray(isCorrect, rows);
  const first = areCorrect[0];
  if (typeof first === 'string') {
    throw new CenterLossError('ERR_LABEL', `isCorrect[0] is ${quoted(first)}; expected true where the class is right`);
  }
  const correct = chosen(known, areCorrect);
  if (correct.length === 0) return 0;
  const scores = takeScores('oscr', { known: correct, unknown });
  return scores.measure(RankingMetric.Area, Positive.Known, rows);
}

/** Copies the chosen scores. `filter` would keep a list of objects first: ten times the memory of millions of scores. */
function chosen(scores: NumberArray, isChosen: ArrayLike<unknown>): Float64Array<ArrayBuffer> {
  const all = newDoubles(lengthOf(scores));
  let count = 0;
  for (let i = 0; i < all.length; i++) if (isChosen[i]) all[count++] = scores[i] as number;
  return all.subarray(0, count);
}

/**
 * ROC curve with a point for every distinct score, as scikit-learn's `roc_curve` with `drop_intermediate=False`.
 * @param options.positive rows to be found. Default 'unknown', whose scores are the highest; that of `fprAtTpr` is 'known'
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function rocCurve(known: Floats, unknown: Floats, options: { readonly positive?: Side } = {}): RocCurve {
  checkOptions(options, ['positive']);
  const side = rustSide(options.positive ?? 'unknown');
  const scores = takeSides('rocCurve', known, unknown, true);
  const points = scores.roc_curve(side);
  return {
    fpr: copyDoubles(scores.address(ScoresArray.Fpr), points),
    tpr: copyDoubles(scores.address(ScoresArray.Tpr), points),
    thresholds: copyDoubles(scores.address(ScoresArray.Thresholds), points),
  };
}

/**
 * Usual metrics at once. `{ method: 'trapezoid', positive: 'unknown' }` gives those of pytorch-ood's `OODMetrics` and of
 * OpenOOD 1.5; by default the AUPR is average precision, and the false positive rate is that of {@link fprAtTpr}.
 * @param scores score of each row [B]
 * @param target labels [B], below 0 = unknown; or names, null = unknown
 * @throws CenterLossError `ERR_SHAPE` if there are no known or no unknown rows, and as {@link auroc}; `ERR_LABEL`,
 * `ERR_OPTION`
 */
export function openSetMetrics(
  scores: Floats,
  target: Target,
  options: AuprOptions & Pick<FprOptions, 'positive'> = {},
): OpenSetMetrics {
  checkOptions(options, ['method', 'positive']);
  const side = rustSide(options.positive ?? 'known');
  const metric = auprMetric(options);
  const numbers = asNumbers(scores, 'scores');
  const isKnownRow = isKnown(target);
  checkRowsMatch(lengthOf(numbers), 'scores', 1, isKnownRow.length);
  checkOrdered(numbers, 'scores');
  const known = chosen(numbers, isKnownRow);
  const unknown = chosen(
    numbers,
    isKnownRow.map((isKnown) => 1 - isKnown),
  );
  if (known.length === 0 || unknown.length === 0) {
    const missing = known.length === 0 ? 'no known' : 'no unknown';
    throw new CenterLossError(
      'ERR_SHAPE',
      `target has ${missing} row among ${isKnownRow.length}: there is nothing to compare`,
    );
  }
  const taken = takeScores('openSetMetrics', { known, unknown });
  return {
    auroc: taken.measure(RankingMetric.Area, Positive.Unknown, unknown.length),
    auprIn: taken.measure(metric, Positive.Known, 0),
    auprOut: taken.measure(metric, Positive.Unknown, 0),
    fpr95: taken.measure(RankingMetric.FprAtTpr, side, 0.95),
  };
}
