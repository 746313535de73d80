// @ts-check
/** Numbers of classes and dimensions, from the worker's configuration. */
import { LIMITS } from './limits.js';

/** @typedef {{ nClasses: number, nDim: number }} Shape */

const DOUBLE_BYTES = 8;

/** @param {{ N_CLASSES: unknown, N_DIM: unknown }} env @returns {Shape} @throws Error for a configuration at fault */
export function shapeOf({ N_CLASSES, N_DIM }) {
  const shape = { nClasses: count('N_CLASSES', N_CLASSES), nDim: count('N_DIM', N_DIM) };
  // A count for each class, and a mean and a sum of squares for each of its dimensions.
  const bytes = DOUBLE_BYTES * shape.nClasses * (1 + 2 * shape.nDim);
  if (bytes > LIMITS.totalsBytes) {
    throw new Error(
      `${shape.nClasses} classes of ${shape.nDim} dimensions take ${bytes} bytes, but a fit may take ${LIMITS.totalsBytes}: divide the classes among fits`,
    );
  }
  return shape;
}

/** @param {string} name @param {unknown} value */
function count(name, value) {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} must be a positive integer, got ${value}`);
}
