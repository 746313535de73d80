// @ts-check
/** Work of each thread, the same in Node and in browsers. */

/** @import { ClassCenters } from 'center-loss' */
/** @import { Job } from './job.js' */

/**
 * Takes blocks of rows until none is left.
 * @param {Job} job @param {ClassCenters} centers this thread's own @returns {number} rows that it did
 */
export function classify(job, centers) {
  const { nClasses, nDim, rowsAtOnce, x, params, classes, distances, nextBlock } = job;
  const rows = classes.length;
  // The centers may have been trained since the last run.
  centers.params.set(params);
  const matrix = new Float32Array(rowsAtOnce * nClasses);
  for (let done = 0; ; ) {
    // One atomic step: no two threads get the same block, and a slow thread takes fewer.
    const first = Atomics.add(nextBlock, 0, 1) * rowsAtOnce;
    if (first >= rows) return done;
    const end = Math.min(first + rowsAtOnce, rows);
    const block = matrix.subarray(0, (end - first) * nClasses);
    centers.distances(x.subarray(first * nDim, end * nDim), block);
    for (let row = first; row < end; row++) {
      const start = (row - first) * nClasses;
      const nearest = leastOf(block, start, start + nClasses);
      classes[row] = nearest < 0 ? -1 : nearest - start;
      distances[row] = block[nearest] ?? Number.NaN;
    }
    done += end - first;
  }
}

/**
 * Finds the nearest class as `predict` does, the lowest index among equals. `predict` itself would compute the distances
 * a second time.
 * @param {Float32Array} values @param {number} start @param {number} end @returns {number} index; −1 if none is finite
 */
function leastOf(values, start, end) {
  let [least, at] = [Number.POSITIVE_INFINITY, -1];
  for (let i = start; i < end; i++) {
    const value = values[i] ?? Number.NaN;
    if (value < least) [least, at] = [value, i];
  }
  return at;
}
