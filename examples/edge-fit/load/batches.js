// @ts-check
/** Batches of the simulation. */

/** Batches differ in their number modulo KINDS. */
export const KINDS = 61;
export const SHAPE = { nClasses: 4, nDim: 3 };

/** Rows of a batch, which are integers, so that sums are exact. @param {number} number */
export function makeBatch(number) {
  const kind = number % KINDS;
  const x = Float32Array.from({ length: 6 }, (_, i) => ((kind * (i + 3)) % 17) - 8);
  return { x, target: Int32Array.of(kind % 4, (kind * kind) % 4) };
}
