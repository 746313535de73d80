// @ts-check
// The work of one task, in Node. OUT is a file of `ClassStatistics.save()`:
//   node statistics.mjs OUT fold CLASSES DIM COVARIANCE X.npy TARGET.npy [X.npy TARGET.npy …]
//   node statistics.mjs OUT merge FILE [FILE …]
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { ClassStatistics, NPY_HEADER_BYTES, npyHeader, readNpy } from 'center-loss';

/** Bytes of the rows that are read at once: they stay in the cache until they are added. */
const BLOCK_BYTES = 2 ** 18;

/** @typedef {import('center-loss').Covariance} Covariance */

/** Gives the statistics of all rows of some partitions. @param {string[]} args */
function fold([classes, dim, covariance, ...files]) {
  const options = { covariance: /** @type {Covariance} */ (covariance) };
  const statistics = new ClassStatistics(Number(classes), Number(dim), options);
  for (let i = 0; i < files.length; i += 2) addPartition(statistics, files[i] ?? '', files[i + 1] ?? '');
  return statistics;
}

/**
 * Adds the rows of two .npy files: embeddings [B, D], float32, and labels [B], integers. Rows are read in blocks, so a
 * file may be larger than memory.
 * @param {ClassStatistics} statistics @param {string} xFile @param {string} targetFile
 */
function addPartition(statistics, xFile, targetFile) {
  const { nDim } = statistics;
  const target = /** @type {Int32Array} */ (readNpy(readFileSync(targetFile)).data);
  const file = openSync(xFile, 'r');
  const head = new Uint8Array(NPY_HEADER_BYTES);
  const { dtype, shape, fortranOrder, bigEndian, start } = npyHeader(head.subarray(0, readSync(file, head)));
  const isWanted = dtype === 'F32' && !fortranOrder && !bigEndian && `${shape}` === `${[target.length, nDim]}`;
  if (!isWanted) throw new Error(`${xFile} must be float32 [${target.length},${nDim}], got ${dtype} [${shape}]`);
  const block = new Float32Array(Math.max(1, Math.floor(BLOCK_BYTES / (4 * nDim))) * nDim);
  for (let row = 0, rows = 0; row < target.length; row += rows) {
    rows = Math.min(block.length / nDim, target.length - row);
    const x = block.subarray(0, rows * nDim);
    if (readSync(file, x, 0, x.byteLength, start + 4 * nDim * row) < x.byteLength) {
      throw new Error(`${xFile} ends before its last row`);
    }
    try {
      statistics.add(x, target.subarray(row, row + rows));
    } catch (error) {
      throw new Error(`${targetFile}, from row ${row} on: ${/** @type {Error} */ (error).message}`);
    }
  }
  closeSync(file);
}

/** Gives the statistics of all rows that the files are of. @param {string[]} files */
function merge([first = '', ...others]) {
  const statistics = ClassStatistics.load(readFileSync(first));
  for (const file of others) {
    const other = ClassStatistics.load(readFileSync(file));
    statistics.merge(other);
    other.dispose();
  }
  return statistics;
}

try {
  const [out = '', command, ...args] = process.argv.slice(2);
  writeFileSync(out, (command === 'merge' ? merge(args) : fold(args)).save());
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
