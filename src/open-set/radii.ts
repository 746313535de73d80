import {
  BYTES,
  CenterLossError,
  type ClassCenters,
  copyFloats,
  type Floats,
  integers,
  type Target,
  writeFloats,
} from '../core.js';
import { openSet } from './load.js';
import { type Metric, metricCode } from './metric.js';
import { operandsOf } from './operands.js';

/**
 * For each class the smallest distance that at least a share `quantile` of the distances of its rows does not exceed, as
 * `CenterLoss.fitRadius`; for a class without rows that of the rows of all classes to their own centers.
 * @throws CenterLossError `ERR_SHAPE`, also if no row is known and finite; `ERR_LABEL`, `ERR_DISPOSED`,
 * `ERR_OUT_OF_MEMORY`
 */
export function fitRadii(
  centers: ClassCenters,
  x: Floats,
  target: Target,
  { metric, quantile }: { readonly metric: Metric; readonly quantile: number },
): Float32Array<ArrayBuffer> {
  const { nClasses, nFeatures, address } = centers;
  const at = operandsOf(x, target, {
    call: 'fitRadius',
    width: nFeatures,
    widthName: 'nFeatures',
    nClasses,
    labels: 'strict',
    work: (rows) => [BYTES * rows, BYTES * nClasses, BYTES * rows, BYTES * rows, BYTES * nClasses],
  });
  const { rows } = at;
  const [ofRowAt, endsAt, byClassAt, sortedAt, radiiAt] = at.work;
  const code = metricCode(metric);
  openSet().own_distances(at.x, at.target, rows, address, nClasses, nFeatures, code, ofRowAt, endsAt, byClassAt);
  const ends = endsAt / BYTES;
  const found = integers()[ends + nClasses - 1] as number;
  if (found === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known and finite`);
  // All as of one class first: what it gives is the radius that a class without rows keeps.
  writeFloats(copyFloats(byClassAt, found).sort(), 0, found, sortedAt);
  const endOfAll = ofRowAt;
  integers()[endOfAll / BYTES] = found;
  openSet().radius_quantiles(sortedAt, found, endOfAll, 1, quantile, radiiAt);
  const [ofAll = 0] = copyFloats(radiiAt, 1);
  writeFloats(new Float32Array(nClasses).fill(ofAll), 0, nClasses, radiiAt);
  sortParts(byClassAt, found, endsAt, nClasses);
  openSet().radius_quantiles(byClassAt, found, endsAt, nClasses, quantile, radiiAt);
  return copyFloats(radiiAt, nClasses);
}

/** Sorts the values of each class, which end where `ends` says. */
export function sortParts(address: number, length: number, ends: number, nClasses: number): void {
  const values = copyFloats(address, length);
  let start = 0;
  for (const end of integers().slice(ends / BYTES, ends / BYTES + nClasses)) {
    values.subarray(start, end).sort();
    start = end;
  }
  writeFloats(values, 0, length, address);
}
