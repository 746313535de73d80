// @ts-check
/** Fastly Compute: its engine has no WebAssembly, so that the default entry is the JavaScript one there. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportIn, run } from '../process.js';
import { versionOf } from '../project.js';

/** @import { Check } from '../check.js' */

const COMPILER = fileURLToPath(new URL('../node_modules/.bin/js-compute-runtime', import.meta.url));

/**
 * Its engine has a heap of 32 MB at build and interprets. Whole, each of the suites (fewer than 40) is a program of its
 * own. The bits alone take a minute, and so CI's part is without them here.
 */
const HOW = {
  whole: { parts: 40, without: '' },
  short: { parts: 2, without: 'bits open-set/bits' },
};

/** @type {Check[]} */
export const checks = [
  {
    runtime: 'Fastly js-compute, at build',
    name: 'import',
    version: () => versionOf('@fastly/js-compute'),
    run: async (context) => {
      const out = `${await context.folder('fastly')}/main.wasm`;
      const { parts, without } = HOW[context.suite];
      const report = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
      const whole = await readFile(join(context.project, 'fastly.js'), 'utf8');
      for (let part = 0; part < parts; part++) {
        const program = `fastly-${part}.js`;
        const text = whole
          .replace('THIS_PART', String(part))
          .replace('ALL_PARTS', String(parts))
          .replace('ALSO_WITHOUT', without);
        await writeFile(join(context.project, program), text);
        const parameters = [COMPILER, '--enable-experimental-top-level-await', program, out];
        const found = reportIn(await run(process.execPath, parameters, { cwd: context.project }));
        report.passed += found.passed;
        report.failed += found.failed;
        report.skipped += found.skipped;
        report.failures.push(...found.failures);
      }
      return report;
    },
  },
];
