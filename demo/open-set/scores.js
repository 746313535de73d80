// @ts-check
/** How unknown a row looks: the scores that are compared, each with the class that it gives and its threshold. */

import { TPR } from './settings.js';
import { KNOWN } from './splits.js';
import { fitThreshold, OpenSetClassifier } from './temporary.js';

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
    }),
  };
}

/**
 * A score of the package, on the distances to the centers.
 *
 * @param {'distance' | 'normalized' | 'cac' | 'softmin' | 'entropy' | 'mahalanobis' | 'knn-centers'} score
 * @param {'sqeuclidean' | 'euclidean'} metric
 * @returns {Score}
 */
function ofCenters(score, metric) {
  return {
    name: score,
    methods: ['softmax', 'center', 'cac'],
    fit: ({ centers, validation }) => {
      const classifier = classifierOf(centers, score, metric).fit(validation.embedding, validation.labels, {
        tpr: TPR,
      });
      return {
        score: ({ embedding }) => {
          const { scores, nearest } = classifier.classify(embedding);
          return { scores, classes: nearest };
        },
        threshold: Number(classifier.threshold),
      };
    },
  };
}

/**
 * @param {Float32Array} centers
 * @param {Parameters<typeof ofCenters>[0]} score
 * @param {Parameters<typeof ofCenters>[1]} metric
 */
export function classifierOf(centers, score, metric) {
  return new OpenSetClassifier(
    { params: centers, nClasses: KNOWN, nFeatures: centers.length / KNOWN },
    { score, metric },
  );
}

export const SCORES = [
  baseline('1 − max softmax', 'notMaxSoftmax'),
  baseline('−max logit', 'notMaxLogit'),
  ofCenters('distance', 'euclidean'),
  ofCenters('normalized', 'euclidean'),
  ofCenters('mahalanobis', 'sqeuclidean'),
  ofCenters('cac', 'euclidean'),
  ofCenters('softmin', 'euclidean'),
  ofCenters('entropy', 'euclidean'),
  ofCenters('knn-centers', 'euclidean'),
];
