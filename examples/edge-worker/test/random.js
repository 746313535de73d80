// @ts-check
/** Numbers in [0, 1) that depend on the seed alone. @param {number} seed */
export function random(seed) {
  let state = seed;
  return () => {
    // Linear congruential generator with the constants of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
