// @ts-check
/** What a check of the matrix is. */

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Report what `runSuite` gives */

/**
 * @typedef {object} Context
 * @property {string} tarball the package as npm would publish it
 * @property {string} project a folder with that tarball installed, and the suites beside it
 * @property {'whole' | 'short'} suite which tests those are
 * @property {number} tests how many they are
 * @property {(name: string) => Promise<string>} folder a new empty folder for one check
 */

/**
 * @typedef {object} Check
 * @property {string} runtime the row of the table
 * @property {string} name the column
 * @property {'whole' | 'short' | 'nothing'} [ci] which suite CI's part runs here, by default the short one; a full run has
 * the whole one everywhere
 * @property {() => string | Promise<string>} version of the runtime
 * @property {(context: Context) => Promise<Report | string>} run what the suite reported, or a word for what was seen;
 * throws {@link Unavailable} where the machine lacks something, anything else if the check fails
 */

/**
 * @typedef {object} Outcome
 * @property {string} runtime
 * @property {string} name
 * @property {string} version
 * @property {'passed' | 'failed' | 'skipped'} status
 * @property {string} detail
 * @property {number} seconds
 */

/** This machine lacks something: the check is skipped, with the reason. */
export class Unavailable extends Error {}

/** @param {Check} check @param {Context} context @returns {Promise<Outcome>} */
export async function outcomeOf({ runtime, name, version, run }, context) {
  const { tests } = context;
  const started = performance.now();
  /** @param {Outcome['status']} status @param {string} detail @param {string} [of] @returns {Outcome} */
  const ended = (status, detail, of = '') => ({
    ...{ runtime, name, status, detail, version: of },
    seconds: (performance.now() - started) / 1000,
  });
  let of = '';
  try {
    of = await version();
    const result = await run(context);
    if (typeof result === 'string') return ended('passed', result, of);
    const { passed, failed, skipped, failures } = result;
    if (failed > 0)
      return ended('failed', `${failed} of ${tests} tests failed: ${failures.slice(0, 5).join(' | ')}`, of);
    if (passed + skipped !== tests) return ended('failed', `${passed + skipped} tests ran, but there are ${tests}`, of);
    return ended('passed', skipped > 0 ? `${passed} of ${tests}` : `${passed}`, of);
  } catch (error) {
    if (error instanceof Unavailable) return ended('skipped', error.message, of);
    return ended('failed', error instanceof Error ? error.message : String(error), of);
  }
}
