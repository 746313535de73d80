import { reserveArray, reserveRows, scratchBatch } from '../memory/batch.js';
import { copyFloats, integers, stable } from '../memory/views.js';
import { lengthOf } from '../validate/arrays.js';
import { checkChoice, checkCount, checkNumber, checkOptions } from '../validate/checks.js';
import { labelsOf, type Target, writeLabels } from '../validate/labels.js';
import { checkNames } from '../validate/names.js';
import { BatchArray, ClassWeighting } from '../wasm/bindings.js';

/** Options of {@link classWeights}. */
export interface ClassWeightsOptions {
  /**
   * With n_j the rows of class j, n those of all and K the number of classes that occur, 'balanced' (default): n/(K·n_j);
   * 'effective-number': in proportion to (1 − β)/(1 − β^n_j), with the sum K.
   */
  readonly scheme?: 'balanced' | 'effective-number';
  /** β of 'effective-number', 0 ≤ β < 1: 0 weights all rows alike, values near 1 all classes alike. Default 0.999. */
  readonly beta?: number;
  /** Names of the classes [nClasses], needed if labels are names. */
  readonly names?: readonly string[] | undefined;
}

const SCHEMES = {
  balanced: 'Balanced',
  'effective-number': 'EffectiveNumber',
} as const satisfies Record<NonNullable<ClassWeightsOptions['scheme']>, keyof typeof ClassWeighting>;

/**
 * Weights for the option `classWeight` from how often each class occurs; a class without rows has the weight 0.
 *
 * Sources: scikit-learn, `compute_class_weight('balanced')`; Cui et al., "Class-Balanced Loss Based on Effective Number
 * of Samples", CVPR 2019.
 * @param target labels, below 0 = unknown
 * @returns the weight of each class [nClasses]
 * @throws CenterLossError `ERR_LABEL`, `ERR_OPTION`, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function classWeights(
  target: Target,
  nClasses: number,
  options: ClassWeightsOptions = {},
): Float32Array<ArrayBuffer> {
  checkCount(nClasses, 'nClasses');
  checkOptions(options, ['scheme', 'beta', 'names']);
  const { scheme = 'balanced', beta = 0.999 } = options;
  checkChoice(scheme, 'scheme', Object.keys(SCHEMES) as (keyof typeof SCHEMES)[]);
  checkNumber(beta, 'beta', (value) => value >= 0 && value < 1, 'a number from 0 to below 1');
  const names = checkNames(options.names, nClasses);
  const labels = labelsOf(target);
  const rows = lengthOf(labels);
  const targetView = stable(labels as Int32Array);
  const batch = scratchBatch();
  reserveRows(batch, rows, 0, 0, 'classWeights');
  reserveArray(batch, BatchArray.Ends, nClasses, 'classWeights');
  const weights = reserveArray(batch, BatchArray.Parameters, nClasses, 'classWeights');
  const labelsAt = batch.address(BatchArray.Labels) / Int32Array.BYTES_PER_ELEMENT;
  writeLabels(targetView(), rows, { nClasses, names, labels: 'strict' }, integers(), labelsAt);
  batch.class_weights(ClassWeighting[SCHEMES[scheme]], beta, nClasses);
  return copyFloats(weights, nClasses);
}
