// @ts-check
/** What the threads share: rows and centers to read, results to write, and whose turn it is. */
import { freemem } from 'node:os';

/**
 * @typedef {object} Sizes
 * @property {number} rows
 * @property {number} nClasses
 * @property {number} nDim
 */

/**
 * The arrays lie in shared memory: sent to a thread, they are not copied, but seen there too.
 *
 * @typedef {object} Job
 * @property {number} nClasses
 * @property {number} nDim
 * @property {number} rowsAtOnce rows of a block: what a thread takes at a time
 * @property {Float32Array} x embeddings [rows, nDim]
 * @property {Float32Array} params centers [nClasses, nDim]
 * @property {Int32Array} classes result: the nearest class of each row; −1 if it has no finite distance
 * @property {Float32Array} distances result: the squared distance to its center; NaN if there is none
 * @property {Int32Array} nextBlock the first block that no thread has taken yet
 */

/**
 * Small enough that the threads end at about the same time, large enough that taking a block costs nothing beside it:
 * the rows and distances of one stay within a second-level cache.
 */
const ROWS_AT_ONCE = 512;

const BYTES = 4;

/** @param {Sizes} sizes @param {number} [rowsAtOnce] @returns {Job} all 0 @throws Error if it does not fit into memory */
export function makeJob({ rows, nClasses, nDim }, rowsAtOnce = ROWS_AT_ONCE) {
  const bytes = BYTES * (rows * nDim + nClasses * nDim + 2 * rows);
  const what = `${rows} rows and ${nClasses} centers of ${nDim} values need ${grouped(bytes)} bytes`;
  // Asked first: the system promises memory that it does not have, and ends the program that then uses it.
  const free = process.availableMemory?.() ?? freemem();
  if (bytes > free) throw new Error(`${what}, but ${grouped(free)} are free`);
  try {
    return {
      nClasses,
      nDim,
      rowsAtOnce,
      x: new Float32Array(shared(rows * nDim)),
      params: new Float32Array(shared(nClasses * nDim)),
      classes: new Int32Array(shared(rows)),
      distances: new Float32Array(shared(rows)),
      nextBlock: new Int32Array(shared(1)),
    };
  } catch (cause) {
    throw new Error(`${what}, more than can be shared`, { cause });
  }
}

/** @param {number} length */
const shared = (length) => new SharedArrayBuffer(BYTES * length);

/** @param {number} count */
const grouped = (count) => count.toLocaleString('en');
