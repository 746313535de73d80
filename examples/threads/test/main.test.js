// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeJob } from '../src/job.js';
import { measure } from '../src/measure.js';

/** @import { Pool } from '../src/pool.js' */

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** @param {string[]} args @returns {Promise<{ code: unknown, stdout: string, stderr: string }>} */
const run = (...args) =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });

describe('the program', () => {
  test('prints a line a number of threads, and ends', async () => {
    const args = ['--threads', '2,3,2', '--rows', '20001', '--classes', '7', '--dim', '33', '--rounds', '2'];
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stderr], [0, '']);
    const lines = stdout.split('\n').filter((line) => /^ +\d+ .* ms \(.*×/.test(line));
    assert.deepEqual(
      lines.map((line) => Number.parseInt(line, 10)),
      [1, 2, 3],
    );
    assert.match(stdout, /Every run gave the same results/);
    const [, right = ''] = stdout.match(/([\d.]+) % of the rows are nearest/) ?? [];
    assert.ok(Number(right) > 50 && Number(right) < 100, `${right} % say nothing about the centers`);
  });

  test('says how it is used', async () => {
    const { code, stdout } = await run('--help');
    assert.equal(code, 0);
    assert.match(stdout, /usage: .*--threads LIST/s);
  });

  /** @type {[string[], RegExp][]} */
  const wrong = [
    [['--threads', '0'], /^threads: --threads: "0" is not a whole number from 1 to 1024\n$/],
    [['--threads', '2,x'], /"x" is not a whole number/],
    [['--threads', '1.5'], /"1.5" is not/],
    [['--threads', ''], /"" is not/],
    [['--threads=-1'], /"-1" is not/],
    [['--threads', '9999'], /"9999" is not/],
    [['--rows', '0'], /--rows: "0" is not/],
    [['--dim', '1e3'], /--dim: "1e3" is not/],
    [['--classes', '99999999999'], /--classes: "99999999999" is not/],
    [['--rounds', 'many'], /--rounds: "many" is not/],
    [['--thread', '2'], /Unknown option '--thread'/],
    [['2'], /Unexpected argument '2'/],
    [
      ['--rows', '2000000000'],
      /2000000000 rows and 100 centers of 128 values need 1,040,000,051,200 bytes, but [\d,]+ are free/,
    ],
  ];
  for (const [args, message] of wrong) {
    test(`refuses ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, message);
    });
  }
});

test('more than can be shared, whatever is free', (t) => {
  t.mock.method(process, 'availableMemory', () => Number.POSITIVE_INFINITY);
  assert.throws(() => makeJob({ rows: 2 ** 30, nClasses: 1, nDim: 2 ** 20 }), /bytes, more than can be shared/);
});

test('times are compared round by round, in medians', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const durations = [10, 40, 5, 10, 300, 30];
  /** @type {number[]} */
  const order = [];
  const pools = [1, 2].map((threads) => ({
    threads,
    async run() {
      now += durations[order.length] ?? 0;
      order.push(threads);
    },
  }));
  const results = await measure(/** @type {Pool[]} */ (/** @type {unknown} */ (pools)), 3, () => {});
  assert.deepEqual(order, [1, 2, 2, 1, 1, 2]);
  // The speed-ups of the second are 10/40, 10/5 and 300/30.
  assert.deepEqual(results, [
    { threads: 1, ms: { median: 10, least: 10, most: 300 }, speedUp: { median: 1, least: 1, most: 1 } },
    { threads: 2, ms: { median: 30, least: 5, most: 40 }, speedUp: { median: 2, least: 0.25, most: 10 } },
  ]);
});
