// @ts-check
/** What the demo measures on features and predictions. */

import { CLASSES } from './mnist.js';
import { FEATURES } from './network.js';

/**
 * @param {ArrayLike<number>} predicted
 * @param {Int32Array} labels
 * @returns {number} share of equal ones
 */
export function accuracy(predicted, labels) {
  return labels.reduce((right, label, i) => right + Number(predicted[i] === label), 0) / labels.length;
}

/**
 * @param {Float32Array} features [count, D]
 * @param {Int32Array} labels
 * @param {number} nClasses
 * @returns {Float64Array} [nClasses, D]; zeros for a class without digits
 */
export function classMeans(features, labels, nClasses = CLASSES) {
  const width = features.length / labels.length;
  const sums = new Float64Array(nClasses * width);
  const counts = new Float64Array(nClasses);
  labels.forEach((label, row) => {
    counts[label] = (counts[label] ?? 0) + 1;
    for (let d = 0; d < width; d++) {
      const at = label * width + d;
      sums[at] = (sums[at] ?? 0) + (features[row * width + d] ?? Number.NaN);
    }
  });
  return sums.map((sum, at) => sum / Math.max(1, counts[Math.floor(at / width)] ?? 0));
}

/**
 * Between-class over within-class variance: Σ‖m_y − m‖² / Σ‖x − m_y‖² over all rows, with m_y the
 * mean of the row's class and m the mean of all. It does not change when features are scaled.
 *
 * @param {Float32Array} features [count, 2]
 * @param {Int32Array} labels
 */
export function spreadRatio(features, labels) {
  const means = classMeans(features, labels);
  const overall = classMeans(features, new Int32Array(labels.length));
  let between = 0;
  let within = 0;
  labels.forEach((label, row) => {
    for (let d = 0; d < FEATURES; d++) {
      const mean = means[label * FEATURES + d] ?? Number.NaN;
      between += (mean - (overall[d] ?? Number.NaN)) ** 2;
      within += ((features[row * FEATURES + d] ?? Number.NaN) - mean) ** 2;
    }
  });
  return between / within;
}

/**
 * @param {Float32Array} features [count, 2]
 * @param {Int32Array} labels
 * @param {Float32Array} centers [10, 2]
 * @returns {Float64Array} the squared distance of each row to the center of its class
 */
export function ownDistances(features, labels, centers) {
  return Float64Array.from(labels, (label, row) => {
    let sum = 0;
    for (let d = 0; d < FEATURES; d++) {
      sum += ((features[row * FEATURES + d] ?? Number.NaN) - (centers[label * FEATURES + d] ?? Number.NaN)) ** 2;
    }
    return sum;
  });
}

/**
 * @param {Float64Array} values
 * @param {number} share
 * @returns {number} the least value that at least this share of all does not exceed
 */
export function quantile(values, share) {
  return values.toSorted()[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN;
}
