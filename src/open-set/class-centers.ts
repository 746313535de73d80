import {
  CenterLossError,
  ClassCenters as Core,
  checkFloats,
  checkOptions,
  checkTarget,
  type Floats,
  type Target,
} from '../core.js';
import { type AddOptions, ClassStatistics } from './class-statistics.js';
import { asFloats, type Embeddings } from './half.js';

export interface FitCentersOptions extends AddOptions {
  /** C. Default: the largest label + 1. Say it where a batch may lack the last classes. */
  readonly nClasses?: number;
}

/** The `ClassCenters` of center-loss, which those of losses and classifiers are too, and `fit`. */
export class ClassCenters extends Core {
  /**
   * The mean of each class as its center, c_j = Σ w_i·x_i / Σ w_i over its rows; of a class without rows, Infinity in
   * every dimension (see `ClassStatistics.toCenters`). Rows with a label below 0, and those with a value that is not
   * finite, are left out.
   * @param x rows [B, nFeatures]: there are as many features as its values make for each label
   * @param target labels [B], at least one
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
   */
  static fit(x: Embeddings, target: Target, options: FitCentersOptions = {}): ClassCenters {
    checkOptions(options, ['sampleWeight', 'nClasses']);
    checkTarget(target);
    const { nClasses = classesIn(target), ...rest } = options;
    const rows = asFloats(x, 'x');
    const statistics = new ClassStatistics(nClasses, featuresOf(rows, target), { covariance: 'none' });
    try {
      statistics.add(rows, target, rest);
      return statistics.toCenters();
    } finally {
      statistics.dispose();
    }
  }

  /** Without this the centers of a loss, which the core makes, would be none of this name. */
  static override [Symbol.hasInstance](value: unknown): value is Core {
    return value instanceof Core;
  }
}

function classesIn(target: Target): number {
  let [largest, areWhole] = [-1, true];
  for (const label of target) {
    const value = typeof label === 'bigint' ? Number(label) : label;
    if (!Number.isInteger(value)) areWhole = false;
    else if (value > largest) largest = value;
  }
  // What is no integer, `add` names.
  if (largest < 0 && areWhole) {
    throw new CenterLossError('ERR_LABEL', `none of the ${target.length} labels in target is of a class`);
  }
  return Math.max(largest, 0) + 1;
}

function featuresOf(x: Floats, target: Target): number {
  checkFloats(x, 'x');
  const count = x.length / target.length;
  if (Number.isInteger(count) && count > 0) return count;
  throw new CenterLossError(
    'ERR_SHAPE',
    `x has ${x.length} values, which is not a multiple of the ${target.length} labels in target`,
  );
}
