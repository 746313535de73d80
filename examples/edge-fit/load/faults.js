// @ts-check
/** Faults of deliveries. */
import { random } from './random.js';

/** @typedef {'none' | 'request lost' | 'reply lost' | 'twice at once' | 'cut off' | 'broken off' | 'worker dies before the merge' | 'worker dies after it'} Fault */

/** Percentage of deliveries with each fault. @type {[Fault, number][]} */
const SHARES = [
  ['request lost', 5],
  ['reply lost', 5],
  ['twice at once', 5],
  // In the body.
  ['cut off', 4],
  // While the worker is at it.
  ['broken off', 4],
  ['worker dies before the merge', 4],
  ['worker dies after it', 4],
];

/** Latest time at which a connection is broken off: about as long as a delivery takes. */
const WITHIN_MS = 12;

/** Percentage of batches that come once more, after all others. */
const LATE_SHARE = 5;

/**
 * Gives the fault of one attempt to deliver one batch; the same in each run.
 * @param {number} nth @param {number} attempt @returns {{ fault: Fault, at: number, end: number }} `at`: from 0 to 1, where in the body; `end`: how many ms after it
 */
export function faultOf(nth, attempt) {
  const next = random(nth * 1009 + attempt);
  const fault = faultAt(100 * next());
  const at = next();
  return { fault, at, end: Math.floor(at * WITHIN_MS) };
}

/** @param {number} percent @returns {Fault} */
function faultAt(percent) {
  let end = 0;
  for (const [fault, share] of SHARES) {
    end += share;
    if (percent < end) return fault;
  }
  return 'none';
}

/** @param {number} nth */
export const comesLate = (nth) => 100 * random(nth ^ 0x55555555)() < LATE_SHARE;
