// @ts-check
// Calls beyond the plain center loss that are counted.

import * as set from 'center-loss';
import { makeData } from '../data.js';

/** @typedef {import('./compare.js').Counts} Counts */

/** Many classes, a batch of one, and remainders of four in rows, dimensions and classes. */
export const OPEN_SET_SHAPES = [
  { B: 256, D: 128, C: 100 },
  { B: 1, D: 512, C: 960 },
  { B: 33, D: 31, C: 7 },
];

const METRICS = /** @type {const} */ (['sqeuclidean', 'euclidean', 'cosine']);
const RULES = /** @type {const} */ ([
  { rule: 'wen' },
  { rule: 'mean' },
  { rule: 'ema' },
  { rule: 'sgd', momentum: 0.9 },
]);
const COVARIANCES = /** @type {const} */ (['none', 'diagonal', 'tied']);
const SCORES = /** @type {const} */ ([
  'distance',
  'normalized',
  'cac',
  'softmin',
  'entropy',
  'mahalanobis',
  'knn-centers',
]);

/**
 * @param {import('../shapes.js').Shape} shape
 * @param {(call: () => unknown) => number} count
 * @returns {Counts}
 */
export function countOpenSet({ B, D, C }, count) {
  const { x, target, centers } = makeData({ B, D, C });
  const logits = Float32Array.from({ length: B * C }, (_, i) => Math.sin(i));
  /** @type {Counts} */
  const counts = {};
  /** @param {string} name @param {() => unknown} call */
  const add = (name, call) => {
    counts[name] = count(call);
  };

  for (const metric of METRICS) {
    const loss = new set.CenterLoss(C, D, { init: centers, metric, penalty: 'half-squared' });
    add(`gradients, ${metric}`, () => loss.gradients(x, target));
    add(`distances, ${metric}`, () => loss.centers.distances(x));
    for (const rule of RULES) add(`step, ${metric}, ${rule.rule}`, () => loss.step(x, target, rule));
    add(`softmaxCenter, ${metric}`, () => loss.softmaxCenter(x, logits, target, { lambda: 0.1 }));
    loss.dispose();
  }
  for (const Loss of [set.CACLoss, set.ContrastiveCenterLoss, set.TripletCenterLoss, set.IslandLoss]) {
    const loss = new Loss(C, D, { init: centers });
    add(`gradients, ${Loss.name}`, () => loss.gradients(x, target));
    loss.dispose();
  }
  const one = new set.DeepSVDDLoss(D);
  one.fitCenter(x);
  add('gradients, DeepSVDDLoss', () => one.gradients(x));
  one.dispose();

  const anchors = new set.ClassCenters(C, D);
  anchors.params.set(centers);
  const precision = new Float32Array(D).fill(2);
  const radius = new Float32Array(C).fill(3);
  for (const score of SCORES) {
    const more = { ...(score === 'mahalanobis' && { precision }), ...(score === 'normalized' && { radius }) };
    add(`classify, ${score}`, () => set.classify(anchors, x, { score, ...more }));
  }
  anchors.dispose();

  for (const covariance of COVARIANCES) {
    // Its D² sums a row would take longer than all the others.
    if (covariance === 'tied' && D > 128) continue;
    const statistics = new set.ClassStatistics(C, D, { covariance });
    add(`ClassStatistics, ${covariance}`, () => {
      statistics.add(x, target);
      // Sums of the last rows are moved when somebody asks.
      return statistics.counts;
    });
    statistics.dispose();
  }
  const bits = set.toFloat16(x);
  add('toFloat16', () => set.toFloat16(x));
  add('fromFloat16', () => set.fromFloat16(bits));
  add('openSetMetrics', () => set.openSetMetrics(x.subarray(0, B * 2), [...target, ...target.map(() => -1)]));
  return counts;
}
