import type { ClassCenters } from '../centers/class-centers.js';
import { prepare } from '../memory/batch.js';
import { type Inputs, takeInputs } from '../memory/inputs.js';
import { allocated, copyFloats, floatView, integers, writeFloats } from '../memory/views.js';
import type { Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import type { Target } from '../validate/labels.js';
import { type Metric, rustMetric } from '../validate/metric.js';
import { BatchArray, CentersArray, Work } from '../wasm/bindings.js';
import { fitThreshold } from './threshold.js';

/**
 * Fits the radius of each class: the smallest distance that at least a share `quantile` of the distances of its rows
 * does not exceed, as `CenterLoss.fitRadius`. A class without rows gets the radius of all rows together.
 * @throws CenterLossError `ERR_SHAPE`, also if no row is known and finite; `ERR_LABEL`, `ERR_DISPOSED`,
 * `ERR_OUT_OF_MEMORY`
 */
export function fitRadii(
  centers: ClassCenters,
  x: Embeddings,
  target: Target,
  { metric, quantile }: { readonly metric: Metric; readonly quantile: number },
): Float32Array<ArrayBuffer> {
  const { nClasses, nDim } = centers;
  const inputs = takeInputs(x, target, { call: 'fitRadius', width: nDim, nClasses, labels: 'strict' });
  const { rust } = centers;
  prepare(rust, inputs, Work.Radii, 'fitRadius');
  allocated(
    () => rust.reserve_loss(false),
    nClasses,
    () => `${nClasses} radii`,
  );
  rust.own_distances(inputs.batch, rustMetric(metric));
  const distances = sortRadii(inputs, nClasses);
  if (distances.length === 0) {
    throw new CenterLossError('ERR_SHAPE', `none of the ${inputs.rows} rows is known and finite`);
  }
  const ofAll = fitThreshold(distances, { tpr: quantile });
  floatView(rust, rust.address(CentersArray.Radii), nClasses).fill(ofAll);
  rust.radius_quantiles(inputs.batch, quantile);
  return copyFloats(rust.address(CentersArray.Radii), nClasses);
}

/** Sorts the distances of each class, in place, and returns a copy of all of them. */
export function sortRadii({ batch }: Inputs, nClasses: number): Float32Array {
  const endsAt = batch.address(BatchArray.Ends) / Int32Array.BYTES_PER_ELEMENT;
  const ends = integers().slice(endsAt, endsAt + nClasses);
  const address = batch.address(BatchArray.Parameters);
  const values = copyFloats(address, ends[nClasses - 1] ?? 0);
  let start = 0;
  for (const end of ends) {
    values.subarray(start, end).sort();
    start = end;
  }
  writeFloats(values, 0, values.length, address);
  return values;
}
