// @ts-check
// Shapes on both sides of every step that the kernels make: lanes of four, blocks of rows and centers, cache sizes.

export const KINDS = /** @type {const} */ (['gradients', 'distances', 'predict']);

export const GRID = {
  B: [1, 3, 8, 64, 257],
  D: [1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 127, 128, 129, 512],
  C: [2, 3, 5, 8, 10, 16, 32, 100, 960, 10_000],
};

/** For a look, and for the test that it runs. */
export const QUICK_GRID = { B: [1, 64], D: [3, 32, 128], C: [2, 10, 960] };

/** @param {typeof GRID} grid @returns {import('../shapes.js').Shape[]} */
export const shapesOf = ({ B, D, C }) =>
  B.flatMap((rows) => D.flatMap((dims) => C.map((classes) => ({ B: rows, D: dims, C: classes }))));
