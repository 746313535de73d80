// @ts-check
/** Runs suites by a function call, for places that have neither files nor processes. */
import { startTests } from '@vitest/runner';
import fc from 'fast-check';

/** @import { File, Task } from '@vitest/runner' */
/** @import { Report } from './place.js' */

/**
 * @param {Record<string, () => Promise<unknown>>} suites by name, each with the function that imports it
 * @param {{ only?: string[], without?: string[] }} [options] `only`: suites that are imported at all, where memory is
 * too small for all of them. `without`: suites whose tests are skipped.
 * @returns {Promise<Report>}
 */
export async function run(suites, { only = Object.keys(suites), without = [] } = {}) {
  /** @type {Report} */
  const report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  // Every place tries the same random cases; the package's own tests try others each time.
  fc.configureGlobal({ seed: 1 });
  const limits = { testTimeout: 120_000, hookTimeout: 120_000, maxConcurrency: 1 };
  // An absolute root and absolute paths, because vitest asks the process for its folder otherwise.
  const config = /** @type {any} */ ({ ...limits, root: '/', sequence: { seed: 0, hooks: 'stack' } });
  const files = await startTests(
    only.map((name) => ({ filepath: `/${name}`, testNamePattern: without.includes(name) ? /^$/ : undefined })),
    { config, importFile: (path, source) => (source === 'collect' ? suites[path.slice(1)]?.() : undefined) },
  );
  for (const file of files) count(file, file.name, report);
  return report;
}

/** @param {Task | File} task @param {string} name @param {Report} report */
function count(task, name, report) {
  if (task.type === 'suite') {
    for (const inner of task.tasks) count(inner, `${name} > ${inner.name}`, report);
    // No test shows a file that could not be read, or a hook that threw.
    if (!task.result?.errors?.length) return;
  }
  const state = task.mode === 'skip' || task.mode === 'todo' ? 'skip' : task.result?.state;
  if (state === 'pass') report.passed++;
  else if (state === 'skip') report.skipped++;
  else {
    report.failed++;
    const error = task.result?.errors?.[0];
    // A property begins its message with the counterexample, which can be long; its cause says what was wrong.
    const message = error?.cause?.message ?? error?.message ?? 'did not run';
    report.failures.push(`${name}: ${message}`.slice(0, 500));
  }
}
