// @ts-check
/** How unknown a row looks: the scores that are compared, each with the class that it gives and its threshold. */

import { fitThreshold, OpenSetClassifier } from 'center-loss';
import { TPR } from './settings.js';
import { KNOWN } from './splits.js';

/** @import { ScoreOptions } from 'center-loss' */
/** @import { Outputs } from './inference.js' */
/** @import { Trained } from './job.js' */
/** @import { Method } from './settings.js' */

/**
 * @typedef {object} Scored
 * @property {Float32Array} scores larger = more unknown
 * @property {Int32Array} classes the class of each row, were it known
 */

/**
 * @typedef {object} Scorer fitted on the known digits that were held out of training
 * @property {(outputs: Outputs) => Scored} score
 * @property {number} threshold above it, a row is called unknown
 * @property {() => void} dispose
 */

/**
 * @typedef {object} Score
 * @property {string} name
 * @property {Method[]} methods that have what it needs
 * @property {(trained: Trained) => Scorer} fit
 */

/**
 * The baselines read the logits that cross-entropy trained. CAC has none: its logits are its embedding.
 *
 * @param {string} name
 * @param {'notMaxSoftmax' | 'notMaxLogit'} field
 * @returns {Score}
 */
function baseline(name, field) {
  return {
    name,
    methods: ['softmax', 'center'],
    fit: ({ validation }) => ({
      score: (outputs) => ({ scores: outputs[field], classes: outputs.predicted }),
      threshold: fitThreshold(validation[field], { tpr: TPR }),
      dispose() {},
    }),
  };
}

/**
 * A score of the package, on the distances to the centers; what it needs besides is fitted with the threshold.
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
        score: ({ embedding }) => {
          const { scores, nearest } = classifier.classify(embedding);
          return { scores, classes: nearest };
        },
        threshold: Number(classifier.threshold),
        dispose: () => classifier.dispose(),
      };
    },
  };
}

/**
 * @param {Trained} trained
 * @param {ScoreOptions} options
 */
export function fitClassifier({ centers, validation }, options) {
  const classifier = new OpenSetClassifier({ params: centers, nClasses: KNOWN, nDim: centers.length / KNOWN }, options);
  classifier.fit(validation.embedding, validation.labels, { tpr: TPR });
  return classifier;
}

const metric = /** @type {const} */ ('euclidean');

export const SCORES = [
  baseline('1 − max softmax', 'notMaxSoftmax'),
  baseline('−max logit', 'notMaxLogit'),
  ofCenters({ score: 'distance', metric }),
  ofCenters({ score: 'normalized', metric }),
  ofCenters({ score: 'mahalanobis' }),
  ofCenters({ score: 'cac', metric }),
  ofCenters({ score: 'softmin', metric }),
  ofCenters({ score: 'entropy', metric }),
  ofCenters({ score: 'knn-centers', metric }),
];
