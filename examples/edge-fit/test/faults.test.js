// @ts-check
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Embeddings } from '../load/embeddings.js';
import { contentsOf, readJson, readStatistics } from '../load/reader.js';
import { run } from '../load/run.js';
import { Server } from '../load/server.js';

/** @import { Shape } from '../src/shape.js' */

/** The truth: plain loops in float64. @param {Embeddings} embeddings @param {number} batches @param {Shape} shape */
function reference(embeddings, batches, { nClasses, nDim }) {
  const counts = new Float64Array(nClasses);
  const means = new Float64Array(nClasses * nDim);
  for (let nth = 0; nth < batches; nth++) {
    const { x, target } = embeddings.batch(nth);
    target.forEach((label, row) => {
      const values = x.subarray(row * nDim, (row + 1) * nDim);
      if (label < 0 || values.some((value) => !Number.isFinite(value))) return;
      counts[label] = (counts[label] ?? 0) + 1;
      values.forEach((value, k) => {
        means[label * nDim + k] = (means[label * nDim + k] ?? 0) + value;
      });
    });
  }
  return { counts, means: means.map((sum, i) => sum / (counts[Math.floor(i / nDim)] ?? 0)) };
}

describe('many machines', () => {
  const shape = { nClasses: 7, nDim: 9 };
  /** @type {Server} */
  let server;
  before(async () => {
    server = await Server.start(shape);
  });
  after(() => server.stop());

  test('lose nothing and count nothing twice, whatever happens to deliveries, workers and objects', async () => {
    const embeddings = new Embeddings(shape, 64);
    const plan = { fit: 'all', producers: 4, batches: 100, restarts: 2, faults: true };
    let merged = 0;
    const { tally, late } = await run(server, embeddings, plan, () => merged++);
    assert.equal(merged, 400);

    // The faults were there …
    assert.equal(server.restarts, 2);
    assert.equal(Object.keys(tally.faults).length, 7);
    assert.ok(
      Object.values(tally.faults).every((times) => times > 5),
      JSON.stringify(tally.faults),
    );
    assert.ok(late > 5 && tally.known >= late && tally.failed > 50, JSON.stringify({ late, ...tally }));

    // … and did nothing.
    const { version, rows, rejected, producers } = await readJson(await server.url, '/fits/all');
    const due = reference(embeddings, 400, shape);
    assert.deepEqual([version, rows, producers], [400, due.counts.reduce((sum, count) => sum + count), 4]);
    assert.ok(rejected > 10);
    for (let producer = 0; producer < 4; producer++) {
      const seen = await readJson(await server.url, `/fits/all/producers/producer-${producer}`);
      assert.deepEqual(seen, { next: 100, ahead: [] });
    }
    const { params, counts } = contentsOf((await readStatistics(await server.url, 'all')).file);
    assert.deepEqual([...counts], [...due.counts]);
    assert.ok(counts.some((count, label) => count !== counts[(label + 1) % shape.nClasses]));
    params.forEach((value, i) => {
      assert.ok(Math.abs(value - (due.means[i] ?? Number.NaN)) <= 1e-6, `value ${i}: ${value}, not ${due.means[i]}`);
    });
  });
});
