// @ts-check
/**
 * Scores that tell how unknown a digit looks. Each is fitted on known digits that were held out of the training and
 * evaluated on test digits: known ones should be accepted, unknown ones refused.
 */

import { accuracy, auroc, fitThreshold, fprAtTpr, OpenSetClassifier, oscr } from 'center-loss';

/** @import { ScoreOptions } from 'center-loss' */
/** @import { Method } from './losses.js' */
/** @import { Outputs } from './network.js' */

/** Share of the held-out known digits that a threshold accepts. */
export const TPR = 0.95;

/**
 * @typedef {object} Trained network, as its outputs
 * @property {ArrayLike<number>} centers [C, D]
 * @property {number} nClasses
 * @property {Outputs} validation known digits, held out of the training
 * @property {Outputs} test known digits
 * @property {Outputs} unknown digits
 */

/**
 * @typedef {object} Scored
 * @property {Float32Array} scores larger = more unknown
 * @property {Int32Array} classes class of each digit if it is accepted
 */

/**
 * @typedef {object} Scorer
 * @property {number} threshold digits with a larger score are refused
 * @property {(outputs: Outputs) => Scored} apply
 */

/**
 * @typedef {object} Score
 * @property {string} name
 * @property {Method[]} methods to which the score applies
 * @property {(trained: Trained) => Scorer} fit
 */

/**
 * A score of the logits, which needs no centers. CAC has no such score, because its logits are its embedding.
 *
 * @param {string} name
 * @param {'notMaxSoftmax' | 'notMaxLogit'} key
 * @returns {Score}
 */
function ofLogits(name, key) {
  return {
    name,
    methods: ['softmax', 'center'],
    fit: ({ validation }) => ({
      threshold: fitThreshold(validation[key], { tpr: TPR }),
      apply: (outputs) => ({ scores: outputs[key], classes: outputs.predicted }),
    }),
  };
}

/**
 * A score of the distances to the centers.
 *
 * @param {ScoreOptions & Required<Pick<ScoreOptions, 'score'>>} options
 * @returns {Score}
 */
function ofCenters(options) {
  return {
    name: options.score,
    methods: ['softmax', 'center', 'cac'],
    fit: (trained) => {
      const classifier = fitClassifier(trained, options);
      return {
        threshold: Number(classifier.threshold),
        apply: ({ embedding }) => {
          const { scores, nearest } = classifier.classify(embedding);
          return { scores, classes: nearest };
        },
      };
    },
  };
}

/** @param {Trained} trained @param {ScoreOptions} options */
export function fitClassifier({ centers, nClasses, validation }, options) {
  const params = Float32Array.from(centers);
  const classifier = new OpenSetClassifier({ params, nClasses, nDim: params.length / nClasses }, options);
  return classifier.fit(validation.embedding, validation.labels, { tpr: TPR });
}

const metric = 'euclidean';

export const SCORES = [
  ofLogits('1 − max softmax', 'notMaxSoftmax'),
  ofLogits('−max logit', 'notMaxLogit'),
  ofCenters({ score: 'distance', metric }),
  ofCenters({ score: 'normalized', metric }),
  ofCenters({ score: 'mahalanobis' }),
  ofCenters({ score: 'cac', metric }),
  ofCenters({ score: 'softmin', metric }),
  ofCenters({ score: 'entropy', metric }),
  ofCenters({ score: 'knn-centers', metric }),
];

/**
 * @typedef {object} Evaluation all but the threshold are shares
 * @property {number} threshold
 * @property {number} auroc chance that an unknown digit has a larger score than a known one
 * @property {number} fpr95 share of the unknown digits that pass a threshold that 95 % of the known test digits pass
 * @property {number} oscr area under correct classification rate over false positive rate
 * @property {number} accuracy on the known digits if none is refused
 * @property {number} accepted share of the known digits within the fitted threshold
 * @property {number} refused share of the unknown digits above the fitted threshold
 */

/** @param {Score} score @param {Trained} trained @returns {Evaluation} */
export function evaluate(score, trained) {
  const { threshold, apply } = score.fit(trained);
  const { scores: known, classes } = apply(trained.test);
  const { scores: unknown } = apply(trained.unknown);
  const isCorrect = trained.test.labels.map((label, row) => Number(label === classes[row]));
  const accepted = (/** @type {Float32Array} */ scores) =>
    scores.filter((value) => value <= threshold).length / scores.length;
  return {
    threshold,
    auroc: auroc(known, unknown),
    fpr95: fprAtTpr(known, unknown, { tpr: TPR }),
    oscr: oscr(known, isCorrect, unknown),
    accuracy: accuracy(classes, trained.test.labels),
    accepted: accepted(known),
    refused: 1 - accepted(unknown),
  };
}
