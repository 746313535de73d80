// @ts-check
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ClassCenters } from 'center-loss';
import { fill } from '../src/embeddings.js';
import { makeJob } from '../src/job.js';
import { Pool } from '../src/pool.js';
import { isSame } from '../src/same.js';

/** @import { Job, Sizes } from '../src/job.js' */

const SIZES = { rows: 5001, nClasses: 13, nDim: 31 };
/** Rows that have no nearest center, and one far off. */
const ODD = { 7: Number.NaN, 4096: Number.POSITIVE_INFINITY, 5000: 3e38, 2048: 1e9 };

/** @type {Pool[]} */
const started = [];
after(() => Promise.all(started.map((pool) => pool.stop())));

/** @param {Job} job @param {number} threads @param {URL} [script] */
async function start(job, threads, script) {
  const pool = await Pool.start(job, threads, script);
  started.push(pool);
  return pool;
}

/** @param {number} [rowsAtOnce] @param {Sizes} [sizes] */
function makeFilled(rowsAtOnce, sizes = SIZES) {
  const job = makeJob(sizes, rowsAtOnce);
  fill(job);
  for (const [row, value] of Object.entries(ODD)) job.x[Number(row) * job.nDim + 3] = value;
  return job;
}

/** Classifies all rows at once, in this thread. @param {Job} job */
function expected({ x, params, nClasses, nDim }) {
  const centers = new ClassCenters(nClasses, nDim);
  centers.params.set(params);
  const classes = centers.predict(x);
  const matrix = centers.distances(x);
  const distances = Float32Array.from(classes, (nearest, row) => matrix[row * nClasses + nearest] ?? Number.NaN);
  for (const row of classes.keys()) if ((classes[row] ?? -1) < 0) distances[row] = Number.NaN;
  centers.dispose();
  return { classes, distances };
}

/** @param {Job} job */
function assertRight(job) {
  const due = expected(job);
  assert.ok(isSame(job.classes, due.classes), 'other classes');
  assert.ok(isSame(job.distances, due.distances), 'other distances');
}

describe('the results of any number of threads are those of one call without, to the last bit', () => {
  for (const threads of [1, 2, 3, 8]) {
    for (const rowsAtOnce of [1, 7, 64, 512, 100_000]) {
      test(`${threads} threads, blocks of ${rowsAtOnce}`, async () => {
        const job = makeFilled(rowsAtOnce);
        const done = await (await start(job, threads)).run();
        assertRight(job);
        assert.equal(done.length, threads);
        // Each row once: none was left out, none was done by two.
        assert.equal(
          done.reduce((sum, rows) => sum + rows, 0),
          SIZES.rows,
        );
      });
    }
  }

  test('the odd rows are odd, the others known', async () => {
    const job = makeFilled();
    await (await start(job, 2)).run();
    const unknown = Array.from(job.classes.keys()).filter((row) => job.classes[row] === -1);
    assert.deepEqual(unknown, [7, 4096, 5000]);
    assert.deepEqual(
      unknown.map((row) => job.distances[row]),
      [Number.NaN, Number.NaN, Number.NaN],
    );
    assert.ok(new Set(job.classes).size === SIZES.nClasses + 1, 'a class is nearest to no row');
  });

  test('fewer rows than threads, and a single one', async () => {
    for (const rows of [1, 3]) {
      const job = makeJob({ rows, nClasses: 2, nDim: 5 }, 1);
      fill(job);
      await (await start(job, 4)).run();
      assertRight(job);
    }
  });
});

describe('a pool', () => {
  test('sees what has changed in shared memory since its last run', async () => {
    const job = makeFilled();
    const pool = await start(job, 2);
    await pool.run();
    const before = job.classes.slice();
    job.params.subarray(0, job.nDim).fill(1e6);
    job.x.subarray(job.nDim).reverse();
    await pool.run();
    assert.ok(!isSame(job.classes, before));
    assertRight(job);
  });

  test('does not wait for a slow thread: the others take what it does not get to', async () => {
    const job = { ...makeFilled(64), heldUp: new Int32Array(new SharedArrayBuffer(4)) };
    const done = await (await start(job, 2, new URL('./workers/held-up.js', import.meta.url))).run();
    assert.deepEqual(
      done.sort((a, b) => a - b),
      [64, SIZES.rows - 64],
    );
    assertRight(job);
  });

  test('refuses a second run while one is under way, and the first is right all the same', async () => {
    const job = makeFilled();
    const pool = await start(job, 2);
    const first = pool.run();
    await assert.rejects(pool.run(), /this pool is at work/);
    await first;
    assertRight(job);
    await pool.run();
  });
});

describe('a thread that fails', { timeout: 20_000 }, () => {
  test('while it starts: its error, and the others end', async () => {
    // More than an engine holds; the threads are the first to ask for it.
    const job = { ...makeFilled(), nClasses: 2 ** 20, nDim: 2 ** 12 };
    await assert.rejects(
      start(job, 2),
      /cannot allocate 17,179,869,184 bytes .* for 1048576 centers of 4096 dimensions/,
    );
    await assert.rejects(start(job, 2, new URL('./workers/missing.js', import.meta.url)), /Cannot find module/);
  });

  test('at its work: its error', async () => {
    const pool = await start(makeFilled(), 3, new URL('./workers/throws.js', import.meta.url));
    await assert.rejects(pool.run(), { name: 'TypeError', message: 'no such row' });
    // And not forgotten.
    await assert.rejects(pool.run(), { name: 'TypeError', message: 'no such row' });
  });

  test('by what the package says of the shared arrays', async () => {
    const job = makeFilled();
    // One thread: of two, the one whose rows are past the end of x may be the first to say so.
    const pool = await start({ ...job, x: job.x.subarray(0, 1000) }, 1);
    await assert.rejects(pool.run(), /x has 1000 values, which is not a multiple of nDim = 31/);
  });

  test('without a word: which one it was', async () => {
    const pool = await start(makeFilled(), 2, new URL('./workers/exits.js', import.meta.url));
    await assert.rejects(pool.run(), /thread [12] of 2 ended with code 7/);
  });

  test('a stopped pool does not wait for ever', async () => {
    const pool = await start(makeFilled(), 2);
    await pool.stop();
    await assert.rejects(pool.run(), /thread [12] of 2 ended with code 1/);
  });
});
