import {
  CenterLossError,
  checkChoice,
  checkFloats,
  checkNumber,
  checkOptions,
  checkRowsMatch,
  doubles,
  type Floats,
  isKnown,
  type Target,
} from '../core.js';
import { openSet } from './load.js';
import { checkScores, copySorted, SCORE_BYTES } from './scores.js';

// How well scores tell known rows from unknown ones: the larger a score, the more unknown the row. Rows of equal scores
// pass a threshold together, so that no metric depends on the order in which they come.

/** The side that is to be found. */
export type Side = 'known' | 'unknown';

export interface AuprOptions {
  /**
   * The area under precision over recall: 'average-precision' (default), by its steps, Σ (R_i − R_{i−1})·P_i as
   * scikit-learn's `average_precision_score`; 'trapezoid', Σ (R_i − R_{i−1})·(P_i + P_{i−1})/2 as pytorch-ood's
   * `OODMetrics`, which is too high where there are few scores (Davis & Goadrich 2006).
   */
  readonly method?: 'average-precision' | 'trapezoid';
}

export interface FprOptions {
  /** The share of the positive rows that must be found, over 0 and up to 1. Default 0.95. */
  readonly tpr?: number;
  /**
   * 'known' (default), as ODIN and most papers: of the unknown rows, the share that passes as known when 95 % of the known
   * rows do. 'unknown', as pytorch-ood's `OODMetrics`: of the known rows, the share that is rejected when 95 % of the
   * unknown rows are.
   */
  readonly positive?: Side;
}

export interface RocCurve {
  /** The share of the other side's rows that count as positive. */
  readonly fpr: Float64Array<ArrayBuffer>;
  /** The share of the positive rows that do. */
  readonly tpr: Float64Array<ArrayBuffer>;
  /** For each point the score from which on rows count as positive; the first is one that no row reaches, ±Infinity. */
  readonly thresholds: Float64Array<ArrayBuffer>;
}

export interface OpenSetMetrics {
  readonly auroc: number;
  readonly auprIn: number;
  readonly auprOut: number;
  /** The false positive rate where the true positive rate reaches 95 %. */
  readonly fpr95: number;
}

/** The known and the unknown side in scratch memory, as the kernels take them. */
interface Sides {
  /** Addresses and numbers of the scores of the positive and of the other side, and whether the highest are positive. */
  readonly find: (side: Side) => [number, number, number, number, number];
  readonly room: readonly number[];
}

function copySides(call: string, known: Floats, unknown: Floats, room: readonly number[] = []): Sides {
  const [knownAt = 0, unknownAt = 0, ...roomAt] = copySorted(call, { known, unknown }, room);
  return {
    find: (side) =>
      side === 'known'
        ? [knownAt, known.length, unknownAt, unknown.length, 0]
        : [unknownAt, unknown.length, knownAt, known.length, 1],
    room: roomAt,
  };
}

/**
 * The area under the ROC curve: the share of the pairs of an unknown and a known row of which the unknown one has the
 * larger score; pairs of equal scores count by half (Mann–Whitney's U). 0.5 for scores that say nothing, 1 for a perfect
 * separation.
 *
 * As scikit-learn's `roc_auc_score`.
 * @param known scores of known rows
 * @param unknown scores of unknown rows
 * @throws CenterLossError `ERR_SHAPE` for no score, NaN and what is no list of numbers; `ERR_OUT_OF_MEMORY`
 */
export function auroc(known: Floats, unknown: Floats): number {
  const { find } = copySides('auroc', known, unknown);
  return openSet().area(...find('unknown'), unknown.length);
}

/**
 * The area under precision over recall for finding the known rows, those of the smallest scores.
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function auprIn(known: Floats, unknown: Floats, options: AuprOptions = {}): number {
  return aupr('auprIn', known, unknown, 'known', options);
}

/**
 * The area under precision over recall for finding the unknown rows, those of the largest scores.
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function auprOut(known: Floats, unknown: Floats, options: AuprOptions = {}): number {
  return aupr('auprOut', known, unknown, 'unknown', options);
}

function aupr(call: string, known: Floats, unknown: Floats, side: Side, options: AuprOptions): number {
  checkOptions(options, ['method']);
  const area = checkMethod(options);
  const { find } = copySides(call, known, unknown);
  return openSet()[area](...find(side));
}

/** The kernel of a method. */
function checkMethod({ method = 'average-precision' }: AuprOptions): 'average_precision' | 'trapezoid_precision' {
  checkChoice(method, 'method', ['average-precision', 'trapezoid']);
  return method === 'trapezoid' ? 'trapezoid_precision' : 'average_precision';
}

/**
 * The false positive rate at the first threshold where the true positive rate reaches `tpr`: the thresholds are the
 * scores themselves, nothing is interpolated.
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function fprAtTpr(known: Floats, unknown: Floats, options: FprOptions = {}): number {
  checkOptions(options, ['tpr', 'positive']);
  const { tpr = 0.95, positive = 'known' } = options;
  checkTpr(tpr);
  checkSide(positive);
  const { find } = copySides('fprAtTpr', known, unknown);
  return openSet().fpr_at_tpr(...find(positive), tpr);
}

/** @throws CenterLossError `ERR_OPTION` unless `tpr` is a share of rows. */
export function checkTpr(tpr: number): void {
  checkNumber(tpr, 'tpr', (value) => value > 0 && value <= 1, 'a number over 0 and up to 1');
}

const checkSide = (positive: Side): void => checkChoice(positive, 'positive', ['known', 'unknown']);

/**
 * The area under the curve of the open-set classification rate: the share of the pairs of an unknown and a known row of
 * which the known one has the smaller score and is classified correctly; pairs of equal scores count by half. It is the
 * area under the correct classification rate over the false positive rate of Dhamija et al. 2018, by trapezoids between
 * all thresholds. (pytorch-ood's `oscr_score` takes the known scores only as thresholds, which makes a difference of up to
 * half a known row, and among equal scores depends on their order.)
 * @param knownScores scores of known rows
 * @param isCorrect for each of them whether its predicted class is right: truthy or falsy
 * @param unknownScores scores of unknown rows
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}, and unless there is one of `isCorrect` for each of `knownScores`
 */
export function oscr(knownScores: Floats, isCorrect: ArrayLike<unknown>, unknownScores: Floats): number {
  checkScores(knownScores, 'knownScores');
  checkScores(unknownScores, 'unknownScores');
  if (isCorrect?.length !== knownScores.length) {
    throw new CenterLossError(
      'ERR_SHAPE',
      `isCorrect has ${isCorrect?.length} values, but there are ${knownScores.length} knownScores`,
    );
  }
  const correct = chosen(knownScores, isCorrect);
  if (correct.length === 0) return 0;
  const { find } = copySides('oscr', correct, unknownScores);
  return openSet().area(...find('known'), knownScores.length);
}

/** Not by `filter`, which keeps a list of objects before it makes an array: ten times the memory of millions of scores. */
function chosen(scores: Floats, isChosen: ArrayLike<unknown>): Float64Array<ArrayBuffer> {
  const room = new Float64Array(scores.length);
  let count = 0;
  for (let i = 0; i < scores.length; i++) if (isChosen[i]) room[count++] = scores[i] as number;
  return room.subarray(0, count);
}

/**
 * The ROC curve with a point for every distinct score, as scikit-learn's `roc_curve` with `drop_intermediate=False`.
 * @param options.positive the side that is to be found. Default 'unknown', whose scores are the highest
 * @throws CenterLossError `ERR_SHAPE`, as {@link auroc}; `ERR_OPTION`
 */
export function rocCurve(known: Floats, unknown: Floats, options: { readonly positive?: Side } = {}): RocCurve {
  checkOptions(options, ['positive']);
  const { positive = 'unknown' } = options;
  checkSide(positive);
  checkScores(known, 'known');
  checkScores(unknown, 'unknown');
  const bytes = SCORE_BYTES * (known.length + unknown.length + 1);
  const { find, room } = copySides('rocCurve', known, unknown, [bytes, bytes, bytes]);
  const [fpr = 0, tpr = 0, thresholds = 0] = room;
  const points = openSet().roc_curve(...find(positive), fpr, tpr, thresholds);
  return {
    fpr: doubles(fpr, points).slice(),
    tpr: doubles(tpr, points).slice(),
    thresholds: doubles(thresholds, points).slice(),
  };
}

/**
 * The usual metrics at once. pytorch-ood's `OODMetrics` are those with `{ method: 'trapezoid', positive: 'unknown' }`, but
 * where scores are not all in 0 … 1: there it puts them through a sigmoid in float32 first, which makes large ones equal.
 * @param scores a score a row
 * @param target labels, below 0 = unknown
 * @throws CenterLossError `ERR_SHAPE` if there are no known or no unknown rows, and as {@link auroc}; `ERR_LABEL`,
 * `ERR_OPTION`
 */
export function openSetMetrics(
  scores: Floats,
  target: Target,
  options: AuprOptions & { readonly positive?: Side } = {},
): OpenSetMetrics {
  checkOptions(options, ['method', 'positive']);
  const { positive = 'known' } = options;
  checkSide(positive);
  const area = checkMethod(options);
  checkFloats(scores, 'scores');
  const isKnownRow = isKnown(target);
  checkRowsMatch(scores.length, 'scores', 1, isKnownRow.length);
  checkScores(scores, 'scores');
  const all = Float64Array.from(scores);
  const [known, unknown] = [all.filter((_, i) => isKnownRow[i]), all.filter((_, i) => !isKnownRow[i])];
  if (known.length === 0 || unknown.length === 0) {
    const missing = known.length === 0 ? 'no known' : 'no unknown';
    throw new CenterLossError(
      'ERR_SHAPE',
      `target has ${missing} row among ${target.length}: there is nothing to compare`,
    );
  }
  const { find } = copySides('openSetMetrics', known, unknown);
  return {
    auroc: openSet().area(...find('unknown'), unknown.length),
    auprIn: openSet()[area](...find('known')),
    auprOut: openSet()[area](...find('unknown')),
    fpr95: openSet().fpr_at_tpr(...find(positive), 0.95),
  };
}
