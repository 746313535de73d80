// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CenterLoss, OpenSetClassifier } from 'center-loss';
import { Pool, sharedFloats } from '../src/pool.js';

const [ROWS, CLASSES, DIM] = [5001, 13, 31];

const loss = new CenterLoss(CLASSES, DIM, { init: 'normal', seed: 1 });
const classifier = new OpenSetClassifier(loss, { threshold: 0.9 * DIM });
const noise = new CenterLoss(ROWS, DIM, { init: 'normal', seed: 2 });
/** Rows around the centers, and three that have no finite distance. */
const x = sharedFloats(ROWS * DIM);
for (const i of x.keys()) x[i] = (loss.centers.params[i % (CLASSES * DIM)] ?? 0) + (noise.centers.params[i] ?? 0);
x[7 * DIM + 3] = Number.NaN;
x[4096 * DIM] = Number.POSITIVE_INFINITY;
x[5000 * DIM + 30] = 3e38;
/** @type {Pool[]} */
const pools = [];
after(() => Promise.all(pools.map((pool) => pool.stop())));

/** @param {number} threads @param {OpenSetClassifier} [ofThreads] */
function start(threads, ofThreads = classifier) {
  const pool = new Pool(ofThreads, threads);
  pools.push(pool);
  return pool;
}

/** @param {Awaited<ReturnType<Pool['classify']>>} results @param {Float32Array} rows */
function assertSame({ labels, scores }, rows) {
  const expected = classifier.classify(rows);
  assert.deepEqual(Int32Array.from(labels), expected.labels);
  assert.deepEqual(Float32Array.from(scores), expected.scores);
}

test('there are rows of each class, unknown rows and rows at no finite distance', () => {
  const { labels, nearest } = classifier.classify(x);
  assert.deepEqual([new Set(labels).size, nearest.filter((label) => label < 0).length], [CLASSES + 1, 3]);
});

for (const threads of [1, 2, 3, 8]) {
  for (const blockRows of [1, 7, 512, 100_000]) {
    test(`${threads} threads give the results of one, to the last bit, in blocks of ${blockRows}`, async () => {
      const pool = start(threads);
      for (const rows of [x, x.subarray(0, 3 * DIM)]) {
        const results = await pool.classify(rows, { blockRows });
        assertSame(results, rows);
        const sum = results.rowsOfThreads.reduce((total, done) => total + done, 0);
        assert.equal(sum, rows.length / DIM, 'two threads did the same rows');
      }
    });
  }
}

test('a second call at the same time is refused, and the first goes on', async () => {
  const pool = start(2);
  const first = pool.classify(x);
  await assert.rejects(pool.classify(x), /the pool is busy/);
  assertSame(await first, x);
  assertSame(await pool.classify(x), x);
});

test('no threads, and rows that are not shared, are refused', async () => {
  assert.throws(() => start(0), /at least 1 thread, got 0/);
  await assert.rejects(start(1).classify(new Float32Array(DIM)), /must be in shared memory/);
});

test('an error of a thread reaches this call and the next', async () => {
  const pool = start(3);
  for (const rows of [x.subarray(0, 1000), x.subarray(0, DIM)]) {
    await assert.rejects(pool.classify(rows), /x has 1000 values, which is not a multiple of nDim/);
  }
});

test('an error at the start of a thread reaches the first call', async () => {
  const broken = /** @type {OpenSetClassifier} */ ({ nDim: DIM, save: () => new Uint8Array(3) });
  await assert.rejects(start(2, broken).classify(x), { message: /safetensors/ });
});

test('a thread that ends is an error of the call and of the next', async () => {
  const pool = start(2);
  const call = pool.classify(x);
  const refused = assert.rejects(call, /a thread ended with code \d/);
  await pool.stop();
  await refused;
  await assert.rejects(pool.classify(x), /a thread ended with code \d/);
});

test('the program compares times', async () => {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const args = ['--threads', '3', '--rows', '2001', '--rounds', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { timeout: 60_000 });
  assert.match(stdout, /1 thread, ms: +\d+ .*\n3 threads, ms: +\d+ .*\nspeed-up: +[\d.]+ .*\nEvery call gave/);
  await assert.rejects(promisify(execFile)(process.execPath, [main, '--rows', 'x']), /must be a number above 0/);
});
