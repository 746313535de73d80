// @ts-check
// Many batches, through lost, repeated, reordered and late deliveries, failed transactions, killed processes, and versions
// of the code that take turns. BATCHES=1000000 simulates as many.
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ClassStatistics } from 'center-loss';
import { KINDS, makeBatch, SHAPE } from '../load/batches.js';
import { AUTHORIZATION, startServer } from '../load/server.js';

/** @import { TestContext } from 'node:test' */

const FITS = availableParallelism(); // at the same time, each in a process of its own
const PRODUCERS = 8;
const batches = Math.ceil(Number(process.env.BATCHES ?? 10_000) / FITS / PRODUCERS);
const RESTARTS = 6;

/** Versions of the code. @type {[string, string][][]} */
const VERSIONS = [
  // Layout 1, as all objects have it that were made before there was a layout.
  [['layout: LAYOUT, partBytes: PART_BYTES', '']],
  [],
  // Statistics in several parts, and a shorter record of batches.
  [
    ['PART_BYTES = 1e6', 'PART_BYTES = 300'],
    ['WINDOW = 1024', 'WINDOW = 100'],
  ],
];

/** Statistics of all batches of all producers, merged by one machine. */
function expected() {
  const all = new ClassStatistics(SHAPE.nClasses, SHAPE.nDim);
  for (let kind = 0; kind < KINDS; kind++) {
    const batch = new ClassStatistics(SHAPE.nClasses, SHAPE.nDim);
    const { x, target } = makeBatch(kind);
    batch.add(x, target);
    const times = PRODUCERS * Math.ceil((batches - kind) / KINDS);
    for (let i = 0; i < times; i++) all.merge(batch);
  }
  return all;
}

/** Simulates one fit, and compares it with that of one machine. @param {number} seed @param {TestContext} t */
async function simulateFit(seed, t) {
  const server = await startServer(SHAPE, 'load/simulation.js');
  const get = async (/** @type {string} */ path) =>
    fetch(new URL(`/fits/load${path}`, await server.url), { headers: AUTHORIZATION });
  const all = PRODUCERS * batches;
  let [calls, merged] = [0, 0];
  /** @type {number[]} */
  const atRestarts = [];
  /** @type {Record<string, number>} */
  const counts = {};
  /** Simulates some deliveries, or less if the process is killed. */
  const simulate = async () => {
    const options = [PRODUCERS, batches, seed + calls++, Math.ceil(all / 20)];
    const headers = { ...AUTHORIZATION, 'x-simulation': JSON.stringify(options) };
    const response = await fetch(await server.url, { headers }).catch(() => undefined);
    const text = (await response?.text()) ?? '{}';
    if (response) assert.equal(response.status, 200, text);
    for (const [what, times] of Object.entries(JSON.parse(text))) counts[what] = (counts[what] ?? 0) + times;
    merged = (await (await get('')).json()).version ?? 0;
  };
  try {
    await server.restart(SHAPE, VERSIONS[0]);
    for (let restart = 1; restart <= RESTARTS; restart++) {
      while (merged < (all * restart) / (RESTARTS + 1)) await simulate();
      const killed = simulate();
      await wait(50);
      await server.restart(SHAPE, VERSIONS[restart % VERSIONS.length || 1]);
      await killed;
      atRestarts.push(merged);
    }
    while (merged < all) await simulate();
    t.diagnostic(`batches at the restarts: ${atRestarts}; without calls that were killed: ${JSON.stringify(counts)}`);
    for (const what of ['lost', 'replyLost', 'late', 'failed']) assert.ok((counts[what] ?? 0) > 100, what);
    assert.equal(merged, all);
    const fit = ClassStatistics.load(await (await get('/statistics')).arrayBuffer());
    const alone = expected();
    assert.deepEqual(fit.counts, alone.counts);
    for (const [ours, theirs] of [
      [fit.means, alone.means],
      [fit.variances(), alone.variances()],
    ]) {
      ours?.forEach((value, i) => void assert.ok(Math.abs(value - (theirs?.[i] ?? NaN)) < 1e-9, `${value} at ${i}`));
    }
  } finally {
    await server.stop();
  }
}

test(`${FITS * PRODUCERS * batches} batches are merged once each, through ${RESTARTS} restarts`, async (t) => {
  await Promise.all(Array.from({ length: FITS }, (_, fit) => simulateFit(100 * fit, t)));
});
