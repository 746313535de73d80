// @ts-check
/** Node.js, each line that is in use, by import and by require; and without WebAssembly. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Unavailable } from '../check.js';
import { reportIn, run } from '../process.js';

/** @import { Check, Context } from '../check.js' */

const LINES = ['20', '22', '24', '26'];
const NEWEST = LINES.at(-1);
const QUIET = ['--no-warnings'];

/** @param {string} line */
function nodeOf(line) {
  const path = fileURLToPath(new URL(`../node_modules/node-${line}/bin/node`, import.meta.url));
  if (!existsSync(path)) throw new Unavailable(`no Node ${line} for this kind of machine`);
  return path;
}

/** @param {string} line */
const versionOfNode = async (line) => (await run(nodeOf(line), ['--version'], { cwd: '.' })).trim().slice(1);

/** @param {string} line @param {string} name @param {string} program @param {string[]} [flags] @returns {Check} */
const suite = (line, name, program, flags = []) => ({
  runtime: `Node ${line}`,
  name,
  version: () => versionOfNode(line),
  run: async ({ project }) =>
    reportIn(await run(nodeOf(line), [...QUIET, '--expose-gc', ...flags, program], { cwd: project })),
});

/** In CI's part the newest line stands for all. @param {string} line @param {Check} check @returns {Check} */
const whole = (line, check) => (line === NEWEST ? { ...check, ci: 'whole' } : check);

const BLOCKED = `
  import { CenterLoss } from 'center-loss';
  try { new CenterLoss(2, 2); } catch ({ name, code, message }) { console.log(name, code, message); }`;

/** @type {Check[]} */
export const checks = [
  ...LINES.flatMap((line) => [
    whole(line, suite(line, 'import', 'run.js')),
    suite(line, 'require', 'run.cjs'),
    suite(line, 'slim', 'run-slim.js'),
    whole(line, suite(line, 'js', 'run-js.js')),
  ]),
  ...LINES.map(
    /** @returns {Check} */ (line) => ({
      ...suite(line, 'js', 'run-js-interpreted.js', ['--jitless']),
      runtime: `Node ${line} --jitless`,
      ci: line === NEWEST ? 'short' : 'nothing',
    }),
  ),
  ...LINES.map((line) => ({
    runtime: `Node ${line} --jitless`,
    name: 'blocked',
    version: () => versionOfNode(line),
    /** @param {Context} context */
    run: async ({ project }) => {
      const parameters = [...QUIET, '--jitless', '--input-type=module', '-e', BLOCKED];
      const printed = await run(nodeOf(line), parameters, { cwd: project });
      if (/^CenterLossError ERR_WASM_BLOCKED .*'wasm-unsafe-eval'.*'center-loss\/js'/.test(printed)) return 'says so';
      throw new Error(`not the error that is due: ${printed}`);
    },
  })),
];
