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
/** @type {Pool[]} */
const pools = [];
after(() => Promise.all(pools.map((pool) => pool.stop())));

/** @param {number} threads @param {OpenSetClassifier} [ofThreads] */
function start(threads, ofThreads = classifier) {
  const pool = new Pool(ofThreads, threads);
  pools.push(pool);
  return pool;
}

/** Rows around the centers, and a few that have no finite distance. @param {number} rows @param {number} seed */
function makeRows(rows, seed = 2) {
  const noise = new CenterLoss(rows, DIM, { init: 'normal', seed });
  const x = sharedFloats(rows * DIM);
  for (const i of x.keys()) x[i] = (loss.centers.params[i % (CLASSES * DIM)] ?? 0) + (noise.centers.params[i] ?? 0);
  for (const row of [7, 4096, 5000]) if (row < rows) x[row * DIM + 3] = row % 2 === 0 ? Number.NaN : 3e38;
  noise.dispose();
  return x;
}

/** @param {Awaited<ReturnType<Pool['classify']>>} results @param {Float32Array} x */
function assertSame({ labels, scores }, x) {
  const due = classifier.classify(x);
  // The comparison is strict: a NaN equals itself, and −0 differs from 0.
  assert.deepEqual(Int32Array.from(labels), due.labels);
  assert.deepEqual(Float32Array.from(scores), due.scores);
}

for (const threads of [1, 2, 3, 8]) {
  for (const blockRows of [1, 7, 512, 100_000]) {
    test(`${threads} threads give the results of one, to the last bit, in blocks of ${blockRows}`, async () => {
      const pool = start(threads);
      for (const x of [makeRows(ROWS), makeRows(3, 3)]) {
        const results = await pool.classify(x, { blockRows });
        assertSame(results, x);
        assert.equal(results.rowsOfThreads.length, threads);
        assert.equal(
          results.rowsOfThreads.reduce((sum, rows) => sum + rows, 0),
          x.length / DIM,
          'a thread did rows of another',
        );
      }
    });
  }
}

test('the rows of these tests are known, unknown and not finite', () => {
  const { labels, nearest } = classifier.classify(makeRows(ROWS));
  assert.ok(new Set(labels).size === CLASSES + 1 && nearest.filter((label) => label < 0).length === 3);
});

test('a second call at the same time is refused, and the first goes on', async () => {
  const [pool, x] = [start(2), makeRows(ROWS)];
  const first = pool.classify(x);
  await assert.rejects(pool.classify(x), /the pool is busy/);
  assertSame(await first, x);
  assertSame(await pool.classify(x), x);
});

test('rows that are not shared are refused', async () => {
  await assert.rejects(start(1).classify(new Float32Array(DIM)), /must be in shared memory/);
});

test('an error of a thread reaches this call and the next', async () => {
  const pool = start(3);
  const x = makeRows(ROWS).subarray(0, 1000);
  for (const part of [x, x.subarray(0, DIM)]) {
    await assert.rejects(pool.classify(part, { blockRows: 100 }), /x has 1000 values, which is not a multiple of nDim/);
  }
});

test('an error at the start of a thread reaches the first call', async () => {
  const broken = /** @type {OpenSetClassifier} */ ({ nDim: DIM, save: () => new Uint8Array(3) });
  await assert.rejects(start(2, broken).classify(makeRows(3)), { message: /safetensors/ });
});

test('a thread that ends is an error of the call and of the next', async () => {
  const pool = start(2);
  const call = pool.classify(makeRows(3));
  const refused = assert.rejects(call, /a thread ended with code \d/);
  await pool.stop();
  await refused;
  await assert.rejects(pool.classify(makeRows(3)), /a thread ended with code \d/);
});

test('the program compares times', async () => {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const args = ['--threads', '3', '--rows', '2001', '--rounds', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { timeout: 60_000 });
  assert.match(stdout, /1 thread, ms: +\d+ .*\n3 threads, ms: +\d+ .*\nspeed-up: +[\d.]+ .*\nEvery call gave/);
  await assert.rejects(promisify(execFile)(process.execPath, [main, '--rows', '0']), /must be a whole number/);
});
