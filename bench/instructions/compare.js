// @ts-check

/** @typedef {Record<string, number>} Counts  instructions by kernel and shape */
/** @typedef {'same' | 'more' | 'fewer' | 'new' | 'gone'} Verdict */
/** @typedef {{ name: string, committed: number | undefined, now: number | undefined, change: number, verdict: Verdict }} Change */

/** Another version of the compiler moves a few instructions about; a kernel that lost its blocks takes many more. */
export const ALLOWED = 0.05;

/**
 * @param {Counts} committed
 * @param {Counts} now
 * @returns {Change[]} `change` is relative to what is committed
 */
export function compare(committed, now) {
  return [...new Set([...Object.keys(committed), ...Object.keys(now)])].map((name) => {
    const [before, after] = [committed[name], now[name]];
    const change = ((after ?? Number.NaN) - (before ?? Number.NaN)) / (before ?? Number.NaN);
    return { name, committed: before, now: after, change, verdict: verdict(before, after, change) };
  });
}

/**
 * @param {number | undefined} before
 * @param {number | undefined} after
 * @param {number} change
 * @returns {Verdict}
 */
function verdict(before, after, change) {
  if (before === undefined) return 'new';
  if (after === undefined) return 'gone';
  if (change > ALLOWED) return 'more';
  return change < -ALLOWED ? 'fewer' : 'same';
}

/**
 * @param {Change[]} changes
 * @returns {{ passed: boolean, text: string }} what to do about them; no text if nothing
 */
export function advice(changes) {
  const some = (/** @type {Verdict[]} */ ...verdicts) => changes.some((change) => verdicts.includes(change.verdict));
  if (some('more')) {
    return {
      passed: false,
      text: 'a kernel takes over 5 % more instructions: mend it, or if it is worth it, renew the file',
    };
  }
  if (some('new', 'gone')) return { passed: false, text: 'other kernels or shapes are counted: renew the file' };
  if (some('fewer')) {
    return { passed: true, text: 'a kernel takes over 5 % fewer instructions: renew the file, so that it stays so' };
  }
  return { passed: true, text: '' };
}
