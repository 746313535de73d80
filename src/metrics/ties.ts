import { newDoubles } from '../validate/allocate.js';
import { lengthOf, type NumberArray } from '../validate/arrays.js';

// Counts along ordered scores, exact under ties. One side is positive: the side to be found. A threshold moves from the
// most positive score on, and passes all rows of one score together. TP and FP are the positive and the negative rows that
// it has passed, each with its weight; P and N are all of them. Counts stay exact as long as 2·P·N < 2⁵³.

/** Rows that a metric looks for: the known rows have the lowest scores, the unknown rows the highest. */
export type Side = 'known' | 'unknown';

/** Scores of one side, ascending. */
export interface Ranked {
  readonly scores: Float64Array;
  /** Weight of each score, of which the first of equal ones has that of all. Undefined where every row counts once. */
  readonly weights: Float64Array | undefined;
}

/** Scores of both sides. */
export type Sides = Readonly<Record<Side, Ranked>>;

/** Counts at each threshold. */
export interface Points {
  /** The first is 0. */
  readonly tp: Float64Array<ArrayBuffer>;
  /** The first is 0. */
  readonly fp: Float64Array<ArrayBuffer>;
  /** Score of each threshold; the first is ±Infinity, which no row reaches. */
  readonly thresholds: Float64Array<ArrayBuffer>;
}

/** Sorts scores without NaN, in place. Rows of weight 0 are left out. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function rank(scores: Float64Array, weights?: Float64Array): Ranked {
  if (!weights) return { scores: scores.sort(), weights };
  const ascending = chosen(scores, weights).sort();
  const sums = newDoubles(ascending.length);
  for (let i = 0; i < scores.length; i++) addWeight(ascending, sums, scores[i] as number, weights[i] as number);
  return { scores: ascending, weights: sums };
}

/** Adds a weight where its score is. A function for each row is compiled earlier than the one loop over all. */
function addWeight(ascending: Float64Array, sums: Float64Array, score: number, weight: number): void {
  if (weight === 0) return;
  const first = firstOf(ascending, score);
  sums[first] = (sums[first] as number) + weight;
}

/** Copies the chosen scores. `filter` would keep a list of objects first: ten times the memory of millions of scores. */
export function chosen(scores: NumberArray, isChosen: ArrayLike<unknown>): Float64Array<ArrayBuffer> {
  const all = newDoubles(lengthOf(scores));
  let count = 0;
  for (let i = 0; i < all.length; i++) if (isChosen[i]) all[count++] = scores[i] as number;
  return all.subarray(0, count);
}

/** Finds the first of the ascending values that equal `value`, which is one of them. A branch would be guessed wrong. */
function firstOf(ascending: Float64Array, value: number): number {
  let [from, length] = [0, ascending.length];
  while (length > 1) {
    const half = length >>> 1;
    from += Number((ascending[from + half - 1] as number) < value) * half;
    length -= half;
  }
  return from;
}

/** Calls `visit` with each score and the TP and FP up to it, from the most positive score on, until it returns true. */
export function forEachTie(
  sides: Sides,
  positive: Side,
  visit: (tp: number, fp: number, score: number) => unknown,
): void {
  const isAscending = positive === 'known';
  const { scores: found, weights: foundWeights } = sides[positive];
  const { scores: others, weights: otherWeights } = sides[isAscending ? 'unknown' : 'known'];
  const step = isAscending ? 1 : -1;
  let [i, j] = isAscending ? [0, 0] : [found.length - 1, others.length - 1];
  let [tp, fp, left, othersLeft] = [0, 0, found.length, others.length];
  // Reads of no element are slow: a side that is over has the last score that there can be.
  const end = step * Number.POSITIVE_INFINITY;
  while (left > 0 || othersLeft > 0) {
    const one = left > 0 ? (found[i] as number) : end;
    const other = othersLeft > 0 ? (others[j] as number) : end;
    const score = isAscending === one < other ? one : other;
    for (; left > 0 && found[i] === score; left--, i += step) tp += foundWeights ? (foundWeights[i] as number) : 1;
    for (; othersLeft > 0 && others[j] === score; othersLeft--, j += step) {
      fp += otherWeights ? (otherWeights[j] as number) : 1;
    }
    if (visit(tp, fp, score) === true) return;
  }
}

/** Counts the thresholds, and adds P and N as the curve does: its last point is TP/P = 1, without a rounding. */
export function totals(
  sides: Sides,
  positive: Side,
): { readonly count: number; readonly p: number; readonly n: number } {
  let [count, p, n] = [0, 0, 0];
  forEachTie(sides, positive, (tp, fp) => {
    count++;
    p = tp;
    n = fp;
  });
  return { count, p, n };
}

/** Lists all thresholds. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function pointsOf(sides: Sides, positive: Side): Points {
  const length = totals(sides, positive).count + 1;
  const [tp, fp, thresholds] = [newDoubles(length), newDoubles(length), newDoubles(length)];
  thresholds[0] = positive === 'known' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  let at = 0;
  forEachTie(sides, positive, (found, other, score) => {
    at++;
    tp[at] = found;
    fp[at] = other;
    thresholds[at] = score;
  });
  return { tp, fp, thresholds };
}

/**
 * Area under TP/`p` over FP/N, by trapezoids: Σ over pairs of [positive first] + ½·[tied], divided by `p`·N.
 *
 * With `p` = P it is the AUROC (Mann–Whitney's U / (P·N)), which is the same for either positive side. If the positive
 * rows are the correctly classified known rows, and `p` is the weight of all known rows, it is the OSCR.
 */
export function rankArea(sides: Sides, positive: Side, p?: number): number {
  let [twice, lastTp, lastFp] = [0, 0, 0];
  forEachTie(sides, positive, (tp, fp) => {
    twice += (fp - lastFp) * (tp + lastTp);
    lastTp = tp;
    lastFp = fp;
  });
  return twice / 2 / ((p ?? lastTp) * lastFp);
}

/** Area under precision over recall: Σ (R_i − R_{i−1})·P_i, or with the mean of P_i and P_{i−1} for trapezoids. */
export function precisionArea(sides: Sides, positive: Side, isTrapezoid: boolean): number {
  let [sum, lastTp, last] = [0, 0, 1];
  forEachTie(sides, positive, (tp, fp) => {
    const precision = tp / (tp + fp);
    sum += (tp - lastTp) * (isTrapezoid ? (precision + last) / 2 : precision);
    lastTp = tp;
    last = precision;
  });
  return sum / lastTp;
}

/** FP/N at the first threshold where TP/P ≥ `tpr`. */
export function fprAt(sides: Sides, positive: Side, tpr: number): number {
  const { p, n } = totals(sides, positive);
  let passed = 0;
  forEachTie(sides, positive, (tp, fp) => {
    passed = fp;
    return tp / p >= tpr;
  });
  return passed / n;
}

/** Mean over both sides of how far their rows are on the scale of all scores; see `autc`. */
export function thresholdArea({ known, unknown }: Sides): number {
  const ends = [known, unknown].flatMap(({ scores }) => [scores[0], scores[scores.length - 1]] as number[]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const range = high - low;
  if (!(range > 0 && range < Number.POSITIVE_INFINITY)) return Number.NaN;
  return (meanOf(known, (score) => (score - low) / range) + meanOf(unknown, (score) => (high - score) / range)) / 2;
}

function meanOf({ scores, weights }: Ranked, scaled: (score: number) => number): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    const weight = weights ? (weights[i] as number) : 1;
    sum += weight * scaled(scores[i] as number);
    total += weight;
  }
  return sum / total;
}
