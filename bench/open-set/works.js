// @ts-check
// Calls that are timed beside the same in PyTorch; torch_losses.py repeats the numbers.

import * as set from 'center-loss';

/** @typedef {import('../reference.js').Outcome} Outcome */
/** @typedef {import('../data.js').Data & { logits: Float32Array }} Data */

/**
 * @typedef {object} Ours
 * @property {() => unknown} run
 * @property {() => Outcome} outcome  under the names of torch_losses.py
 * @property {() => void} dispose
 */

/**
 * @typedef {object} Work
 * @property {string} title
 * @property {string} torch  the method of torch_losses.py
 * @property {(shape: import('../shapes.js').Shape, data: Data) => Ours} ours
 */

const [LAMBDA, MARGIN, DELTA] = [0.1, 5, 1];
/** Centers move after the gradients, by ALPHA there. */
const STEP = /** @type {const} */ ({ rule: 'wen', alpha: 0.5, lambda: LAMBDA });

/** @type {Work[]} */
export const works = [
  gradients('center loss', 'center_loss', (C, D, init) => new set.CenterLoss(C, D, { init, reduction: 'batch' })),
  gradients(
    '½·max(0, ‖x − c‖ − 1)²',
    'center_loss_half_squared',
    (C, D, init) =>
      new set.CenterLoss(C, D, { init, reduction: 'batch', metric: 'euclidean', penalty: 'half-squared', radius: 1 }),
  ),
  gradients(
    '1 − cos(x, c)',
    'center_loss_cosine',
    (C, D, init) => new set.CenterLoss(C, D, { init, reduction: 'batch', metric: 'cosine' }),
  ),
  { title: 'softmaxCenter', torch: 'softmax_center', ours: softmaxCenter },
  gradients('CAC, fixed anchors', 'cac', (C, D, init) => new set.CACLoss(C, D, { init, magnitude: 1, lambda: LAMBDA })),
  gradients(
    'contrastive-center',
    'contrastive_center',
    (C, D, init) => new set.ContrastiveCenterLoss(C, D, { init, delta: DELTA }),
  ),
  gradients(
    'triplet-center',
    'triplet_center',
    (C, D, init) => new set.TripletCenterLoss(C, D, { init, margin: MARGIN }),
  ),
  gradients('island', 'island', (C, D, init) => new set.IslandLoss(C, D, { init, lambda: LAMBDA })),
  classify('distance'),
  classify('cac'),
  classify('entropy'),
];

/**
 * @typedef {object} Loss
 * @property {(rows: number) => import('center-loss').Batch} batch
 * @property {(batch: import('center-loss').Batch) => { loss: number, gradX: Float32Array, gradCenters: Float32Array | null }} gradients
 * @property {() => void} dispose
 */

/**
 * The loss and its gradients by x and, where they learn, by the centers.
 *
 * @param {string} title
 * @param {string} torch
 * @param {(nClasses: number, nDim: number, init: Float32Array) => unknown} make
 * @returns {Work}
 */
function gradients(title, torch, make) {
  return {
    title,
    torch,
    ours({ B, D, C }, { x, target, centers }) {
      const loss = /** @type {Loss} */ (make(C, D, centers));
      const batch = loss.batch(B);
      batch.x.set(x);
      batch.target.set(target);
      const run = () => loss.gradients(batch);
      return {
        run,
        outcome() {
          const { loss, gradX, gradCenters } = run();
          return { loss: [loss], gradX: gradX.slice(), ...(gradCenters && { gradCenters: gradCenters.slice() }) };
        },
        dispose() {
          batch.dispose();
          loss.dispose();
        },
      };
    },
  };
}

/** @type {Work['ours']} */
function softmaxCenter({ D, C }, { x, target, centers, logits }) {
  const loss = new set.CenterLoss(C, D, { init: centers, reduction: 'batch' });
  const run = () => loss.softmaxCenter(x, logits, target, STEP);
  return {
    run,
    outcome() {
      const { loss, gradX, gradLogits } = run();
      return { loss: [loss], gradX, gradLogits };
    },
    dispose: () => loss.dispose(),
  };
}

/**
 * @param {'distance' | 'cac' | 'entropy'} score
 * @returns {Work}
 */
function classify(score) {
  return {
    title: `classify, ${score}`,
    torch: `classify_${score}`,
    ours({ D, C }, { x, centers }) {
      const anchors = new set.ClassCenters(C, D);
      anchors.params.set(centers);
      const metric = score === 'distance' ? 'sqeuclidean' : 'euclidean';
      const run = () => set.classify(anchors, x, { score, metric });
      return {
        run,
        outcome() {
          const { nearest, scores } = run();
          return { nearest, scores };
        },
        dispose: () => anchors.dispose(),
      };
    },
  };
}
