// @ts-check
/** Memory that the threads share: rows and centers to read, results to write, and a counter of blocks. */
import { freemem } from 'node:os';

/**
 * @typedef {object} Sizes
 * @property {number} rows
 * @property {number} nClasses
 * @property {number} nDim
 */

/**
 * Arrays in shared memory: a thread that gets them in a message sees the same values, without a copy.
 *
 * @typedef {object} Job
 * @property {number} nClasses
 * @property {number} nDim
 * @property {number} rowsAtOnce rows of a block, which a thread takes at a time
 * @property {Float32Array} x embeddings [rows, nDim]
 * @property {Float32Array} params centers [nClasses, nDim]
 * @property {Int32Array} classes result: the nearest class of each row; −1 if it has no finite distance
 * @property {Float32Array} distances result: the squared distance to its center; NaN if there is none
 * @property {Int32Array} nextBlock the first block that no thread has taken yet
 */

/**
 * Rows of a block: few enough that the threads end at about the same time and that a block stays within a second-level
 * cache, and so many that taking a block costs nothing beside classifying it.
 */
const ROWS_AT_ONCE = 512;

const BYTES = 4;

/** @param {Sizes} sizes @param {number} [rowsAtOnce] @returns {Job} all 0 @throws Error if it does not fit into memory */
export function makeJob({ rows, nClasses, nDim }, rowsAtOnce = ROWS_AT_ONCE) {
  const bytes = BYTES * (rows * nDim + nClasses * nDim + 2 * rows);
  const what = `${rows} rows and ${nClasses} centers of ${nDim} values need ${grouped(bytes)} bytes`;
  // The system promises memory that it does not have, and ends a program that then uses it.
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
