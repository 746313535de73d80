// @ts-check
/** Batches of embeddings around a mean for each class. A batch is the same whenever it is made. */
import { CenterLoss } from 'center-loss';

/** @import { Shape } from '../src/shape.js' */

/** Rows with a label of no class, and rows with a NaN. */
const UNKNOWN_EVERY = 97;
const BROKEN_EVERY = 1009;

/** Its multiples fill the range from 0 to 1 evenly. */
const GOLDEN_RATIO = 0.6180339887498949;

export class Embeddings {
  #shape;
  #rows;
  #means;

  /** @param {Shape} shape @param {number} rows of a batch */
  constructor(shape, rows) {
    this.#shape = shape;
    this.#rows = rows;
    this.#means = normal(shape.nClasses, shape.nDim, 1);
  }

  /** @param {number} nth @returns {{ x: Float32Array<ArrayBuffer>, target: Int32Array<ArrayBuffer> }} */
  batch(nth) {
    const { nClasses, nDim } = this.#shape;
    const x = normal(this.#rows, nDim, nth + 2);
    const target = new Int32Array(this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      const number = nth * this.#rows + row;
      // Some classes come more often than others.
      const label = Math.floor(nClasses * ((number * GOLDEN_RATIO) % 1) ** 2);
      target[row] = number % UNKNOWN_EVERY === 0 ? -1 : label;
      for (let k = 0; k < nDim; k++) {
        const at = row * nDim + k;
        x[at] = (x[at] ?? 0) + (this.#means[label * nDim + k] ?? 0);
      }
      if (number % BROKEN_EVERY === 5) x[row * nDim + (row % nDim)] = Number.NaN;
    }
    return { x, target };
  }

  /** @param {number} nth @returns {Buffer} as it is sent */
  body(nth) {
    const { x, target } = this.batch(nth);
    return Buffer.concat([new Uint8Array(x.buffer), new Uint8Array(target.buffer)]);
  }
}

/** Initial centers are seeded N(0, 1): also a good source of noise. @param {number} rows @param {number} nDim @param {number} seed */
function normal(rows, nDim, seed) {
  const source = new CenterLoss(rows, nDim, { init: 'normal', seed });
  const values = source.centers.params.slice();
  source.dispose();
  return values;
}
