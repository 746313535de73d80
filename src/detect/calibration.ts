import { listTensor, notFinite, type SavedObject } from '../io/saved-object.js';
import type { Tensor } from '../io/tensor.js';
import { copyDoubles } from '../memory/views.js';
import { takeScores } from '../metrics/scores.js';
import { newDoubles, newFloats } from '../validate/allocate.js';
import { lengthOf, type NumberArray } from '../validate/arrays.js';
import { checkSeed } from '../validate/options.js';
import { ScoresArray } from '../wasm/bindings.js';

/** Options of p-values. */
export interface PValueOptions {
  /**
   * Seed, a whole number ≥ 0, of smoothed p-values p = (#{calibration > score} + U·(#{calibration = score} + 1)) / (n + 1),
   * with U uniform in 0 … 1 for each row and class (Vovk et al. 2005). Those of known rows are uniform, so that sets
   * are no larger than they must be. U depends on the seed, the place of the row and the class: take another seed for
   * each call. Default none: p-values that are not smoothed.
   */
  readonly smoothingSeed?: number;
}

/** @throws CenterLossError `ERR_OPTION` for a seed that is none */
export function checkSmoothing({ smoothingSeed }: PValueOptions): number | undefined {
  if (smoothingSeed !== undefined) checkSeed(smoothingSeed, 'smoothingSeed');
  return smoothingSeed;
}

/** Lists the rows of each class that has some. */
export function rowsByClass(labels: Int32Array): ReadonlyMap<number, readonly number[]> {
  const rowsOf = new Map<number, number[]>();
  labels.forEach((label, row) => {
    if (label < 0) return;
    const rows = rowsOf.get(label);
    if (rows) rows.push(row);
    else rowsOf.set(label, [row]);
  });
  return rowsOf;
}

/**
 * Computes the p-values of scores against calibration scores.
 * @param stream stream of the seed: each gives other numbers
 */
export function pValues(
  calibration: NumberArray,
  scores: NumberArray,
  seed: number | undefined,
  stream = 0,
): Float64Array<ArrayBuffer> {
  const taken = takeScores('p-values', calibration, scores);
  taken.p_values(seed ?? Number.NaN, stream);
  return copyDoubles(taken.address(ScoresArray.Unknown), lengthOf(scores));
}

/**
 * Computes p-values [rows, nClasses], each against the calibration scores of its class.
 * @param calibration scores of each class that has some
 * @param scoresOf gives the scores [rows] of the rows as members of a class
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function pValuesByClass(
  calibration: ReadonlyMap<number, NumberArray>,
  [rows, nClasses]: readonly [number, number],
  seed: number | undefined,
  scoresOf: (label: number) => NumberArray,
): Float64Array<ArrayBuffer> {
  const all = newDoubles(rows * nClasses);
  // Without smoothing, (0 + 1) / (0 + 1) is the p-value by a class without calibration.
  if (seed === undefined) all.fill(1);
  for (let label = 0; label < nClasses; label++) {
    const known = calibration.get(label);
    if (known === undefined && seed === undefined) continue;
    const p = pValues(known ?? newFloats(0), known ? scoresOf(label) : newFloats(rows), seed, label);
    for (let i = 0; i < rows; i++) all[i * nClasses + label] = p[i] as number;
  }
  return all;
}

/** Scores of the calibration rows of each class that has some, as members of their own class. */
export class Calibration {
  readonly scores = new Map<number, Float32Array<ArrayBuffer>>();

  /** Forgets the scores of a class. */
  forget(label: number): void {
    this.scores.delete(label);
  }

  /** Removes a class. The class `last` takes its number. */
  remove(label: number, last: number): void {
    const scores = this.scores.get(last);
    this.scores.delete(label);
    if (scores) this.scores.set(label, scores);
    this.scores.delete(last);
  }

  /** Numbers of scores [nClasses], and the scores, class after class. */
  tensors(nClasses: number): Record<string, Tensor> {
    const counts = Uint32Array.from({ length: nClasses }, (_, label) => this.scores.get(label)?.length ?? 0);
    const scores = newFloats(counts.reduce((sum, count) => sum + count, 0));
    let start = 0;
    counts.forEach((count, label) => {
      scores.set(this.scores.get(label) ?? [], start);
      start += count;
    });
    return {
      calibrationCounts: { dtype: 'U32', shape: [nClasses], data: counts },
      calibrationScores: listTensor(scores),
    };
  }

  /** Reads the tensors; undefined without any. @throws CenterLossError `ERR_FORMAT` */
  static read(saved: SavedObject, nClasses: number): Calibration | undefined {
    if (!saved.has('calibrationCounts')) return undefined;
    const counts = saved.counts('calibrationCounts', [nClasses]);
    const scores = saved.floats('calibrationScores', [counts.reduce((sum, count) => sum + count, 0)]);
    const bad = scores.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) throw notFinite('calibrationScores', [bad], scores[bad]);
    const calibration = new Calibration();
    let start = 0;
    counts.forEach((count, label) => {
      if (count > 0) calibration.scores.set(label, scores.slice(start, start + count));
      start += count;
    });
    return calibration;
  }
}
