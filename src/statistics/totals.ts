import { CenterLossError } from '../validate/errors.js';
import type { Covariance } from './rows.js';

/** Values of statistics, as they stand in a file; C classes, D dimensions. */
export interface StatisticsTotals {
  /** Number of rows left out [1]. */
  readonly rejected: Float64Array<ArrayBuffer>;
  /** Σ w [C]. */
  readonly counts: Float64Array<ArrayBuffer>;
  /** Means [C, D]. */
  readonly means: Float64Array<ArrayBuffer>;
  /** Σ w·(x − mean)² [C, D]; empty with covariance 'none'. */
  readonly squares: Float64Array<ArrayBuffer>;
  /** Upper triangle of the tied scatter, row after row; empty unless the covariance is 'tied'. */
  readonly scatter: Float64Array<ArrayBuffer>;
}

export interface StatisticsShape {
  readonly nClasses: number;
  readonly nDim: number;
  readonly covariance: Covariance;
}

/** Number of values in each of the totals. */
export function totalsShape({ nClasses, nDim, covariance }: StatisticsShape): {
  readonly [Name in keyof StatisticsTotals]: number;
} {
  return {
    rejected: 1,
    counts: nClasses,
    means: nClasses * nDim,
    squares: covariance === 'none' ? 0 : nClasses * nDim,
    scatter: covariance === 'tied' ? (nDim * (nDim + 1)) / 2 : 0,
  };
}

interface Range {
  /** `isEmpty` says whether the class of the value has no rows. */
  readonly accepts: (value: number, isEmpty: boolean) => boolean;
  readonly text: string;
}

const MAX_FLOAT32 = 3.4028234663852886e38;

const isSum = (value: number) => value >= 0 && value < Number.POSITIVE_INFINITY;

const RANGES: { readonly [Name in keyof StatisticsTotals]: Range } = {
  rejected: { accepts: (value) => value >= 0 && Number.isSafeInteger(value), text: 'a whole number ≥ 0' },
  counts: { accepts: isSum, text: 'a finite number ≥ 0' },
  means: {
    accepts: (value, isEmpty) => (isEmpty ? value === 0 : Math.abs(value) <= MAX_FLOAT32),
    text: 'a number within float32, 0 for a class without rows',
  },
  squares: {
    accepts: (value, isEmpty) => (isEmpty ? value === 0 : isSum(value)),
    text: 'a finite number ≥ 0, 0 for a class without rows',
  },
  scatter: { accepts: Number.isFinite, text: 'a finite number' },
};

/**
 * Refuses totals of another shape, and values that no rows have.
 * @throws CenterLossError `ERR_FORMAT`
 */
export function checkTotals(totals: StatisticsTotals, shape: StatisticsShape): void {
  const lengths = totalsShape(shape);
  const names = Object.keys(lengths) as (keyof StatisticsTotals)[];
  for (const name of names) {
    if (totals[name].length === lengths[name]) continue;
    const { nClasses, nDim, covariance } = shape;
    throw new CenterLossError(
      'ERR_FORMAT',
      `${name} has ${totals[name].length} values; expected ${lengths[name]} for ${nClasses} classes of ${nDim} dimensions with covariance '${covariance}'`,
    );
  }
  for (const name of names) {
    const { accepts, text } = RANGES[name];
    totals[name].forEach((value, i) => {
      if (accepts(value, totals.counts[Math.floor(i / shape.nDim)] === 0)) return;
      throw new CenterLossError('ERR_FORMAT', `${name}[${i}] is ${value}; expected ${text}`);
    });
  }
}
