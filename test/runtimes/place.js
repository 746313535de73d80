// @ts-check
/** The types of places and checks, and how a check becomes an outcome. */
import { Unavailable } from './process.js';
import { versionOf } from './project.js';

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[], error?: string }} Report */

/**
 * @typedef {object} Context
 * @property {string} project folder with the packed package installed and the bundled suites beside it
 * @property {string[]} suites names of the suites in these bundles
 * @property {number} tests number of tests in these suites
 * @property {(name: string) => Promise<string>} copy makes a copy of the project for a check that writes into it
 */

/**
 * Gives the suite's report, or a word on what was seen. Throws {@link Unavailable} where the machine lacks something.
 * @typedef {(context: Context) => Promise<Report | string>} Check
 */

/**
 * @typedef {object} Place a row of the table
 * @property {string} name
 * @property {string | (() => Promise<string>)} version or the package whose version it is
 * @property {Record<string, Check>} checks by column
 * @property {string[]} [whole] checks that run the whole suite in CI's part too; the others run the short one there
 * @property {string[]} [fullOnly] checks that CI's part leaves out
 */

/** @typedef {'passed' | 'failed' | 'skipped'} Status */
/** @typedef {{ place: string, check: string, version: string, status: Status, detail: string }} Outcome */

/** @param {Place} place @param {string} check @param {Context} context @returns {Promise<Outcome>} */
export async function outcomeOf(place, check, context) {
  const outcome = { place: place.name, check, version: '' };
  try {
    outcome.version = await (typeof place.version === 'string' ? versionOf(place.version) : place.version());
    const result = await place.checks[check]?.(context);
    const detail = typeof result === 'string' ? result : verdict(result, context.tests);
    return { ...outcome, status: 'passed', detail };
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    return { ...outcome, status: error instanceof Unavailable ? 'skipped' : 'failed', detail: message };
  }
}

/** @param {Report | undefined} report @param {number} tests */
function verdict(report, tests) {
  if (!report || report.error) throw new Error(report?.error ?? 'there is no report');
  const { passed, failed, skipped, failures } = report;
  if (failed > 0) throw new Error(`${failed} of ${tests} tests failed: ${failures.slice(0, 5).join(' | ')}`);
  if (passed + skipped !== tests) throw new Error(`${passed + skipped} tests ran, but there are ${tests}`);
  return skipped > 0 ? `${passed} of ${tests}` : `${passed}`;
}
