// @ts-check
/** The three losses, as functions of features and logits that TensorFlow.js can differentiate. */

import * as tf from '@tensorflow/tfjs';
import { CenterLoss } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';

/** @import { Method, Settings } from './settings.js' */

/**
 * @typedef {object} Objective
 * @property {(features: tf.Tensor2D, logits: tf.Tensor2D, labels: Int32Array, progress: number) => tf.Scalar} value
 *   what is minimized; `progress` of the training, 0 to 1
 * @property {'features' | 'logits'} embedding where the distances to centers are taken
 * @property {() => Float32Array | null} centers [C, D]; null: the method has none
 * @property {() => void} dispose
 */

const LAMBDA_RAMP = 1 / 3;

/**
 * @param {Method} method
 * @param {{ nClasses: number, nFeatures: number, seed: number, settings: Settings }} options
 * @returns {Objective}
 */
export function objective(method, options) {
  return { softmax, center, cac }[method](options);
}

/**
 * @param {tf.Tensor2D} logits
 * @param {Int32Array} labels
 * @returns {tf.Scalar}
 */
function crossEntropy(logits, labels) {
  const wanted = tf.oneHot(tf.tensor1d(labels, 'int32'), logits.shape[1]);
  return tf.losses.softmaxCrossEntropy(wanted, logits);
}

/** @returns {Objective} */
function softmax() {
  return {
    value: (_features, logits, labels) => crossEntropy(logits, labels),
    embedding: 'features',
    centers: () => null,
    dispose() {},
  };
}

/**
 * @param {{ nClasses: number, nFeatures: number, seed: number, settings: Settings }} options
 * @returns {Objective}
 */
function center({ nClasses, nFeatures, seed, settings: { lambda, alpha } }) {
  const loss = new CenterLoss(nClasses, nFeatures, { reduction: 'wen', init: 'normal', seed });
  const term = centerLossTerm(tf, loss, { alpha });
  return {
    // The classes part while the pull is weak; see demo/settings.js.
    value: (features, logits, labels, progress) =>
      tf.add(
        crossEntropy(logits, labels),
        tf.mul(term(features, labels), lambda * Math.min(1, progress / LAMBDA_RAMP)),
      ),
    embedding: 'features',
    centers: () => loss.centers.params.slice(),
    dispose: () => loss.dispose(),
  };
}

/**
 * Class anchor clustering puts an anchor on an axis for each class, in as many dimensions as there are classes: the
 * logits are its embedding. Two dimensions have no six axes, so there the features themselves are pulled to anchors
 * on a circle.
 *
 * @param {{ nClasses: number, nFeatures: number, settings: Settings }} options
 * @returns {Objective}
 */
function cac({ nClasses, nFeatures, settings: { anchorLambda, magnitude } }) {
  const flat = nFeatures < nClasses;
  const nDim = flat ? nFeatures : nClasses;
  const anchors = flat ? circle(nClasses) : axes(nClasses);
  const centers = anchors.map((value) => value * magnitude);
  const embedding = flat ? 'features' : 'logits';
  const term = cacTerm(centers, nDim, anchorLambda);
  return {
    value: (features, logits, labels) => term(embedding === 'features' ? features : logits, labels),
    embedding,
    centers: () => centers.slice(),
    dispose() {},
  };
}

/**
 * @param {number} count
 * @returns {Float32Array} [count, 2], evenly on the unit circle
 */
export function circle(count) {
  const angle = (/** @type {number} */ i) => (2 * Math.PI * i) / count;
  return Float32Array.from({ length: 2 * count }, (_, at) => (at % 2 ? Math.sin : Math.cos)(angle(at >> 1)));
}

/** @param {number} count */
function axes(count) {
  return Float32Array.from({ length: count * count }, (_, at) => Number(at % (count + 1) === 0));
}

/**
 * Temporary: until the package's CACLoss is here.
 *
 * @param {Float32Array} centers
 * @param {number} nDim
 * @param {number} lambda
 */
function cacTerm(centers, nDim, lambda) {
  const nClasses = centers.length / nDim;
  return (/** @type {tf.Tensor2D} */ embedding, /** @type {Int32Array} */ labels) => {
    const anchors = tf.tensor3d(centers, [1, nClasses, nDim]);
    const difference = tf.sub(tf.expandDims(embedding, 1), anchors);
    const distances = tf.sqrt(tf.add(tf.sum(tf.square(difference), 2), 1e-12));
    const own = tf.oneHot(tf.tensor1d(labels, 'int32'), nClasses);
    const tuplet = tf.losses.softmaxCrossEntropy(own, tf.neg(distances));
    const anchor = tf.div(tf.sum(tf.mul(distances, own)), labels.length);
    return /** @type {tf.Scalar} */ (tf.add(tuplet, tf.mul(anchor, lambda)));
  };
}
