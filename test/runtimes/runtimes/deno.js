// @ts-check
/** Deno, with the packages of npm where npm put them. */
import { fileURLToPath } from 'node:url';
import { reportIn, run } from '../process.js';
import { versionOf } from '../project.js';

/** @import { Check } from '../check.js' */

const DENO = fileURLToPath(new URL('../node_modules/.bin/deno', import.meta.url));
const FLAGS = ['run', '--allow-read', '--allow-env', '--node-modules-dir=manual', '--v8-flags=--expose-gc'];

/** @param {string} name @param {string} program @returns {Check} */
const suite = (name, program) => ({
  runtime: 'Deno',
  name,
  version: () => versionOf('deno'),
  run: async ({ project }) => reportIn(await run(DENO, [...FLAGS, program], { cwd: project })),
});

/** @type {Check[]} */
export const checks = [
  { ...suite('import', 'run.js'), ci: 'whole' },
  suite('require', 'run.cjs'),
  suite('slim', 'run-slim.js'),
  suite('js', 'run-js.js'),
];
