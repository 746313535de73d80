// @ts-check
/** What of the trainings is drawn: the first split as it is, and curves that are means over all. */

import { rocCurve } from 'center-loss';
import { meanCurve } from './curves.js';
import { histogramPlot, regionPlot, rocPlot } from './plots.js';
import { domainsOf, labelRuns, pointsOf } from './region.js';
import { fitClassifier, SCORES } from './scores.js';
import { DIMENSIONS, METHODS, TPR } from './settings.js';
import { SPLITS } from './splits.js';
import { METHOD_NAMES } from './summary.js';

/** @import { TopLevelSpec } from 'vega-lite' */
/** @import { Job, Trained } from './job.js' */
/** @import { Method } from './settings.js' */

/** @typedef {{ fpr: ArrayLike<number>, tpr: ArrayLike<number> }} Curve */

/**
 * @typedef {object} Shown
 * @property {Map<string, Trained>} first split, by features and method
 * @property {Map<string, Curve[]>} curves of every split, by features, method and score
 */

/** What a training is drawn with: the score that its authors would take. @type {[Method, string][]} */
const DRAWN = [
  ['softmax', '1 − max softmax'],
  ['softmax', 'distance'],
  ['center', 'distance'],
  ['cac', 'cac'],
];

const CELLS = 240;
const POINTS = 1500;
const RATES = Array.from({ length: 181 }, (_, i) => 10 ** (-3 + i / 60));

const nameOf = (/** @type {number} */ nDim, /** @type {string[]} */ ...names) => [nDim, ...names].join('/');

/**
 * @param {Shown} shown to which what is drawn of one training is added
 * @param {Job} job
 * @param {Trained} trained
 */
export function keep({ first, curves }, { split, nDim, method }, trained) {
  if (split === 0) first.set(nameOf(nDim, method), trained);
  for (const [drawn, score] of DRAWN) {
    if (drawn !== method) continue;
    const { score: apply, dispose } = scorer(score, trained);
    const name = nameOf(nDim, method, score);
    const curve = rocCurve(apply(trained.test).scores, apply(trained.unknown).scores, { positive: 'known' });
    dispose();
    curves.set(name, [...(curves.get(name) ?? []), curve]);
  }
}

/**
 * @param {string} name
 * @param {Trained} trained
 */
function scorer(name, trained) {
  const score = SCORES.find((each) => each.name === name);
  if (!score) throw new Error(`there is no score ${name}`);
  return score.fit(trained);
}

/**
 * @param {Shown} shown
 * @returns {Record<string, { spec: TopLevelSpec, title: string, description: string }>}
 */
export function pictures(shown) {
  const [known] = SPLITS;
  const split = `split 1: known digits ${known?.join(' ')}`;
  const most = Math.max(...DIMENSIONS);
  return {
    'open-set-scores': {
      title: 'Scores',
      description: 'Histograms of three scores for known digits, unknown digits and Fashion-MNIST',
      spec: histogramPlot(
        `${most} features, ${split}; dashed: threshold that accepts ${100 * TPR} % of held-out known digits`,
        DRAWN.filter(([method, score]) => method !== 'softmax' || score !== 'distance').map(([method, score]) =>
          histogram(shown, most, method, score),
        ),
      ),
    },
    'open-set-roc': {
      title: 'ROC curves',
      description: 'ROC curves of four pairs of training and score',
      spec: rocPlot(
        'mean over the splits; horizontal axis logarithmic',
        DIMENSIONS.toReversed().map((nDim) => ({
          title: `${nDim} features`,
          lines: DRAWN.map(([method, score]) => ({
            name: `${METHOD_NAMES[method]}: ${score}`,
            points: meanCurve(shown.curves.get(nameOf(nDim, method, score)) ?? [], RATES),
          })),
        })),
      ),
    },
    'open-set-regions': {
      title: 'Decisions',
      description: 'The plane of two features: where each known digit is accepted, and where all are rejected',
      spec: regionPlot(
        `${split}; colors: known digits and where they are accepted; white: rejected; black: unknown digits`,
        METHODS.map((method) => region(shown, method)),
      ),
    },
  };
}

/**
 * @param {Shown} shown
 * @param {number} nDim
 * @param {Method} method
 * @returns {Trained}
 */
function firstOf({ first }, nDim, method) {
  const trained = first.get(nameOf(nDim, method));
  if (!trained) throw new Error(`the first split has no training ${method} of ${nDim} features`);
  return trained;
}

/**
 * @param {Shown} shown
 * @param {number} nDim
 * @param {Method} method
 * @param {string} score
 */
function histogram(shown, nDim, method, score) {
  const trained = firstOf(shown, nDim, method);
  const { score: apply, threshold, dispose } = scorer(score, trained);
  const histogram = {
    title: METHOD_NAMES[method],
    score,
    threshold,
    known: apply(trained.test).scores,
    unknown: apply(trained.unknown).scores,
    fashion: trained.fashion && apply(trained.fashion).scores,
  };
  dispose();
  return histogram;
}

/**
 * @param {Shown} shown
 * @param {Method} method
 */
function region(shown, method) {
  const trained = firstOf(shown, 2, method);
  const { centers, test, unknown } = trained;
  const score = method === 'cac' ? 'cac' : 'distance';
  const classifier = fitClassifier(trained, { score, metric: 'euclidean' });
  const domains = domainsOf([test.embedding, unknown.embedding], centers);
  const labelsOf = (/** @type {Float32Array} */ x) => classifier.classify(x).labels;
  const runs = labelRuns(domains, CELLS, labelsOf);
  const accepted = (/** @type {Float32Array} */ x) => {
    const labels = labelsOf(x);
    return `${((100 * labels.filter((label) => label >= 0).length) / labels.length).toFixed(1)} %`;
  };
  const shares = `accepts ${accepted(test.embedding)} of the known, ${accepted(unknown.embedding)} of the unknown`;
  classifier.dispose();
  return {
    title: METHOD_NAMES[method],
    subtitle: [`score: ${score}`, shares],
    digits: SPLITS[0]?.toSorted((a, b) => a - b) ?? [],
    domains,
    runs,
    centers,
    known: pointsOf(test, POINTS),
    unknown: pointsOf(unknown, POINTS),
  };
}
