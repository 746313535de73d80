// @ts-check
/** What goes wrong with a delivery. */
import { random } from './random.js';

/** @typedef {'none' | 'request lost' | 'reply lost' | 'twice at once' | 'cut off' | 'worker killed'} Fault */

/** How many of 100 deliveries. @type {[Fault, number][]} */
const SHARES = [
  ['request lost', 6],
  ['reply lost', 6],
  ['twice at once', 6],
  ['cut off', 4],
  ['worker killed', 8],
];

/** How long a worker lives that is killed, at most: about what a delivery takes. */
const KILLED_WITHIN_MS = 12;

/** How many of 100 batches come once more, after all others. */
const LATE_SHARE = 5;

/**
 * Of one attempt to deliver one batch; the same in each run.
 * @param {number} nth @param {number} attempt @returns {{ fault: Fault, at: number, killAfter: number }} `at`: from 0 to 1
 */
export function faultOf(nth, attempt) {
  const next = random(nth * 1009 + attempt);
  const fault = faultAt(100 * next());
  const at = next();
  return { fault, at, killAfter: Math.floor(at * KILLED_WITHIN_MS) };
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
