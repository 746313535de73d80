import {
  BYTES,
  type ClassCenters,
  checkOptions,
  checkOut,
  countRows,
  type Floats,
  hold,
  newFloats,
  readFloats,
  readIntegers,
  scratch,
  writeFloats,
} from '../core.js';
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
 * to float32. NaN, or infinite, for a row or a center that is not finite; infinite where the square overflows.
 * @param x rows [B, nFeatures]
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function distances(centers: ClassCenters, x: Embeddings, options: DistancesOptions = {}): Float32Array {
  checkOptions(options, ['metric', 'out']);
  const { metric = 'sqeuclidean', out } = options;
  const code = metricCode(metric);
  const rowsOf = asFloats(x, 'x');
  if (metric === 'sqeuclidean') return centers.distances(rowsOf, out);
  const { nClasses, nFeatures, params } = centers;
  const rows = countRows(rowsOf, 'x', nFeatures, 'nFeatures');
  if (out !== undefined) checkOut(out, rows * nClasses, { x: rowsOf, params });
  const outNow = hold(out ?? newFloats(rows * nClasses));
  forRowBlocks('distances', code, centers, rowsOf, rows, nClasses, (first, count, xAt, resultAt, workAt, address) => {
    openSet().metric_distances(code, xAt, count, address, nClasses, nFeatures, resultAt, workAt);
    readFloats(resultAt, outNow().subarray(first * nClasses, (first + count) * nClasses));
  });
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
  const code = metricCode(metric);
  const rowsOf = asFloats(x, 'x');
  // Of a distance and its square, the nearest is the same.
  if (metric !== 'cosine') return centers.predict(rowsOf);
  const { nClasses, nFeatures } = centers;
  const rows = countRows(rowsOf, 'x', nFeatures, 'nFeatures');
  const classes = new Int32Array(rows);
  forRowBlocks('predict', code, centers, rowsOf, rows, 1, (first, count, xAt, resultAt, workAt, address) => {
    openSet().metric_predict(code, xAt, count, address, nClasses, nFeatures, resultAt, workAt);
    readIntegers(resultAt, classes.subarray(first, first + count));
  });
  return classes;
}

/** Copies rows in, as many at once as scratch memory holds, `resultWidth` values to a row of the result. */
function forRowBlocks(
  call: string,
  metric: number,
  centers: ClassCenters,
  x: Floats,
  rows: number,
  resultWidth: number,
  compute: (first: number, count: number, xAt: number, resultAt: number, workAt: number, address: number) => void,
): void {
  const { nClasses, nFeatures, address } = centers;
  const xNow = hold(x);
  const fit = Math.floor(AT_ONCE_BYTES / (BYTES * (nFeatures + resultWidth)));
  const blocks = Math.ceil(rows / Math.max(fit, FEWEST_AT_ONCE));
  for (let block = 0; block < blocks; block++) {
    // All of one size, give or take a row: a last one of few rows would be computed as few rows are.
    const first = Math.floor((block * rows) / blocks);
    const count = Math.floor(((block + 1) * rows) / blocks) - first;
    const [xAt, resultAt, workAt] = scratch(`${call} for ${count} rows`, [
      BYTES * count * nFeatures,
      BYTES * count * resultWidth,
      openSet().metric_workspace_bytes(metric, count, nClasses, nFeatures) >>> 0,
    ]);
    writeFloats(xNow(), first * nFeatures, (first + count) * nFeatures, xAt);
    compute(first, count, xAt, resultAt, workAt, address);
  }
}
