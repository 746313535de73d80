import { rust } from '../engine/engine.js';
import { reserveArray, reserveRows, scratchBatch } from '../memory/batch.js';
import { takeRows, useWeights } from '../memory/inputs.js';
import { created } from '../memory/scratch.js';
import { integers, stable, writeFloats } from '../memory/views.js';
import { checkCount, type Floats } from '../validate/checks.js';
import type { Embeddings } from '../validate/embeddings.js';
import { type Target, writeLabels } from '../validate/labels.js';
import { BatchArray, Covariance as RustCovariance, Statistics as RustStatistics } from '../wasm/bindings.js';

/** Second moments that statistics keep beside counts and means. */
export type Covariance =
  /** Variance of each class in each dimension. */
  | 'diagonal'
  /** The same, and the covariance [D, D] of rows around the means of their classes, one for all classes. */
  | 'tied'
  /** No covariance. */
  | 'none';

export const COVARIANCES = {
  diagonal: 'Diagonal',
  tied: 'Tied',
  none: 'None',
} as const satisfies Record<Covariance, keyof typeof RustCovariance>;

/** Statistics of Rust with their shape. */
export interface StatisticsHandle {
  /** The object, which code of the caller may free while rows are taken. @throws CenterLossError `ERR_DISPOSED` */
  readonly rust: RustStatistics;
  readonly nClasses: number;
  readonly nDim: number;
  /** Names of the classes, if they have any. */
  readonly names?: readonly string[] | undefined;
}

/** Bytes of rows that are copied in at once: the kernel then reads them from the cache. */
const CHUNK_BYTES = 2 ** 18;

/** @throws CenterLossError `ERR_OPTION` for sizes that are not positive integers, `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED` */
export function createStatistics(nClasses: number, nDim: number, covariance: Covariance): StatisticsHandle {
  checkCount(nClasses, 'nClasses');
  checkCount(nDim, 'nDim');
  const Statistics = rust(RustStatistics);
  const statistics = created(
    () => Statistics.create(nClasses, nDim, RustCovariance[COVARIANCES[covariance]]),
    nClasses * nDim,
    () => `statistics of ${nClasses} classes of ${nDim} dimensions`,
  );
  return { rust: statistics, nClasses, nDim };
}

export interface AddRowsOptions {
  readonly sampleWeight: Floats | null | undefined;
  /** Factor of the weights of all earlier rows. */
  readonly forgetting: number;
}

/**
 * Adds rows, copied in chunk by chunk.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`; nothing is added then
 */
export function addRows(
  handle: StatisticsHandle,
  x: Embeddings,
  target: Target,
  { sampleWeight, forgetting }: AddRowsOptions,
): void {
  const { nClasses, nDim, names } = handle;
  const { values, rows, labels, weights } = takeRows(x, target, { width: nDim, sampleWeight });
  const { rust: statistics } = handle;
  const [xView, targetView] = [stable(values), stable(labels as Int32Array)];
  const atOnce = Math.min(rows, Math.max(1, Math.floor(CHUNK_BYTES / (4 * nDim))));
  const batch = scratchBatch();
  reserveRows(batch, atOnce, nDim, 0, 'add');
  // Checks the labels of all rows first: a wrong one must not be found after some rows were added.
  const labelsAt = reserveArray(batch, BatchArray.Ends, rows, 'add') / 4;
  writeLabels(targetView(), rows, { nClasses, names, labels: 'strict' }, integers(), labelsAt);
  if (weights) useWeights(batch, atOnce, weights.subarray(0, atOnce), 'add');
  // Called even without rows: each call ages the earlier rows.
  for (let start = 0; start === 0 || start < rows; start += atOnce) {
    const end = Math.min(start + atOnce, rows);
    batch.set_rows(end - start);
    writeFloats(xView(), start * nDim, end * nDim, batch.address(BatchArray.X));
    const to = batch.address(BatchArray.Labels) / 4;
    integers().copyWithin(to, labelsAt + start, labelsAt + end);
    if (weights) writeFloats(weights, start, end, batch.address(BatchArray.SampleWeight));
    statistics.add(batch, start === 0 ? forgetting : 1);
    if (rows === 0) break;
  }
}
