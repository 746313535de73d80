// @ts-check
/** Fastly Compute: its engine has no WebAssembly, so that the default entry is the JavaScript one there. */
import { fileURLToPath } from 'node:url';
import { reportIn, run } from '../process.js';
import { versionOf } from '../project.js';

/** @import { Check } from '../check.js' */

const COMPILER = fileURLToPath(new URL('../node_modules/.bin/js-compute-runtime', import.meta.url));

/** @type {Check[]} */
export const checks = [
  {
    runtime: 'Fastly js-compute, at build',
    name: 'import',
    full: true,
    version: () => versionOf('@fastly/js-compute'),
    run: async (context) => {
      const out = `${await context.folder('fastly')}/main.wasm`;
      const report = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
      // Its engine has a heap of 32 MB, too little for all suites in one program.
      for (const program of ['fastly.js', 'fastly-files.js']) {
        const parameters = [COMPILER, '--enable-experimental-top-level-await', program, out];
        const part = reportIn(await run(process.execPath, parameters, { cwd: context.project }));
        report.passed += part.passed;
        report.failed += part.failed;
        report.skipped += part.skipped;
        report.failures.push(...part.failures);
      }
      return report;
    },
  },
];
