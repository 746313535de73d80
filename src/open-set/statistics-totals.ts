import type { Covariance } from './class-statistics.js';

/** A stretch of the totals, in 64-bit numbers. */
export interface Stretch {
  readonly start: number;
  readonly length: number;
}

/** Where the totals of `crate/src/open_set/statistics.rs` stand, one behind the other, in memory as in a file. */
export interface Totals {
  /** The number of rows left out. */
  readonly rejected: Stretch;
  /** Σ w [C] */
  readonly counts: Stretch;
  /** [C, D] */
  readonly means: Stretch;
  /** Σ w·(x − mean)² [C, D], unless there is no covariance. */
  readonly squares: Stretch;
  /** The upper triangle of the tied scatter, row after row, if there is one. */
  readonly scatter: Stretch;
  /** The number of all. */
  readonly length: number;
}

export const COVARIANCES = ['none', 'diagonal', 'tied'] as const satisfies readonly Covariance[];

export function totalsOf(nClasses: number, nFeatures: number, covariance: Covariance): Totals {
  let length = 0;
  const next = (count: number): Stretch => {
    const start = length;
    length += count;
    return { start, length: count };
  };
  const matrix = nClasses * nFeatures;
  return {
    rejected: next(1),
    counts: next(nClasses),
    means: next(matrix),
    squares: next(covariance === 'none' ? 0 : matrix),
    scatter: next(covariance === 'tied' ? (nFeatures * (nFeatures + 1)) / 2 : 0),
    length,
  };
}
