import type { ClassCenters, Target } from '../core.js';
import { type AddOptions, ClassStatistics } from './class-statistics.js';
import type { Embeddings } from './half.js';

/**
 * The mean of each class as its center; of a class without rows, Infinity in every dimension (see
 * `ClassStatistics.toCenters`). Rows with a label below 0, and those with a value that is not finite, are left out.
 * @param x rows [B, nFeatures]
 * @param target labels [B]
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
 */
export function fitCenters(
  x: Embeddings,
  target: Target,
  nClasses: number,
  nFeatures: number,
  options: AddOptions = {},
): ClassCenters {
  const statistics = new ClassStatistics(nClasses, nFeatures, { covariance: 'none' });
  try {
    statistics.add(x, target, options);
    return statistics.toCenters();
  } finally {
    statistics.dispose();
  }
}
