// @ts-check

/** @import { Counts } from './calls.js' */

/** Another version of the compiler moves a few instructions; a kernel that lost its blocks takes many more. */
const ALLOWED = 0.05;

/**
 * Verdicts on counts that differ: '' for the same or nearly so.
 *
 * @param {Counts} committed
 * @param {Counts} now
 */
export const compare = (committed, now) =>
  Object.keys({ ...committed, ...now }).map((name) => {
    const [before, after] = [committed[name], now[name]];
    if (before === undefined || after === undefined) {
      return { name, before, after, change: Number.NaN, verdict: before === undefined ? 'new' : 'gone' };
    }
    const change = (after - before) / before;
    const verdict = change > ALLOWED ? 'more' : change < -ALLOWED ? 'fewer' : '';
    return { name, before, after, change, verdict };
  });

/** Advice on those verdicts, and whether the gate passes. @param {ReturnType<typeof compare>} changes */
export function advice(changes) {
  const some = (/** @type {string} */ wanted) => changes.some(({ verdict }) => verdict === wanted);
  if (some('more'))
    return { passed: false, text: 'a call takes over 5 % more instructions: mend it, or renew the file' };
  if (some('new') || some('gone')) return { passed: false, text: 'other calls or shapes are counted: renew the file' };
  return { passed: true, text: some('fewer') ? 'a call takes over 5 % fewer instructions: renew the file' : '' };
}
