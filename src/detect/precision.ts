import { BYTES, CenterLossError, type ClassCenters, copyFloats, type Target } from '../core.js';
import { checkCenters } from './classify.js';
import type { Embeddings } from './half.js';
import { openSet } from './load.js';
import { operandsOf } from './operands.js';
import { SCORE_BYTES } from './scores.js';

/**
 * The precision [nFeatures] of score 'mahalanobis': 1/s²_k, s²_k = Σ_i (x_ik − c_{y_i,k})²/n over the n known rows, the
 * maximum likelihood estimate of a covariance about the given centers that is diagonal and the same for all classes (tied;
 * Lee et al. 2018 with a full covariance). A variance below 1e-9 of the largest counts as that; without any variance all
 * precisions are 1. Known rows that are not finite are left out.
 * @param x rows [B, nFeatures]
 * @param target labels, below 0 = unknown and ignored
 * @throws CenterLossError `ERR_SHAPE`, also if there is no known, finite row; `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
 * `ERR_OUT_OF_MEMORY`
 */
export function fitPrecision(centers: ClassCenters, x: Embeddings, target: Target): Float32Array<ArrayBuffer> {
  checkCenters(centers);
  const { nClasses, nFeatures, address } = centers;
  const at = operandsOf(x, target, {
    call: 'fitPrecision',
    width: nFeatures,
    widthName: 'nFeatures',
    nClasses,
    labels: 'strict',
    work: () => [BYTES * nFeatures, SCORE_BYTES * nFeatures],
  });
  const [precisionAt, workAt] = at.work;
  const { rows } = at;
  const fitted = openSet().fit_precision(at.x, at.target, rows, address, nClasses, nFeatures, precisionAt, workAt);
  if (fitted === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known and finite`);
  return copyFloats(precisionAt, nFeatures);
}
