// @ts-check
// Seeded data, so that every contender and every run sees the same numbers.

/** @typedef {{ x: Float32Array, target: Int32Array, centers: Float32Array }} Data */

/**
 * An array in loops that stay inside it: `any`, as the checker would ask at each read whether there is a value.
 *
 * @typedef {{ readonly length: number, [index: number]: any }} Numbers
 */

/** @typedef {{ x: Numbers, target: Numbers, centers: Numbers }} Inputs */

/**
 * mulberry32: 32 bits of state are plenty for test data.
 *
 * @param {number} seed
 * @returns {() => number} uniform in [0, 1)
 */
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
 * Rows lie around their own centers as they do in training, yet far enough off that float32 peers which
 * expand ‖x − c‖² keep their digits: the comparison is of speed, and accuracy has tests of its own.
 *
 * @param {import('./shapes.js').Shape} shape
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
