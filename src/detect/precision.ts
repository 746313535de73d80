import type { ClassCenters } from '../centers/class-centers.js';
import { prepare } from '../memory/batch.js';
import { takeInputs } from '../memory/inputs.js';
import { copyFloats } from '../memory/views.js';
import type { Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import type { Target } from '../validate/labels.js';
import { BatchArray, Work } from '../wasm/bindings.js';
import { checkCenters } from './classify.js';

/**
 * Fits the precision [nDim] of score 'mahalanobis': 1/s²_k, s²_k = Σ_i (x_ik − c_{y_i,k})²/n over the n known rows. It is
 * the maximum likelihood estimate of a covariance about the given centers that is diagonal and the same for all classes
 * (tied; Lee et al. 2018 with a full covariance). A dimension that does not vary beyond the rounding of its centers to
 * float32 counts as if it had 1e-9 of the largest variance; without any variance all precisions are 1. Known rows that are
 * not finite are left out.
 * @param x rows [B, nDim]
 * @param target labels [B], below 0 = unknown and ignored
 * @throws CenterLossError `ERR_SHAPE`, also if there is no known, finite row; `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
 * `ERR_OUT_OF_MEMORY`
 */
export function fitPrecision(centers: ClassCenters, x: Embeddings, target: Target): Float32Array<ArrayBuffer> {
  checkCenters(centers);
  const { nClasses, nDim, names } = centers;
  const inputs = takeInputs(x, target, { call: 'fitPrecision', width: nDim, nClasses, names, labels: 'strict' });
  const { rust } = centers;
  prepare(rust, inputs, Work.Precision, 'fitPrecision');
  if (rust.fit_precision(inputs.batch) === 0) {
    throw new CenterLossError('ERR_SHAPE', `none of the ${inputs.rows} rows is known and finite`);
  }
  return copyFloats(inputs.batch.address(BatchArray.Parameters), nDim);
}
