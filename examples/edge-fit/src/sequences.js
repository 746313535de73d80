// @ts-check
/**
 * Record of the merged batches of one producer, in memory that does not grow. A producer numbers its batches 0, 1, 2, …;
 * the record is the first number that is missing, and a bit for each of the WINDOW numbers from there on.
 *
 * IPsec tells replayed packets in the same way (RFC 4303, section 3.4.3). Random ids would have to be kept for ever, or
 * be forgotten after a time, and a later copy would count twice.
 */

/** Distance from the first missing batch within which others are taken. */
export const WINDOW = 1024;

/**
 * @typedef {object} Seen
 * @property {number} next all below were merged, this one was not
 * @property {Uint8Array} ahead bit s mod WINDOW: whether s was merged, of next ≤ s < next + WINDOW
 */

/** @returns {Seen} */
export const nothingSeen = () => ({ next: 0, ahead: new Uint8Array(WINDOW / 8) });

/** @param {Uint8Array} ahead @param {number} sequence */
const has = (ahead, sequence) => ((bits(ahead, sequence) >> (sequence % 8)) & 1) === 1;
/** @param {number} sequence */
const byteOf = (sequence) => (sequence % WINDOW) >> 3;
/** @param {Uint8Array} ahead @param {number} sequence */
const bits = (ahead, sequence) => ahead[byteOf(sequence)] ?? 0;

/**
 * Tells whether a batch is new, was seen, or must wait: a batch beyond the window could not be told from one before it.
 * @param {Seen} seen @param {number} sequence @returns {'new' | 'seen' | 'beyond'}
 */
export function place({ next, ahead }, sequence) {
  if (sequence < next) return 'seen';
  if (sequence >= next + WINDOW) return 'beyond';
  return has(ahead, sequence) ? 'seen' : 'new';
}

/** @param {Seen} seen @param {number} sequence a new one @returns {Seen} with that one merged */
export function mark(seen, sequence) {
  let { next } = seen;
  const ahead = seen.ahead.slice();
  ahead[byteOf(sequence)] = bits(ahead, sequence) | (1 << (sequence % 8));
  for (; has(ahead, next); next++) {
    // The bit is that of next + WINDOW from now on.
    ahead[byteOf(next)] = bits(ahead, next) & ~(1 << (next % 8));
  }
  return { next, ahead };
}

/** @param {Seen} seen @returns {number[]} the merged ones above the first missing */
export function aheadOf({ next, ahead }) {
  const sequences = [];
  for (let sequence = next; sequence < next + WINDOW; sequence++) {
    if (has(ahead, sequence)) sequences.push(sequence);
  }
  return sequences;
}
