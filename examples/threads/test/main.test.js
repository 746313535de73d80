// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
/** @param {string[]} args */
const run = (...args) => promisify(execFile)(process.execPath, [main, ...args], { timeout: 60_000 });

test('the program compares times', async () => {
  for (const more of [[], ['--copied']]) {
    const { stdout } = await run('--threads', '3', '--rows', '2001', '--rounds', '2', ...more);
    assert.match(stdout, /no pool: .*\n1 thread: .*\n3 threads: .*\nspeed-up: +[\d.]+ .*\nEvery call gave the results/);
  }
});

test('a wrong option is refused', async () => {
  await assert.rejects(run('--rows', 'x'), /must be a number above 0/);
});
