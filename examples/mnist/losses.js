// @ts-check
/** Three objectives of a training: softmax, softmax + λ · center loss, and class anchor clustering. */

import * as tf from '@tensorflow/tfjs';
import { CACLoss, CenterLoss, ClassStatistics } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';

/** @import { ClassCenters } from 'center-loss' */
/** @import { Outputs } from './network.js' */

/** Weight of the center loss, Σ‖x − c‖² / 2B, and rate of the centers: c ← c − α · Σ(c − x) / (1 + n). */
export const LAMBDA = 1;
export const ALPHA = 0.5;

/**
 * Share of the training in which λ rises to its full value. At full strength from the start, center loss holds all
 * features in one heap around centers that mean nothing yet.
 */
const LAMBDA_RAMP = 1 / 3;

/** λ and length of the anchors of CAC, from its paper (Miller et al. 2021). */
export const CAC = { lambda: 0.1, magnitude: 10 };

/** @typedef {'softmax' | 'center' | 'cac'} Method */

/** @type {Record<Method, string>} */
export const METHOD_NAMES = { softmax: 'softmax', center: 'softmax + center loss', cac: 'CAC' };

/**
 * @typedef {object} Pass of one batch through the network
 * @property {tf.Tensor2D} features [B, D]
 * @property {tf.Tensor2D} logits [B, C]
 * @property {Int32Array} labels [B]
 * @property {number} progress of the training, 0 to 1
 */

/**
 * @typedef {object} Objective
 * @property {(pass: Pass) => tf.Scalar} loss differentiable
 * @property {'features' | 'logits'} embedding layer that has the centers
 * @property {ClassCenters | null} centers null if the method has none
 * @property {() => void} dispose
 */

/**
 * @param {Method} method
 * @param {{ nClasses: number, nDim: number, seed: number }} options
 * @returns {Objective}
 */
export function objective(method, options) {
  return { softmax, center, cac }[method](options);
}

/** @returns {Objective} */
function softmax() {
  return { loss: crossEntropy, embedding: 'features', centers: null, dispose() {} };
}

/** @param {Pass} pass @returns {tf.Scalar} */
function crossEntropy({ logits, labels }) {
  return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), logits.shape[1]), logits);
}

/**
 * Cross-entropy + λ · center loss. Each backward pass also moves the centers.
 *
 * @param {{ nClasses: number, nDim: number, seed: number }} options
 * @returns {Objective}
 */
function center({ nClasses, nDim, seed }) {
  const loss = new CenterLoss(nClasses, nDim, { reduction: 'wen', init: 'normal', seed });
  const term = centerLossTerm(tf, loss, { step: { alpha: ALPHA } });
  return {
    loss: (pass) => {
      const lambda = LAMBDA * Math.min(1, pass.progress / LAMBDA_RAMP);
      return tf.add(crossEntropy(pass), tf.mul(term(pass.features, pass.labels), lambda));
    },
    embedding: 'features',
    centers: loss.centers,
    dispose: () => loss.dispose(),
  };
}

/**
 * Class anchor clustering. The embedding is the logits: each class has its anchor on an axis of its own.
 *
 * @param {{ nClasses: number }} options
 * @returns {Objective}
 */
function cac({ nClasses }) {
  const loss = new CACLoss(nClasses, nClasses, { ...CAC, init: 'anchors' });
  const term = centerLossTerm(tf, loss);
  return {
    loss: ({ logits, labels }) => term(logits, labels),
    embedding: 'logits',
    centers: loss.centers,
    dispose: () => loss.dispose(),
  };
}

/**
 * Class means of the embeddings. They stand in for centers after a training with softmax alone, which has none.
 *
 * @param {Outputs} outputs for training digits
 * @param {number} nClasses
 * @returns {ClassCenters}
 */
export function classMeans({ embedding, labels }, nClasses) {
  const statistics = new ClassStatistics(nClasses, embedding.length / labels.length);
  statistics.add(embedding, labels);
  return statistics.toCenters();
}
