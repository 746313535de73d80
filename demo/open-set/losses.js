// @ts-check
/** The three losses, as functions of features and logits that TensorFlow.js can differentiate. */

import * as tf from '@tensorflow/tfjs';
import { CACLoss, CenterLoss } from 'center-loss';
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
 * @param {{ nClasses: number, nDim: number, seed: number, settings: Settings }} options
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
 * @param {{ nClasses: number, nDim: number, seed: number, settings: Settings }} options
 * @returns {Objective}
 */
function center({ nClasses, nDim, seed, settings: { lambda, alpha } }) {
  const loss = new CenterLoss(nClasses, nDim, { reduction: 'wen', init: 'normal', seed });
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
 * @param {{ nClasses: number, nDim: number, settings: Settings }} options
 * @returns {Objective}
 */
function cac({ nClasses, nDim, settings: { anchorLambda: lambda, magnitude } }) {
  const flat = nDim < nClasses;
  const loss = new CACLoss(nClasses, flat ? nDim : nClasses, {
    lambda,
    magnitude,
    init: flat ? circle(nClasses) : 'anchors',
  });
  const term = termOf(loss);
  return {
    value: (features, logits, labels) => term(flat ? features : logits, labels),
    embedding: flat ? 'features' : 'logits',
    centers: () => loss.centers.params.slice(),
    dispose: () => loss.dispose(),
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

/**
 * A loss of the package with fixed centers as a term that TensorFlow.js can differentiate: the value and ∂loss/∂x come
 * from one call.
 *
 * @param {{ gradients: (x: Float32Array, target: Int32Array) => { loss: number, gradX: Float32Array } }} loss
 * @returns {(x: tf.Tensor2D, labels: Int32Array) => tf.Scalar}
 */
export function termOf(loss) {
  return (x, labels) => {
    const term = tf.customGrad((...inputs) => {
      const [x, save] = /** @type {[tf.Tensor, tf.GradSaveFunc]} */ (/** @type {unknown} */ (inputs));
      const { loss: value, gradX } = loss.gradients(/** @type {Float32Array} */ (x.dataSync()), labels);
      save([tf.tensor(gradX, x.shape)]);
      return {
        value: tf.scalar(value),
        gradFunc: (dy, [gradient]) => tf.mul(dy, /** @type {tf.Tensor} */ (gradient)),
      };
    });
    return /** @type {tf.Scalar} */ (term(x));
  };
}
