// @ts-check
/** Fastly Compute. Its engine has no WebAssembly, so the default entry is the JavaScript one there. */
import { join } from 'node:path';
import { printedReport } from '../program.js';
import { TOOLS } from '../project.js';
import { BITS, LARGE, SHORT, SLOW } from '../suites.js';

/** @import { Check } from '../place.js' */

const COMPILER = [join(TOOLS, '.bin/js-compute-runtime'), '--enable-experimental-top-level-await'];

/**
 * Fastly runs a program once while it builds it. The suite runs then, which needs no server. The clock, the timers
 * and signals of a request are not there yet; no test waits for one.
 * @param {{ only: string[], without: string[] }} options
 */
const buildProgram = (options) => `performance.now = () => Date.now();
globalThis.setTimeout = () => 0;
globalThis.clearTimeout = () => {};
globalThis.AbortController ??= class {
  signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
  abort() {}
};
const { runSuite } = await import('./suite.js');
console.log('REPORT ' + JSON.stringify(await runSuite(${JSON.stringify(options)})));
addEventListener('fetch', (event) => event.respondWith(new Response()));
`;

/** @type {Check} */
async function atBuild(context) {
  // The engine interprets, and its heap has 32 MB. CI's part does without the bits.
  const skipped = [...SLOW, ...LARGE, ...(context.suites.length === SHORT.length ? BITS : [])];
  const without = context.suites.filter((name) => skipped.includes(name));
  const others = context.suites.filter((name) => !skipped.includes(name));
  const sum = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
  // The heap is also too small for several suites at once: each is a program of its own.
  for (const only of [without, ...others.map((name) => [name])]) {
    const text = buildProgram({ only, without });
    const report = await printedReport(context, 'fastly.js', text, (file) => [...COMPILER, file, 'fastly.wasm']);
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) sum[key] += report[key];
    sum.failures.push(...report.failures);
  }
  return sum;
}

export default [{ name: 'Fastly js-compute, at build', version: '@fastly/js-compute', checks: { import: atBuild } }];
