// @ts-check
/** Node.js: each release line in use, with WebAssembly and without, and the versions that `require` no ES module. */
import { join } from 'node:path';
import { BLOCKED, commandChecks, printedReport, program, suiteProgram } from '../program.js';
import { TOOLS } from '../project.js';
import { SLOW } from '../suites.js';

/** @import { Place } from '../place.js' */

export const LINES = ['20', '22', '24', '26'];
/** The oldest version, and the last minor ones of their time before `require` took ES modules. */
export const OLD = ['20.0', '20.18', '22.11'];
const INTERPRETED_SUITE = suiteProgram('print', { suite: 'suite-js.js', without: SLOW });
const BLOCKED_ONLY = program('print', `${BLOCKED}\nreturn 'says so';`);

/** @param {string} line */
export const nodeOf = (line) => [join(TOOLS, `node-${line}`, 'bin/node'), '--no-warnings', '--expose-gc'];

/** @type {Place[]} */
const old = OLD.map((line) => {
  // `import.meta.resolve`, which the check of slim calls, is newer than 20.0.
  const { slim, ...checks } = commandChecks((file) => [...nodeOf(line), file]);
  return { name: `Node ${line}`, version: `node-${line}`, checks };
});

/** @type {Place[]} */
const current = LINES.flatMap((line) => {
  const version = `node-${line}`;
  const node = nodeOf(line);
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

export default [...old, ...current];
