// @ts-check
/** Whole processes of Node, from their start and from their import to the first loss. */
import { spawnSync } from 'node:child_process';

/**
 * Milliseconds of the whole process, of the import, from then to the first loss, and of both.
 * @typedef {{ wall: number, importing: number, after: number, ms: number, loss: number }} Start
 */

/** @param {string} program @param {string} cwd @returns {Start} */
export function startOf(program, cwd) {
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--no-warnings', program], { cwd, encoding: 'utf8' });
  const wall = performance.now() - started;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.slice(-1000)}`);
  // Others print greetings before.
  const { importing, after, loss } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { wall, importing, after, ms: importing + after, loss };
}
