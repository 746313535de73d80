// @ts-check
/** Whole processes of Node: what a program in one of them measured, and how long it took all in all. */
import { spawnSync } from 'node:child_process';
import { newerNode } from '../nodes.js';

/** @import { Figures } from './rounds.js' */
/** @import { Node } from '../nodes.js' */

/** The Node that runs this, and a newer one where there is one. @returns {Node[]} */
export function nodes() {
  const newer = newerNode();
  return [{ path: process.execPath, version: process.versions.node }, ...(newer ? [newer] : [])];
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
