// @ts-check
/** What the trainings are made of. All share everything but their loss. */

/** @typedef {'softmax' | 'center' | 'cac'} Method */

/**
 * @typedef {object} Settings
 * @property {number} epochs
 * @property {number} batchSize
 * @property {number} learningRate of Adam at its highest
 * @property {number} shift training digits move by up to so many pixels
 * @property {number} lambda weight of the center loss, Σ‖x − c‖² / 2B
 * @property {number} alpha rate of the centers
 * @property {number} anchorLambda λ of CAC: how much of the distance to the own anchor is added
 * @property {number} magnitude of CAC's anchors
 */

/** λ and the magnitude of CAC are its authors'; λ, α and the learning rate are those of the demo of center loss. */
export const SHARED = {
  batchSize: 64,
  learningRate: 3e-3,
  shift: 1,
  lambda: 1,
  alpha: 0.5,
  anchorLambda: 0.1,
  magnitude: 10,
};

export const EPOCHS = 5;
export const QUICK_EPOCHS = 1;
export const QUICK_LIMIT = 10_000;
export const QUICK_SPLITS = 2;

/** Two features can be drawn; 64 is what one would use. */
export const DIMENSIONS = [2, 64];

/** @type {Method[]} */
export const METHODS = ['softmax', 'center', 'cac'];

/** Of the known digits held out of training, so many are to be accepted. */
export const TPR = 0.95;
