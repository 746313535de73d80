// @ts-check
/** Bun. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Unavailable } from '../check.js';
import { reportIn, run } from '../process.js';
import { versionOf } from '../project.js';

/** @import { Check } from '../check.js' */

/** The program itself: what the package `bun` puts on the path is there only after an install script. */
export function bunProgram() {
  const platform = `${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64'}`;
  const path = fileURLToPath(new URL(`../node_modules/@oven/bun-${platform}/bin/bun`, import.meta.url));
  if (!existsSync(path)) throw new Unavailable('no Bun for this kind of machine');
  return path;
}

/** @param {string} name @param {string} program @returns {Check} */
const suite = (name, program) => ({
  runtime: 'Bun',
  name,
  version: () => versionOf('bun'),
  run: async ({ project }) => reportIn(await run(bunProgram(), [program], { cwd: project })),
});

/** @type {Check[]} */
export const checks = [
  { ...suite('import', 'run.js'), ci: 'whole' },
  suite('require', 'run.cjs'),
  suite('slim', 'run-slim.js'),
  suite('js', 'run-js.js'),
];
