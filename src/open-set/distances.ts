import {
  BYTES,
  type ClassCenters,
  checkOptions,
  checkOut,
  countRows,
  hold,
  newFloats,
  readFloats,
  scratch,
  writeFloats,
} from '../core.js';
import { classify } from './classify.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import { type Metric, metricCode } from './metric.js';

/** Scratch memory for the rows that are computed at once, within a last-level cache … */
const AT_ONCE_BYTES = 4 * 2 ** 20;
/** … unless that were too few to be worth what is done with the centers for all of them. */
const FEWEST_AT_ONCE = 32;

export interface PredictOptions {
  /** Default 'sqeuclidean'. */
  readonly metric?: Metric;
}

export interface DistancesOptions extends PredictOptions {
  /** Where to write the result, returned then. Default a new array. */
  readonly out?: Float32Array;
}

/**
 * Distances of rows to all centers, [B, nClasses]: d_ij = ‖x_i − c_j‖², ‖x_i − c_j‖ or 1 − cos(x_i, c_j).
 *
 * Each is within 1e-5 (relative) of the float64 value; 'cosine' within 1e-5 and 3e-7·√d, since directions are rounded
 * to float32, but for the least of a row, which is within 1e-5, too. NaN, or infinite, for a row or a center that is not finite; infinite where the square overflows.
 * @param x rows [B, nFeatures]
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function distances(centers: ClassCenters, x: Embeddings, options: DistancesOptions = {}): Float32Array {
  checkOptions(options, ['metric', 'out']);
  const { metric = 'sqeuclidean', out } = options;
  const code = metricCode(metric);
  const rowsOf = asFloats(x, 'x');
  if (metric === 'sqeuclidean') return centers.distances(rowsOf, out);
  const { nClasses, nFeatures, params, address } = centers;
  const rows = countRows(rowsOf, 'x', nFeatures, 'nFeatures');
  if (out !== undefined) checkOut(out, rows * nClasses, { x: rowsOf, params });
  const [xNow, outNow] = [hold(rowsOf), hold(out ?? newFloats(rows * nClasses))];
  const fit = Math.floor(AT_ONCE_BYTES / (BYTES * (nFeatures + nClasses)));
  const blocks = Math.ceil(rows / Math.max(fit, FEWEST_AT_ONCE));
  for (let block = 0; block < blocks; block++) {
    // All of one size, give or take a row: a last one of few rows would be computed as few rows are.
    const first = Math.floor((block * rows) / blocks);
    const end = Math.floor(((block + 1) * rows) / blocks);
    const count = end - first;
    const [xAt, resultAt, workAt] = scratch(`distances for ${count} rows`, [
      BYTES * count * nFeatures,
      BYTES * count * nClasses,
      openSet().metric_workspace_bytes(code, count, nClasses, nFeatures) >>> 0,
    ]);
    writeFloats(xNow(), first * nFeatures, end * nFeatures, xAt);
    openSet().metric_distances(code, xAt, count, address, nClasses, nFeatures, resultAt, workAt);
    readFloats(resultAt, outNow().subarray(first * nClasses, end * nClasses));
  }
  return outNow();
}

/**
 * The nearest class of each row, argmin_j d_ij, the lowest class among equals; −1 for a row that has no finite distance.
 * @param x rows [B, nFeatures]
 * @returns class per row [B]
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function predict(centers: ClassCenters, x: Embeddings, options: PredictOptions = {}): Int32Array<ArrayBuffer> {
  checkOptions(options, ['metric']);
  const { metric = 'sqeuclidean' } = options;
  metricCode(metric);
  // Of a distance and its square, the nearest is the same.
  if (metric !== 'cosine') return centers.predict(asFloats(x, 'x'));
  return classify(centers, x, { metric }).nearest;
}
