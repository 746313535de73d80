// @ts-check
/** Node.js: each release line in use, with WebAssembly and without. */
import { join } from 'node:path';
import { BLOCKED, commandChecks, printedReport, program, suiteProgram } from '../program.js';
import { TOOLS } from '../project.js';
import { SLOW } from '../suites.js';

/** @import { Place } from '../place.js' */

const LINES = ['20', '22', '24', '26'];
const INTERPRETED_SUITE = suiteProgram('print', { suite: 'suite-js.js', without: SLOW });
const BLOCKED_ONLY = program('print', `${BLOCKED}\nreturn 'says so';`);

/** @type {Place[]} */
export default LINES.flatMap((line) => {
  const version = `node-${line}`;
  const node = [join(TOOLS, version, 'bin/node'), '--no-warnings', '--expose-gc'];
  /** @param {string} file */
  const interpreted = (file) => [...node, '--jitless', file];
  /** @type {Place['checks']} */
  const withoutWasm = {
    js: (context) => printedReport(context, 'js.js', INTERPRETED_SUITE, interpreted),
    blocked: (context) => printedReport(context, 'blocked.js', BLOCKED_ONLY, interpreted),
  };
  const checks = commandChecks((file) => [...node, file]);
  // CI runs the whole suites on the newest line only.
  const newest = line === LINES.at(-1);
  return [
    { name: `Node ${line}`, version, checks, whole: newest ? ['import', 'js'] : [] },
    { name: `Node ${line} --jitless`, version, checks: withoutWasm, fullOnly: newest ? [] : ['js'] },
  ];
});
