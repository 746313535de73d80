// @ts-check
/** Embeddings around a mean for each class, and centers trained on some of them; the same on every machine. */
import { CenterLoss } from 'center-loss';

/** @import { Job } from './job.js' */

/** Standard deviation around the means of the classes, which are N(0, 1): large enough that some classes mix. */
const SPREAD = 2.5;
const ROWS_OF_NOISE = 10_000;
const TRAINING_ROWS = 50_000;
const BATCH_ROWS = 2_500;

/** @param {number} row @param {Job} job */
export const labelOf = (row, { nClasses }) => row % nClasses;

/** Fills `x` and `params`. @param {Job} job @param {number} [seed] */
export function fill(job, seed = 1) {
  const means = normal(job.nClasses, job.nDim, seed);
  fillRows(job, means, seed + 1);
  train(job, seed);
}

/** @param {Job} job @param {Float32Array} means @param {number} seed */
function fillRows(job, means, seed) {
  const { x, nDim } = job;
  const rows = x.length / nDim;
  for (let first = 0; first < rows; first += ROWS_OF_NOISE) {
    const noise = normal(Math.min(ROWS_OF_NOISE, rows - first), nDim, seed + first / ROWS_OF_NOISE);
    for (let row = 0; row < noise.length / nDim; row++) {
      const mean = labelOf(first + row, job) * nDim;
      for (let k = 0; k < nDim; k++) {
        x[(first + row) * nDim + k] = (means[mean + k] ?? 0) + SPREAD * (noise[row * nDim + k] ?? 0);
      }
    }
  }
}

/** @param {Job} job @param {number} seed */
function train(job, seed) {
  const { x, params, nClasses, nDim } = job;
  const loss = new CenterLoss(nClasses, nDim, { init: 'normal', seed: seed + 1 });
  const rows = Math.min(x.length / nDim, TRAINING_ROWS);
  for (let first = 0; first < rows; first += BATCH_ROWS) {
    const end = Math.min(first + BATCH_ROWS, rows);
    const target = Int32Array.from({ length: end - first }, (_, i) => labelOf(first + i, job));
    loss.step(x.subarray(first * nDim, end * nDim), target);
  }
  params.set(loss.centers.params);
  loss.dispose();
}

/** Initial centers are seeded N(0, 1): also a good source of noise. @param {number} rows @param {number} nDim @param {number} seed */
function normal(rows, nDim, seed) {
  const source = new CenterLoss(rows, nDim, { init: 'normal', seed });
  const values = source.centers.params.slice();
  source.dispose();
  return values;
}
