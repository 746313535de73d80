// @ts-check
// Usage: node fold.js PLAN.json OUT — folds and merges the partitions of a plan as fold.py does, in one process, and
// writes ClassStatistics. The plan: { nClasses, nDim, covariance, perTask, fanIn, partitions: [{ x, target }] }, the last
// two being names of .npy files.
import { readFileSync, writeFileSync } from 'node:fs';
import { ClassStatistics, readNpy } from 'center-loss';

/** @typedef {{ x: string, target: string }} Partition */

/** @template T @param {T[]} things @param {number} size */
const parts = (things, size) =>
  Array.from({ length: Math.ceil(things.length / size) }, (_, i) => things.slice(i * size, (i + 1) * size));

const [planFile = '', out = ''] = process.argv.slice(2);
/** @type {{ nClasses: number, nDim: number, covariance: 'none' | 'diagonal' | 'tied', perTask: number, fanIn: number, partitions: Partition[] }} */
const { nClasses, nDim, covariance, perTask, fanIn, partitions } = JSON.parse(readFileSync(planFile, 'utf8'));

/** @param {Partition[]} some */
function fold(some) {
  const statistics = new ClassStatistics(nClasses, nDim, { covariance });
  for (const { x, target } of some) {
    const rows = /** @type {Float32Array} */ (readNpy(readFileSync(x)).data);
    statistics.add(rows, /** @type {Int32Array} */ (readNpy(readFileSync(target)).data));
  }
  return statistics;
}

/** @param {ClassStatistics[]} some */
function merge(some) {
  const [first, ...others] = /** @type {[ClassStatistics, ...ClassStatistics[]]} */ (some);
  for (const other of others) {
    first.merge(other);
    other.dispose();
  }
  return first;
}

let level = parts(partitions, perTask).map(fold);
while (level.length > 1) level = parts(level, fanIn).map(merge);
writeFileSync(out, /** @type {ClassStatistics} */ (level[0]).save());
