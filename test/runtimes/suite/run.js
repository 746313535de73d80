// @ts-check
/** The behavioural suite as a function, for places that have neither files nor processes. */
import { startTests } from '@vitest/runner';
import fc from 'fast-check';

/** @import { File, Task } from '@vitest/runner' */

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Report */

/** @typedef {Record<string, () => Promise<unknown>>} Suites by name, each with what loads it */

/** Of the property tests: every runtime is asked the same cases. vitest, in the package's own tests, asks others each time. */
const SEED = 1;

/**
 * @param {Suites} suites
 * @param {{ without?: string[], which?: (suite: string, index: number) => boolean }} [options] suites that would take
 * an interpreter too long: their tests are skipped; and which are there at all, where there is too little memory for all
 * at once
 * @returns {Promise<Report>}
 */
export async function run(suites, { without = [], which = () => true } = {}) {
  /** @type {Report} */
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  fc.configureGlobal({ seed: SEED });
  const config = {
    root: '/',
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
    includeTaskLocation: undefined,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  };
  const specifications = Object.keys(suites)
    .filter(which)
    .map((name) => ({
      filepath: `/${name}`,
      testNamePattern: without.includes(name) ? /^$/ : undefined,
    }));
  const files = await startTests(specifications, {
    config: /** @type {any} */ (config),
    importFile: (path, source) => (source === 'collect' ? suites[path.slice(1)]?.() : undefined),
  });
  for (const file of files) count(file, file.name, report);
  return report;
}

/** @param {Task | File} task @param {string} name @param {Report} report */
function count(task, name, report) {
  if (task.type === 'suite') {
    for (const inner of task.tasks) count(inner, `${name} > ${inner.name}`, report);
    // A file that could not be read, or a hook that threw, has no test to show it.
    if (!task.result?.errors?.length) return;
  }
  const state = task.mode === 'skip' || task.mode === 'todo' ? 'skip' : task.result?.state;
  if (state === 'pass') report.passed++;
  else if (state === 'skip') report.skipped++;
  else {
    report.failed++;
    report.failures.push(`${name}: ${task.result?.errors?.[0]?.message ?? 'did not run'}`.slice(0, 500));
  }
}
