// @ts-check
/** Programs of others, with a time limit, and their last words when they fail. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @import { Report } from './check.js' */

const LIMIT = 5 * 60_000;
const LAST_WORDS = 3000;

/**
 * What a program printed.
 * @param {string} program @param {string[]} parameters
 * @param {{ cwd: string, env?: Record<string, string>, limit?: number }} options
 * @returns {Promise<string>}
 */
export async function run(program, parameters, { cwd, env = {}, limit = LIMIT }) {
  const child = spawn(program, parameters, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, all] = ['', ''];
  child.stdout.on('data', (data) => {
    printed += data;
    all += data;
  });
  child.stderr.on('data', (data) => {
    all += data;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), limit);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (code === 0) return printed;
  const end = signal === 'SIGKILL' ? `did not end within ${limit / 1000} s` : `ended with ${signal ?? code}`;
  throw new Error(`${program} ${end}:\n${all.slice(-LAST_WORDS)}`);
}

/** What a program that ran the suite says it found. @param {string} printed @returns {Report} */
export function reportIn(printed) {
  const line = printed.split('\n').find((line) => line.startsWith('REPORT '));
  if (line === undefined) throw new Error(`the suite did not come to its end:\n${printed.slice(-LAST_WORDS)}`);
  return JSON.parse(line.slice('REPORT '.length));
}
