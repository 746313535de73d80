import {
  BYTES,
  checkChoice,
  checkCount,
  checkNumber,
  checkOptions,
  checkTarget,
  copyFloats,
  hold,
  integers,
  scratch,
  type Target,
  writeLabels,
} from '../core.js';
import { openSet } from './load.js';

export interface ClassWeightsOptions {
  /**
   * With n_j the rows of class j, n those of all and K the number of classes that occur, 'balanced' (default): n/(K·n_j);
   * 'effective-number': in proportion to (1 − β)/(1 − β^n_j), with the sum K.
   */
  readonly scheme?: 'balanced' | 'effective-number';
  /** β of 'effective-number', 0 ≤ β < 1: from all rows alike to every class alike. Default 0.999. */
  readonly beta?: number;
}

const SCHEMES = ['balanced', 'effective-number'] as const;

/**
 * Weights for the option `classWeight` from how often each class occurs; a class without rows has the weight 0.
 *
 * Sources: scikit-learn, `compute_class_weight('balanced')`; Cui et al., "Class-Balanced Loss Based on Effective Number
 * of Samples", CVPR 2019.
 * @param target labels, below 0 = unknown
 * @returns a weight a class [nClasses]
 * @throws CenterLossError `ERR_LABEL`, `ERR_OPTION`, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function classWeights(
  target: Target,
  nClasses: number,
  options: ClassWeightsOptions = {},
): Float32Array<ArrayBuffer> {
  checkCount(nClasses, 'nClasses');
  checkOptions(options, ['scheme', 'beta']);
  const { scheme = 'balanced', beta = 0.999 } = options;
  checkChoice(scheme, 'scheme', SCHEMES);
  checkNumber(beta, 'beta', (value) => value >= 0 && value < 1, 'a number from 0 to below 1');
  checkTarget(target);
  const rows = target.length;
  const targetNow = hold(target as Int32Array);
  const [labels, counts, weights] = scratch(`the weights of ${nClasses} classes from ${rows} rows`, [
    BYTES * rows,
    BYTES * nClasses,
    BYTES * nClasses,
  ]);
  writeLabels(targetNow(), nClasses, 'strict', integers(), labels / BYTES);
  openSet().class_weights(labels, rows, SCHEMES.indexOf(scheme), beta, counts, nClasses, weights);
  return copyFloats(weights, nClasses);
}
