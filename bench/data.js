// @ts-check
// Seeded data, so that every implementation and every run gets the same numbers.

/** @import { Data, Shape } from './types.js' */

/** mulberry32, whose 32 bits of state suffice for test data. @param {number} seed @returns {() => number} uniform in [0, 1) */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Rows lie around their own centers as they do in training, yet far enough off that float32 baselines which expand
 * ‖x − c‖² keep their digits: the comparison is of speed, and accuracy has tests of its own.
 *
 * @param {Shape} shape
 * @param {number} [seed]
 * @returns {Data}
 */
export function makeData({ B, D, C }, seed = 1) {
  const random = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centers = Float32Array.from({ length: C * D }, normal);
  const target = Int32Array.from({ length: B }, () => Math.floor(random() * C));
  const x = new Float32Array(B * D);
  target.forEach((label, row) => {
    for (let d = 0; d < D; d++) x[row * D + d] = (centers[label * D + d] ?? 0) + normal();
  });
  return { x, target, centers };
}
