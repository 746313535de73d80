import type { ClassCenters } from '../centers/class-centers.js';
import { prepare } from '../memory/batch.js';
import { takeInputs } from '../memory/inputs.js';
import { type NumberArray, partOf } from '../validate/arrays.js';
import { type Metric, rustMetric } from '../validate/metric.js';
import { Work } from '../wasm/bindings.js';

/** Bound of the distances that a temperature is fitted to: 16 MB, and a second of work. */
const MAX_DISTANCES = 2 ** 22;

/**
 * Fits the temperature T of softmin(d/T): the maximum likelihood of the labels of held-out rows (Guo et al. 2017). The
 * labels are smoothed, 1 − 1/(n + 2) for the own class and the rest for the others (Platt 1999), so that rows that are
 * all nearest to their own class have a T above 0. It is at most 100 times the mean gap between the nearest and the
 * average class, and 1 where distances tell nothing. Of many known rows, evenly spaced ones are taken, up to 2²²
 * distances.
 * @param labels checked labels [B], below 0 = unknown and ignored
 * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function fitTemperature(centers: ClassCenters, x: NumberArray, labels: Int32Array, metric: Metric): number {
  const { nClasses, nDim } = centers;
  const known = Array.from(labels.keys()).filter((row) => (labels[row] as number) >= 0);
  const every = Math.ceil((known.length * nClasses) / MAX_DISTANCES);
  const rows = known.filter((_, i) => i % every === 0);
  const taken = new Float32Array(rows.length * nDim);
  rows.forEach((row, i) => {
    taken.set(partOf(x, row * nDim, (row + 1) * nDim), i * nDim);
  });
  const target = rows.map((row) => labels[row] as number);
  const spec = { call: 'fit', width: nDim, nClasses, labels: 'strict', outWidth: nClasses } as const;
  const inputs = takeInputs(taken, target, spec);
  const { rust } = centers;
  prepare(rust, inputs, Work.Distances, 'fit', rustMetric(metric));
  rust.distances(inputs.batch, rustMetric(metric));
  return inputs.batch.fit_temperature();
}
