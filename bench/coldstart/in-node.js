// @ts-check
/** Whole processes of Node: what a program in one of them measured, and how long it took all in all. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @import { Figures } from './rounds.js' */
/** @typedef {{ path: string, version: string }} Node */

/** The Node that runs this, and a newer one where the matrix of runtimes has been set up. @returns {Node[]} */
export function nodes() {
  const newer = fileURLToPath(new URL('../../matrix/node_modules/node-24/bin/node', import.meta.url));
  return [process.execPath, ...(existsSync(newer) ? [newer] : [])].map((path) => ({
    path,
    version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1),
  }));
}

/** @param {Node} node @param {string} cwd @param {string[]} program and its parameters @returns {Figures} */
export function startOf({ path }, cwd, ...program) {
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(path, ['--no-warnings', ...program], { cwd, encoding: 'utf8' });
  const wall = performance.now() - started;
  if (status !== 0) throw new Error(`${program.join(' ')} ended with ${status}: ${stderr.slice(-1000)}`);
  // Others print greetings before.
  return { wall, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
}
