// @ts-check
// The worker as wrangler deploys it, in workerd: with the bundled classifier, and with another one in KV.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClassCenters, OpenSetClassifier } from 'center-loss';
import { Miniflare } from 'miniflare';
import { Connection } from './connection.js';
import { bundle } from './server.js';

/** Embeddings of digits that the network was not trained on. @type {{ labels: number[], values: number[] }} */
const digits = JSON.parse(readFileSync(new URL('digits.json', import.meta.url), 'utf8'));
const rows = digits.labels.map((_, row) => digits.values.slice(2 * row, 2 * row + 2));

const out = mkdtempSync(join(tmpdir(), 'edge-worker-'));
const options = await bundle(fileURLToPath(new URL('..', import.meta.url)), out);
/** Starts the worker. @param {Record<string, unknown>} [changes] of its options @param {Record<string, string | number | boolean>} [vars] */
const start = (changes, vars) => new Miniflare({ ...options, ...changes, bindings: { ...options.bindings, ...vars } });
const kvNamespaces = ['CLASSIFIERS'];
const [bundled, withKv] = [start(), start({ kvNamespaces })];
after(async () => {
  await Promise.all([bundled.dispose(), withKv.dispose()]);
  rmSync(out, { recursive: true });
});

/** @param {Miniflare} worker @param {string | Uint8Array | undefined} body @param {string} [method] */
async function call(worker, body, method = 'POST') {
  const response = await fetch(await worker.ready, /** @type {RequestInit} */ ({ method, body }));
  return { status: response.status, reply: /** @type {any} */ (await response.json()) };
}
/** Namespace in KV, whose types are not installed. @param {Miniflare} worker @returns {Promise<any>} */
const kvOf = (worker) => worker.getKVNamespace('CLASSIFIERS');
/** @param {Miniflare} worker @param {unknown} rows */
const post = (worker, rows) => call(worker, JSON.stringify({ rows }));

describe('the worker', () => {
  test('names digits as the classifier does in Node, and refuses what is far from all', async () => {
    const classifier = OpenSetClassifier.load(readFileSync(new URL('../src/digits.safetensors', import.meta.url)));
    const { status, reply } = await post(bundled, [...rows, [1e4, -1e4], [1e39, 0]]);
    assert.equal(status, 200);
    const { names, scores } = classifier.classify(rows);
    assert.deepEqual(
      reply.slice(0, -2),
      Array.from(names, (name, i) => ({ name, score: scores[i] })),
    );
    assert.deepEqual(
      reply.slice(-2).map((/** @type {{ name: unknown }} */ { name }) => name),
      [null, null],
    );
    const right = digits.labels.filter((label, i) => names[i] === classifier.names?.[label]).length;
    assert.ok(right > 42, `${right} of 50`);
    assert.deepEqual((await call(bundled, undefined, 'GET')).reply, { nDim: 2, names: classifier.names });
  });

  test('takes the classifier in KV, and keeps its own if that is broken', async () => {
    await (await kvOf(withKv)).put('classifier', 'broken');
    assert.equal((await post(withKv, [[0, 0]])).status, 200);
    const centers = new ClassCenters(2, 1, { names: ['cold', 'hot'] });
    centers.params.set([0, 100]);
    const again = start({ kvNamespaces });
    const bytes = new OpenSetClassifier(centers, { threshold: 25 }).save();
    await (await kvOf(again)).put('classifier', bytes);
    const { reply } = await post(again, [[3], [97], [50]]);
    assert.deepEqual(reply, [
      { name: 'cold', score: 9 },
      { name: 'hot', score: 9 },
      { name: null, score: 2500 },
    ]);
    await again.dispose();
  });

  test('asks for the token, unless it is public', async () => {
    const closed = start({}, { PUBLIC: false, TOKEN: 'secret' });
    const misconfigured = start({}, { PUBLIC: false });
    const statusOf = async (/** @type {Miniflare} */ worker, /** @type {string} */ authorization) =>
      (await fetch(await worker.ready, { headers: { authorization } })).status;
    assert.equal(await statusOf(closed, 'Bearer secret'), 200);
    assert.equal(await statusOf(closed, 'bearer  secret'), 200);
    assert.equal(await statusOf(closed, 'Bearer Secret'), 401);
    assert.equal(await statusOf(misconfigured, 'Bearer '), 500);
    await Promise.all([closed.dispose(), misconfigured.dispose()]);
  });

  test('waits for the end of a body that is late, and serves the next request on its connection', async () => {
    const slow = start({}, { BODY_MS: 500 });
    const connection = new Connection(await slow.ready);
    connection.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nx');
    await wait(1500);
    connection.write('x');
    const late = await connection.receive();
    assert.deepEqual([late.status, late.complete], [408, true]);
    connection.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    assert.equal((await connection.receive()).status, 200);
    connection.destroy();
    await slow.dispose();
  });

  test('replies to HEAD', async () => {
    const statusOf = async (/** @type {string} */ body) => {
      const connection = new Connection(await bundled.ready);
      connection.write(`HEAD / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${body}`);
      const { status } = await connection.receive();
      connection.destroy();
      return status;
    };
    assert.deepEqual([await statusOf('0\r\n\r\n'), await statusOf('zz\r\n')], [405, 405]);
  });

  test('limits how often an address calls', async () => {
    assert.equal(options.ratelimits?.RATE_LIMIT?.simple.limit, 600);
    const limited = start({ ratelimits: { RATE_LIMIT: { simple: { limit: 3, period: 60 } } } });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await call(limited, undefined, 'GET')).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    await limited.dispose();
  });
});
