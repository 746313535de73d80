// @ts-check
/**
 * Fashion-MNIST (Xiao et al. 2017): 10,000 pictures of clothes of the size of MNIST's digits, none of which is a
 * digit. Read from Debian's package `dataset-fashion-mnist`; a machine without it shows the digits alone.
 */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseDigits } from '../mnist.js';

/** @import { Digits } from '../mnist.js' */

export const FASHION_MNIST = '/usr/share/datasets/fashion-mnist';

/**
 * @param {string} folder
 * @returns {Promise<Digits | null>} the test set, all labels −1; null where the package is not installed
 */
export async function loadFashion(folder = FASHION_MNIST) {
  if (!existsSync(folder)) return null;
  const read = async (/** @type {string} */ file) => gunzipSync(await readFile(join(folder, file)));
  const [images, labels] = await Promise.all([read('t10k-images-idx3-ubyte.gz'), read('t10k-labels-idx1-ubyte.gz')]);
  const clothes = parseDigits(images, labels, 'Fashion-MNIST test');
  return { ...clothes, labels: clothes.labels.fill(-1) };
}
