// @ts-check
/** What a score is worth on digits and clothes that no training has seen. */

import { accuracy, auroc, fprAtTpr, oscr } from 'center-loss';
import { TPR } from './settings.js';

/** @import { Trained } from './job.js' */
/** @import { Score } from './scores.js' */

/**
 * @typedef {object} Evaluation known test digits against unknown ones
 * @property {number} auroc chance that an unknown digit scores above a known one
 * @property {number} fpr95 share of the unknown that pass where 95 % of the known do
 * @property {number} oscr area under correct classification rate over false positive rate
 * @property {number} accuracy on the known digits, none rejected
 * @property {number} threshold fitted on held-out known digits
 * @property {number} tpr share of the known test digits that it accepts
 * @property {number} fpr share of the unknown digits that it accepts
 * @property {number | null} fashionAuroc null: Fashion-MNIST is not there
 * @property {number | null} fashionFpr95
 * @property {number | null} fashionFpr
 */

/**
 * @param {Score} score
 * @param {Trained} trained
 * @returns {Evaluation}
 */
export function evaluate(score, trained) {
  const { score: apply, threshold, dispose } = score.fit(trained);
  const known = apply(trained.test);
  const unknown = apply(trained.unknown).scores;
  const fashion = trained.fashion && apply(trained.fashion).scores;
  dispose();
  const { labels } = trained.test;
  const isCorrect = Uint8Array.from(labels, (label, row) => Number(known.classes[row] === label));
  return {
    auroc: auroc(known.scores, unknown),
    fpr95: fprAtTpr(known.scores, unknown, { tpr: TPR }),
    oscr: oscr(known.scores, isCorrect, unknown),
    accuracy: accuracy(known.classes, labels),
    threshold,
    tpr: accepted(known.scores, threshold),
    fpr: accepted(unknown, threshold),
    fashionAuroc: fashion && auroc(known.scores, fashion),
    fashionFpr95: fashion && fprAtTpr(known.scores, fashion, { tpr: TPR }),
    fashionFpr: fashion && accepted(fashion, threshold),
  };
}

/**
 * @param {Float32Array} scores
 * @param {number} threshold
 */
function accepted(scores, threshold) {
  return scores.reduce((count, score) => count + Number(score <= threshold), 0) / scores.length;
}
