// @ts-check
/**
 * Record of the merged batches of one producer, in memory that does not grow. A producer numbers its batches 0, 1, 2, …;
 * the record is the first number that is missing, and one bit for each of the WINDOW numbers from there on.
 *
 * IPsec recognizes replayed packets in the same way (RFC 4303, section 3.4.3). Random ids would have to be kept for ever,
 * or be forgotten after some time, and then a later copy would count twice.
 */

/** Distance from the first missing batch within which other batches are accepted. */
export const WINDOW = 1024;

/**
 * @typedef {object} Merged
 * @property {number} next first batch that is missing
 * @property {bigint} ahead bit i: whether batch next + i was merged
 */

/** @type {Merged} */
export const NOTHING_MERGED = { next: 0, ahead: 0n };

/**
 * Tells what to do with a batch. One beyond the window has to wait for those that are missing.
 * @param {Merged} merged @param {number} number @returns {'new' | 'merged' | 'beyond'}
 */
export function place({ next, ahead }, number) {
  if (number >= next + WINDOW) return 'beyond';
  return number < next || (ahead >> BigInt(number - next)) & 1n ? 'merged' : 'new';
}

/** @param {Merged} merged @param {number} number of a new batch @returns {Merged} with that batch */
export function mark({ next, ahead }, number) {
  let marked = { next, ahead: ahead | (1n << BigInt(number - next)) };
  while (marked.ahead & 1n) marked = { next: marked.next + 1, ahead: marked.ahead >> 1n };
  return marked;
}

/** @param {Merged} merged @returns {number[]} merged batches after the first that is missing */
export const aheadOf = (merged) =>
  Array.from({ length: WINDOW }, (_, i) => merged.next + i).filter((number) => place(merged, number) === 'merged');
