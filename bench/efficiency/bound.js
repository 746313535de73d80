// @ts-check

/** @typedef {{ streaming: number, 'mul-add': number, call: number }} Bounds  nanoseconds */

/** @type {(keyof Bounds)[]} */
const LIMITS = ['streaming', 'mul-add', 'call'];

/**
 * The share of its time that a call needs at least. The bound is the largest of three times: to read as many bytes as
 * the call must move, to do its multiply-adds in registers, and that of the same call on one row of one dimension and
 * one class.
 *
 * @param {number} ns
 * @param {Bounds} bounds
 * @returns {{ efficiency: number, by: keyof Bounds }}
 */
export function efficiency(ns, bounds) {
  const by = LIMITS.reduce((most, name) => (bounds[name] > bounds[most] ? name : most));
  return { efficiency: bounds[by] / ns, by };
}

/** @typedef {{ ns: number, streaming: number, 'mul-add': number }} Times */

/**
 * The least of each time: whatever else the machine does can only add to one. Ratios of single rounds would need longer
 * samples than a map of two thousand spots has time for.
 *
 * @param {Times | undefined} before
 * @param {Times} now
 * @returns {Times}
 */
export const least = (before, now) => ({
  ns: Math.min(before?.ns ?? Infinity, now.ns),
  streaming: Math.min(before?.streaming ?? Infinity, now.streaming),
  'mul-add': Math.min(before?.['mul-add'] ?? Infinity, now['mul-add']),
});
