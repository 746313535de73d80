// @ts-check
/** What a training is made of. Both trainings share all of it but λ. */

/**
 * @typedef {object} Settings
 * @property {number} epochs
 * @property {number} batchSize
 * @property {number} seed of the weights, the batches and the centers
 * @property {number} learningRate of Adam at its highest
 * @property {number} lambda weight of the center loss, Σ‖x − c‖² / 2B; 0 = softmax only
 * @property {number} alpha rate of the centers
 * @property {number} shift training digits move by up to so many pixels
 */

/** @satisfies {Omit<Settings, 'seed' | 'epochs'>} */
export const SHARED = { batchSize: 128, learningRate: 3e-3, lambda: 1, alpha: 0.5, shift: 1 };

export const EPOCHS = 18;
export const QUICK_EPOCHS = 5;

const LEARNING_RATE_RAMP = 0.02;
const LAMBDA_RAMP = 1 / 3;

/**
 * A short ramp, then half a cosine down to 0: two features train slowly, and what they still gain
 * comes from the small steps at the end.
 *
 * @param {Settings} settings
 * @param {number} progress of the training, 0 to 1
 */
export function learningRateAt({ learningRate }, progress) {
  const ramp = Math.min(1, progress / LEARNING_RATE_RAMP);
  return (learningRate * ramp * (1 + Math.cos(Math.PI * progress))) / 2;
}

/**
 * The classes part while the pull is weak. At full strength from the start it holds all features in
 * one heap around centers that mean nothing yet.
 *
 * @param {Settings} settings
 * @param {number} progress of the training, 0 to 1
 */
export function lambdaAt({ lambda }, progress) {
  return lambda * Math.min(1, progress / LAMBDA_RAMP);
}
