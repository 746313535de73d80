// @ts-check
/** Grey values as network input: zero mean and unit variance over the training set. */

import { PIXELS, SIDE } from './mnist.js';

/** @import { Digits } from './mnist.js' */

/**
 * A byte has 256 values, so normalizing is a table look-up and the digits can stay bytes in memory.
 *
 * @param {Digits} digits the set whose mean and variance count
 * @returns {Float32Array} the network's input for each grey value
 */
export function normalization({ images }) {
  const histogram = new Float64Array(256);
  for (const grey of images) histogram[grey] = (histogram[grey] ?? 0) + 1;
  const average = (/** @type {(grey: number) => number} */ of) =>
    histogram.reduce((sum, times, grey) => sum + times * of(grey), 0) / images.length;
  const mean = average((grey) => grey);
  const deviation = Math.sqrt(average((grey) => (grey - mean) ** 2));
  return Float32Array.from(histogram, (_, grey) => (grey - mean) / deviation);
}

/**
 * Writes one digit as network input, moved by whole pixels; what moves in from outside is paper.
 *
 * @param {Float32Array} out PIXELS values
 * @param {Uint8Array} image PIXELS grey values
 * @param {Float32Array} table from `normalization`
 * @param {number} right
 * @param {number} down
 */
export function writeInput(out, image, table, right = 0, down = 0) {
  const paper = table[0] ?? 0;
  if (right !== 0 || down !== 0) out.fill(paper);
  const top = Math.max(0, down);
  const bottom = Math.min(SIDE, SIDE + down);
  const first = Math.max(0, right);
  const end = Math.min(SIDE, SIDE + right);
  for (let y = top; y < bottom; y++) {
    const source = (y - down) * SIDE - right;
    for (let x = first; x < end; x++) {
      out[y * SIDE + x] = table[image[source + x] ?? 0] ?? paper;
    }
  }
}

/**
 * @param {Digits} digits
 * @param {number} row
 * @returns {Uint8Array} a view on the grey values of one digit
 */
export function imageOf({ images }, row) {
  return images.subarray(row * PIXELS, (row + 1) * PIXELS);
}
