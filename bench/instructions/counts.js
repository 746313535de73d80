// @ts-check
// The calls whose instructions are counted, their shapes, and the verdict on counts that changed.

import * as centerLoss from 'center-loss';
import { makeData } from '../data.js';
import { countingEngine } from './instrument.js';

/** @import { Shape } from '../types.js' */
/** @typedef {Record<string, number>} Counts  instructions by call and shape */
/** @typedef {(call: () => unknown) => number} Count */

/** Blocks of everything, a batch of one, few classes, and remainders of four in rows, dimensions and classes. */
const SHAPES = [
  { B: 256, D: 128, C: 960 },
  { B: 1, D: 512, C: 960 },
  { B: 64, D: 64, C: 10 },
  { B: 33, D: 31, C: 7 },
];
/** Many classes, a batch of one, and remainders of four. */
const OPEN_SET_SHAPES = [
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
const DISTANCE_SCORES = /** @type {const} */ (['distance', 'normalized', 'cac', 'softmin', 'entropy']);
const SCORES = /** @type {const} */ ([...DISTANCE_SCORES, 'mahalanobis', 'knn-centers']);

/** @returns {Promise<Counts>} */
export async function countAll() {
  const count = await countingEngine();
  const all = [
    ...SHAPES.map((shape) => ({ shape, counts: countCore(shape, count) })),
    ...OPEN_SET_SHAPES.map((shape) => ({ shape, counts: countOpenSet(shape, count) })),
  ];
  return Object.fromEntries(
    all.flatMap(({ shape: { B, D, C }, counts }) =>
      Object.entries(counts).map(([call, value]) => [`${call} ${B}×${D}×${C}`, value]),
    ),
  );
}

/** @param {Shape} shape @param {Count} count @returns {Counts} */
function countCore(shape, count) {
  const { x, target, centers } = makeData(shape);
  const loss = new centerLoss.CenterLoss(shape.C, shape.D, { init: centers });
  const batch = loss.batch(shape.B);
  batch.x.set(x);
  batch.target.set(target);
  const distances = count(() => loss.centers.distances(x));
  const counts = {
    'gradients, dense': count(() => loss.gradients(batch)),
    'gradients, touched': count(() => loss.gradients(batch, { centers: 'touched' })),
    evaluate: count(() => loss.evaluate(x, target)),
    perRow: count(() => loss.perRow(x, target)),
    distances,
    predict: count(() => loss.centers.predict(x)),
    // Probabilities are distances, then softmin in place.
    softmin: count(() => loss.centers.predictProba(x)) - distances,
    // The last, as it moves the centers.
    step: count(() => loss.step(batch)),
  };
  batch.dispose();
  loss.dispose();
  return counts;
}

/** @param {Shape} shape @param {Count} count @returns {Counts} */
function countOpenSet({ B, D, C }, count) {
  const { x, target, centers } = makeData({ B, D, C });
  const logits = Float32Array.from({ length: B * C }, (_, i) => Math.sin(i));
  /** @type {Counts} */
  const counts = {};
  /** @param {string} name @param {() => unknown} call */
  const add = (name, call) => {
    counts[name] = count(call);
  };

  for (const metric of METRICS) {
    const loss = new centerLoss.CenterLoss(C, D, { init: centers, metric, penalty: 'half-squared' });
    add(`gradients, ${metric}`, () => loss.gradients(x, target));
    add(`distances, ${metric}`, () => loss.centers.distances(x));
    for (const rule of RULES) add(`step, ${metric}, ${rule.rule}`, () => loss.step(x, target, rule));
    add(`softmaxCenter, ${metric}`, () => loss.softmaxCenter(x, logits, target, { lambda: 0.1 }));
    loss.dispose();
  }
  const { CACLoss, ContrastiveCenterLoss, DistanceCrossEntropyLoss, TripletCenterLoss, IslandLoss } = centerLoss;
  for (const Loss of [CACLoss, ContrastiveCenterLoss, DistanceCrossEntropyLoss, TripletCenterLoss, IslandLoss]) {
    const loss = new Loss(C, D, { init: centers });
    add(`gradients, ${Loss.name}`, () => loss.gradients(x, target));
    add(`perRow, ${Loss.name}`, () => loss.perRow(x, target));
    loss.dispose();
  }
  const one = new centerLoss.DeepSVDDLoss(D);
  one.fitCenter(x);
  add('gradients, DeepSVDDLoss', () => one.gradients(x));
  one.dispose();

  const anchors = new centerLoss.ClassCenters(C, D);
  anchors.params.set(centers);
  const precision = new Float32Array(D).fill(2);
  const radius = new Float32Array(C).fill(3);
  for (const score of SCORES) {
    const more = { ...(score === 'mahalanobis' && { precision }), ...(score === 'normalized' && { radius }) };
    add(`classify, ${score}`, () => centerLoss.classify(anchors, x, { score, ...more }));
  }
  const classifier = new centerLoss.OpenSetClassifier(anchors);
  // Codes are made after some rows, and count among those of no call.
  for (let row = 0; row < 64; row++) classifier.decide(x.subarray(0, D));
  add('classify of a classifier', () => classifier.classify(x));
  classifier.dispose();
  anchors.dispose();

  for (const covariance of COVARIANCES) {
    // Its D² sums a row would take longer than all the others.
    if (covariance === 'tied' && D > 128) continue;
    const statistics = new centerLoss.ClassStatistics(C, D, { covariance });
    add(`ClassStatistics, ${covariance}`, () => {
      statistics.add(x, target);
      // Reading the counts adds the sums of the last rows.
      return statistics.counts;
    });
    statistics.dispose();
  }
  add('toFloat16', () => centerLoss.toFloat16(x));
  return counts;
}

/** Another version of the compiler moves a few instructions; a kernel that lost its blocks takes many more. */
const ALLOWED = 0.05;

/**
 * Verdicts on counts that differ: '' for the same or nearly so.
 *
 * @param {Counts} committed
 * @param {Counts} now
 */
export const compare = (committed, now) =>
  Object.keys({ ...committed, ...now }).map((name) => {
    const [before, after] = [committed[name], now[name]];
    if (before === undefined || after === undefined) {
      return { name, before, after, change: Number.NaN, verdict: before === undefined ? 'new' : 'gone' };
    }
    const change = (after - before) / before;
    const verdict = change > ALLOWED ? 'more' : change < -ALLOWED ? 'fewer' : '';
    return { name, before, after, change, verdict };
  });

/** Advice on those verdicts, and whether the gate passes. @param {ReturnType<typeof compare>} changes */
export function advice(changes) {
  const some = (/** @type {string} */ wanted) => changes.some(({ verdict }) => verdict === wanted);
  if (some('more'))
    return { passed: false, text: 'a call takes over 5 % more instructions: mend it, or renew the file' };
  if (some('new') || some('gone')) return { passed: false, text: 'other calls or shapes are counted: renew the file' };
  return { passed: true, text: some('fewer') ? 'a call takes over 5 % fewer instructions: renew the file' : '' };
}
