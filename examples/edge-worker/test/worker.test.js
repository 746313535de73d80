// @ts-check
// The worker as wrangler deploys it, in workerd: with the bundled classifier, and with another one in KV.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClassCenters, OpenSetClassifier } from 'center-loss';
import { Miniflare } from 'miniflare';

/** Embeddings of digits that the network was not trained on. @type {{ labels: number[], values: number[] }} */
const digits = JSON.parse(readFileSync(new URL('digits.json', import.meta.url), 'utf8'));
const rows = digits.labels.map((_, row) => digits.values.slice(2 * row, 2 * row + 2));

const out = mkdtempSync(join(tmpdir(), 'edge-worker-'));
const cwd = fileURLToPath(new URL('..', import.meta.url));
execFileSync('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', out], { cwd, stdio: 'pipe' });
/** Starts the worker. @param {string[]} kvNamespaces */
const start = (kvNamespaces) =>
  new Miniflare({
    compatibilityDate: '2026-04-01',
    modules: true,
    modulesRoot: out,
    scriptPath: join(out, 'worker.js'),
    modulesRules: [
      { type: 'CompiledWasm', include: ['**/*.wasm'] },
      { type: 'Data', include: ['**/*.safetensors'] },
    ],
    kvNamespaces,
  });
const [bundled, withKv] = [start([]), start(['CLASSIFIERS'])];
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
    const again = start(['CLASSIFIERS']);
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

  /** @type {[string, () => ReturnType<typeof call>, number, RegExp][]} */
  const refused = [
    ['no JSON', () => call(bundled, '{"rows": [1'), 400, /the body is not/],
    ['null', () => call(bundled, 'null'), 400, /the body is not/],
    ['no rows', () => call(bundled, '{}'), 422, /./],
    ['a row too short', () => post(bundled, [[1]]), 422, /1/],
    ['a string', () => post(bundled, [[1, '2']]), 422, /2/],
    ['null in a row', () => post(bundled, [[null, 1]]), 422, /null/],
    ['a body too large', () => call(bundled, ' '.repeat(65_537)), 413, /65537 bytes; the limit is 65536/],
    ['another method', () => call(bundled, '{}', 'PUT'), 405, /PUT is neither/],
    ['no body', () => call(bundled, undefined), 411, /content-length/],
  ];
  for (const [name, send, status, message] of refused) {
    test(`refuses ${name}`, async () => {
      const got = await send();
      assert.equal(got.status, status, got.reply.error);
      assert.match(got.reply.error, message);
      assert.ok(got.reply.error.length < 300);
    });
  }
});
