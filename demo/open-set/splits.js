// @ts-check
/** Which digits are known, and what of MNIST trains, sets thresholds and tests. */

import { shuffled } from '../batches.js';
import { CLASSES, PIXELS } from '../mnist.js';
import { imageOf } from '../pixels.js';

/** @import { Digits } from '../mnist.js' */

/**
 * The known digits of each trial: the five splits that Miller et al. publish with their code
 * (github.com/dimitymiller/cac-openset, datasets/MNIST/class_splits), so that means over all five
 * are over the same trials as theirs. The other four digits of a trial are unknown.
 */
export const SPLITS = [
  [0, 1, 2, 4, 5, 9],
  [0, 3, 5, 7, 8, 9],
  [0, 1, 5, 6, 7, 8],
  [3, 4, 5, 7, 8, 9],
  [0, 1, 2, 3, 7, 8],
];

export const KNOWN = 6;

/** Of the known training digits, so many are held out of training: thresholds come from these. */
const VALIDATION_SHARE = 0.2;

/**
 * @typedef {object} OpenSet
 * @property {number[]} digits the known ones; label k stands for digits[k]
 * @property {Digits} train known
 * @property {Digits} validation known, not trained on
 * @property {Digits} test known, of MNIST's test set
 * @property {Digits} unknown the rest of MNIST's test set; labels are below 0
 */

/**
 * @param {Digits} digits
 * @param {ArrayLike<number>} rows
 * @param {(label: number) => number} relabel
 * @returns {Digits} copies of these rows
 */
export function pick(digits, rows, relabel) {
  const images = new Uint8Array(rows.length * PIXELS);
  const labels = Int32Array.from(rows, (row, i) => {
    images.set(imageOf(digits, row), i * PIXELS);
    return relabel(digits.labels[row] ?? -1);
  });
  return { count: rows.length, images, labels };
}

/**
 * @param {{ train: Digits, test: Digits }} mnist
 * @param {number[]} known
 * @param {{ seed: number, limit: number }} options `seed` of which digits are held out; at most `limit` to train on
 * @returns {OpenSet}
 */
export function openSet({ train, test }, known, { seed, limit }) {
  const digits = known.toSorted((a, b) => a - b);
  const strange = digits.find((digit, i) => !(digit >= 0 && digit < CLASSES) || digit === digits[i - 1]);
  if (strange !== undefined) throw new Error(`the known digits are [${known}]; each has to be from 0 to 9, and once`);
  const label = (/** @type {number} */ digit) => digits.indexOf(digit);
  const rowsOf = (/** @type {Digits} */ set, /** @type {boolean} */ isKnown) =>
    Int32Array.from(set.labels.keys()).filter((row) => label(set.labels[row] ?? -1) >= 0 === isKnown);
  const knownRows = rowsOf(train, true);
  const order = shuffled(knownRows.length, `${seed}/validation`).map((at) => knownRows[at] ?? -1);
  const held = Math.round(order.length * VALIDATION_SHARE);
  return {
    digits,
    train: pick(train, order.subarray(held, Math.min(order.length, held + limit)), label),
    validation: pick(train, order.subarray(0, held), label),
    test: pick(test, rowsOf(test, true), label),
    unknown: pick(test, rowsOf(test, false), label),
  };
}

/**
 * @param {{ train: Digits, test: Digits }} mnist
 * @param {number[]} known
 * @param {number} limit
 * @returns {{ train: number, validation: number, known: number, unknown: number }} how many images `openSet` gives
 */
export function countImages({ train, test }, known, limit) {
  const among = (/** @type {Digits} */ { labels }) =>
    labels.reduce((count, label) => count + Number(known.includes(label)), 0);
  const validation = Math.round(among(train) * VALIDATION_SHARE);
  return {
    train: Math.min(limit, among(train) - validation),
    validation,
    known: among(test),
    unknown: test.count - among(test),
  };
}

/** @param {number[]} known */
export function othersOf(known) {
  return Array.from({ length: CLASSES }, (_, digit) => digit).filter((digit) => !known.includes(digit));
}
