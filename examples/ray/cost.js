// @ts-check
// Usage: node cost.js [--classes 100000] [--dim 512] [--covariance none] — measures the cost of a very large fit in one
// process, for the plan in docs/many-machines.md. Times are those of the core, since other programs may use it too.
import { parseArgs } from 'node:util';
import { ClassStatistics } from 'center-loss';

const { values } = parseArgs({
  options: {
    classes: { type: 'string', default: '100000' },
    dim: { type: 'string', default: '512' },
    covariance: { type: 'string', default: 'none' },
  },
});
const [nClasses, nDim] = [Number(values.classes), Number(values.dim)];
const BLOCK_BYTES = 2 ** 28;
/** Rows of a class that it sums in float32 before it adds them to the totals in float64. */
const RUN_ROWS = 64;

/** @template T @param {string} what @param {() => T} work @param {number} [rows] */
function timed(what, work, rows) {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  const rate = rows ? `, ${(rows / 1e6 / seconds).toFixed(2)} M rows/s` : '';
  const peak = (process.resourceUsage().maxRSS / 1e6).toFixed(1);
  console.log(`${what}: ${seconds.toFixed(2)} s of a core${rate}; most memory so far ${peak} GB`);
  return result;
}

const covariance = /** @type {import('center-loss').Covariance} */ (values.covariance);
const statistics = new ClassStatistics(nClasses, nDim, { covariance });
const x = Float32Array.from({ length: BLOCK_BYTES / 4 }, Math.random);
const blockRows = Math.floor(x.length / nDim);
const rows = x.subarray(0, blockRows * nDim);
console.log(`${nClasses} classes of ${nDim} dimensions, ${covariance}; ${(x.byteLength / 1e6).toFixed(0)} MB of rows`);

/** @param {string} what @param {number} rowsPerClass */
function add(what, rowsPerClass) {
  const blocks = Math.ceil((rowsPerClass * nClasses) / blockRows);
  const target = Int32Array.from({ length: blocks * blockRows }, () => Math.floor(Math.random() * nClasses));
  const work = () => {
    for (let row = 0; row < target.length; row += blockRows) {
      statistics.add(rows, target.subarray(row, row + blockRows));
    }
  };
  timed(what, work, target.length);
}
add('the first rows of each class', 2 * RUN_ROWS);
add('rows after that', RUN_ROWS);
const bytes = timed('save', () => statistics.save());
console.log(`${(bytes.length / 1e6).toFixed(0)} MB of statistics`);
const other = timed('load', () => ClassStatistics.load(bytes));
timed('merge', () => statistics.merge(other));
