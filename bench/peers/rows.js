// @ts-check
// Only this is shared: each library has loops of its own, since V8 would call two functions from one loop more slowly
// than it inlines one.

/**
 * Rows as arrays of their own, for libraries that take pairs of vectors.
 *
 * @template Row
 * @param {Float32Array} values
 * @param {number} D  values in a row
 * @param {(row: Float32Array) => Row} make
 * @returns {Row[]}
 */
export const rowsOf = (values, D, make) =>
  Array.from({ length: values.length / D }, (_, row) => make(values.subarray(row * D, (row + 1) * D)));
