// @ts-check
// Losses and scores that are timed beside PyTorch; baselines/python_calls.py repeats their options.

import * as centerLoss from 'center-loss';
import { filledBatch, form, namedGradients } from './ours.js';

/** @import { Data, Implementation, Shape } from './types.js' */
/** @typedef {import('center-loss').Batch} Batch */
/** @typedef {{ loss: number, gradX: Float32Array, gradCenters: Float32Array | null }} Gradients */
/** @typedef {{ batch(rows: number): Batch, gradients(batch: Batch): Gradients, dispose(): void }} Loss */
/** @typedef {(name: string, shape: Shape, data: Data) => Implementation} Call */

const [LAMBDA, MARGIN, DELTA, TEMPERATURE] = [0.1, 5, 1, 64];

/** @param {new (C: number, D: number, options: any) => unknown} Loss @param {object} options @returns {Call} */
const gradients = (Loss, options) => (name, shape, data) => {
  const loss = /** @type {Loss} */ (new Loss(shape.C, shape.D, { init: data.centers, ...options }));
  const { batch, dispose } = filledBatch(loss, shape.B, data);
  return form(name, () => loss.gradients(batch), namedGradients(shape), { dispose });
};

/** @param {new (C: number, D: number, options: any) => unknown} Loss @param {object} options @returns {Call} */
const perRow = (Loss, options) => (name, shape, data) => {
  const loss = /** @type {InstanceType<typeof centerLoss.CenterLoss>} */ (
    new Loss(shape.C, shape.D, { init: data.centers, ...options })
  );
  const { batch, dispose } = filledBatch(loss, shape.B, data);
  return form(
    name,
    () => loss.perRow(batch),
    (perRow) => ({ perRow }),
    { dispose },
  );
};

/** @type {Call} */
const softmaxCenter = (name, { B, C, D }, data) => {
  const { centers, logits = new Float32Array() } = data;
  const loss = new centerLoss.CenterLoss(C, D, { init: centers, reduction: 'batch' });
  const owner = {
    batch: (/** @type {number} */ rows) => loss.batch(rows, { logits: true }),
    dispose: () => loss.dispose(),
  };
  const { batch, dispose } = filledBatch(owner, B, data);
  batch.logits.set(logits);
  const options = /** @type {const} */ ({ rule: 'wen', alpha: 0.5, lambda: LAMBDA });
  const run = () => loss.softmaxCenter(batch, options);
  const named = (/** @type {ReturnType<typeof run>} */ result) => ({
    loss: [result.loss],
    gradX: result.gradX,
    gradLogits: result.gradLogits,
  });
  return form(name, run, named, { dispose });
};

/** @param {'distance' | 'cac' | 'entropy'} score @returns {Call} */
const classify = (score) => (name, shape, data) => {
  const centers = new centerLoss.ClassCenters(shape.C, shape.D);
  centers.params.set(data.centers);
  const metric = score === 'distance' ? 'sqeuclidean' : 'euclidean';
  const run = () => centerLoss.classify(centers, data.x, { score, metric });
  const named = (/** @type {ReturnType<typeof run>} */ { nearest, scores }) => ({
    nearest,
    // PyTorch computes these scores without the logarithm.
    scores: score === 'distance' ? scores : scores.map(Math.exp),
  });
  return form(name, run, named, { dispose: () => centers.dispose() });
};

const { CACLoss, CenterLoss, ContrastiveCenterLoss, DistanceCrossEntropyLoss, IslandLoss, TripletCenterLoss } =
  centerLoss;
const HALF_SQUARED = { reduction: 'batch', metric: 'euclidean', penalty: 'half-squared', radius: 1 };

/** Row whose centers are anchors on axes. */
export const ANCHORS = 'CAC, anchors on axes';
const CAC = gradients(CACLoss, { magnitude: 1, lambda: LAMBDA });

/** Method of python_calls.py and our call, by the name of the row. @type {Record<string, [method: string, call: Call]>} */
export const openSet = {
  'center loss': ['center_loss', gradients(CenterLoss, { reduction: 'batch' })],
  '½·max(0, ‖x − c‖ − 1)²': ['center_loss_half_squared', gradients(CenterLoss, HALF_SQUARED)],
  '1 − cos(x, c)': ['center_loss_cosine', gradients(CenterLoss, { reduction: 'batch', metric: 'cosine' })],
  softmaxCenter: ['softmax_center', softmaxCenter],
  [ANCHORS]: ['cac', CAC],
  'CAC, fixed centers': ['cac', CAC],
  'distance cross-entropy': [
    'distance_cross_entropy',
    gradients(DistanceCrossEntropyLoss, { temperature: TEMPERATURE }),
  ],
  'perRow, distance cross-entropy': [
    'distance_cross_entropy_per_row',
    perRow(DistanceCrossEntropyLoss, { temperature: TEMPERATURE }),
  ],
  'perRow, center loss': ['center_loss_per_row', perRow(CenterLoss, { reduction: 'batch' })],
  'contrastive-center': ['contrastive_center', gradients(ContrastiveCenterLoss, { delta: DELTA })],
  'triplet-center': ['triplet_center', gradients(TripletCenterLoss, { margin: MARGIN })],
  island: ['island', gradients(IslandLoss, { lambda: LAMBDA })],
  'classify, distance': ['classify_distance', classify('distance')],
  'classify, cac': ['classify_cac', classify('cac')],
  'classify, entropy': ['classify_entropy', classify('entropy')],
};
