// @ts-check
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CenterLossError, OpenSetClassifier } from 'center-loss';
import { Miniflare } from 'miniflare';
import { failure } from '../src/http.js';

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const classifier = OpenSetClassifier.fromJSON(readJson('../src/model.json'));
/** Embeddings of digits that the network was not trained on. @type {{ labels: number[], values: number[] }} */
const digits = readJson('digits.json');
const rows = digits.labels.map((_, row) => digits.values.slice(2 * row, 2 * row + 2));

/** Classifies rows in Node. @param {number[][]} rows */
function expected(rows) {
  const { nearest, scores, labels } = classifier.classify(rows.flat());
  return {
    results: Array.from(nearest, (label, i) => ({ class: label, distance: scores[i], known: labels[i] !== -1 })),
  };
}

// The worker as wrangler would deploy it, in workerd.
const home = fileURLToPath(new URL('..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'edge-worker-'));
execFileSync('npx', ['wrangler', 'deploy', '--dry-run', '--outdir', out], { cwd: home, stdio: 'pipe' });
const server = new Miniflare({
  compatibilityDate: '2026-04-01',
  modules: true,
  modulesRoot: out,
  scriptPath: join(out, 'worker.js'),
  modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
});
const url = await server.ready;
after(async () => {
  await server.dispose();
  rmSync(out, { recursive: true });
});

/** @param {RequestInit} init @param {string} [path] */
async function call(init, path = '/') {
  const response = await fetch(new URL(path, url), init);
  const reply = /** @type {any} */ (await response.json());
  return { status: response.status, headers: response.headers, reply, error: reply.error };
}

/** @param {BodyInit} body @param {string} [type] */
const postBytes = (body, type = 'application/octet-stream') =>
  call(/** @type {RequestInit} */ ({ method: 'POST', headers: { 'content-type': type }, body, duplex: 'half' }));
/** @param {unknown} body */
const postJson = (body) => postBytes(JSON.stringify(body), 'application/json');

/** Sends a request that does not end. @param {Record<string, number>} headers @param {string} [body] */
async function postUnended(headers, body = '') {
  const type = { 'content-type': 'application/octet-stream' };
  const sent = request(url, { method: 'POST', headers: { ...type, ...headers }, signal: AbortSignal.timeout(10_000) });
  sent.flushHeaders();
  sent.write(body);
  const [response] = await once(sent, 'response');
  const reply = await text(response);
  sent.on('error', () => {}).destroy();
  return `${response.statusCode} ${reply}`;
}

describe('answers', () => {
  test('GET with the model and the limits', async () => {
    const { status, reply } = await call({});
    const { nClasses, nDim, threshold } = classifier;
    assert.equal(status, 200);
    assert.deepEqual(reply, { nClasses, nDim, threshold, limits: { bytes: 65536, rows: 256 } });
  });

  test('one embedding, and many as JSON and as float32, as the package does in Node', async () => {
    const one = rows.slice(0, 1);
    assert.deepEqual((await postJson({ embedding: one[0] })).reply, expected(one));
    assert.deepEqual((await postJson({ embeddings: rows })).reply, expected(rows));
    assert.deepEqual((await postBytes(new Float32Array(digits.values))).reply, expected(rows));
    const most = Array(256).fill(rows[0]);
    assert.deepEqual((await postBytes(new Float32Array(most.flat()))).reply, expected(most));
  });

  test('with the right digit, mostly known, and with unknown for a row far from all', async () => {
    const { results } = (await postJson({ embeddings: rows })).reply;
    const right = digits.labels.filter((label, row) => results[row].class === label).length;
    const known = results.filter((/** @type {{ known: boolean }} */ { known }) => known).length;
    assert.ok(right > 45, `${right} of 50 are right`);
    // The threshold accepts 95 % of the digits of the training.
    assert.ok(known > 45 && known < 50, `${known} of 50 are known`);
    assert.equal((await postJson({ embedding: [1e4, -1e4] })).reply.results[0].known, false);
    // No distance of this row is a finite float32.
    const farthest = await postJson({ embedding: [3e38, -3e38] });
    assert.deepEqual(farthest.reply.results, [{ class: null, distance: null, known: false }]);
  });

  test('300 requests at once, each with its own rows, also if bodies come in pieces cut within a number', async () => {
    await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const some = rows.slice(i % 50, (i % 50) + 1 + (i % 7));
        const bytes = new Uint8Array(new Float32Array(some.flat()).buffer);
        async function* pieces() {
          yield bytes.subarray(0, 3);
          await wait(100);
          yield bytes.subarray(3);
        }
        const { reply } = await (i % 2 ? postJson({ embeddings: some }) : postBytes(/** @type {any} */ (pieces())));
        assert.deepEqual(reply, expected(some));
      }),
    );
  });
});

describe('refuses', () => {
  const form = /must be \{"embedding"/;
  const long = 'x'.repeat(60_000);
  const deep = `{"embedding":[${'['.repeat(30_000)}${']'.repeat(30_000)},1]}`;
  const json = 'application/json; charset=utf-8';
  /** @type {[string, () => ReturnType<typeof call>, string, RegExp][]} */
  const refused = [
    ['an object without embeddings', () => postJson({}), '422 ERR_SHAPE', form],
    ['null', () => postJson(null), '422 ERR_SHAPE', form],
    ['both forms', () => postJson({ embedding: [1, 2], embeddings: [[1, 2]] }), '422 ERR_SHAPE', form],
    ['no embedding', () => postJson({ embeddings: [] }), '422 ERR_SHAPE', /no embedding/],
    ['one too short', () => postJson({ embedding: [1] }), '422 ERR_SHAPE', /embedding 0 must .* got an array of 1/],
    [
      'one too long',
      () => postBytes('{"embeddings":[[1,2],[1,2,3]]}', json),
      '422 ERR_SHAPE',
      /embedding 1 must .* of 3/,
    ],
    ['a string', () => postJson({ embedding: 'abc' }), '422 ERR_SHAPE', /embedding 0 must be an array .* got "abc"/],
    ['a string value', () => postJson({ embedding: [1, '2'] }), '422 ERR_SHAPE', /embedding 0, value 1 is "2"/],
    ['a hole', () => postJson({ embedding: [null, 1] }), '422 ERR_SHAPE', /embedding 0, value 0 is null/],
    [
      '1e39',
      () => postBytes('{"embeddings":[[1,2],[1e39,0]]}', json),
      '422 ERR_SHAPE',
      /embedding 1, value 0 is 1e\+39/,
    ],
    ['257 embeddings', () => postJson({ embeddings: Array(257).fill([1, 2]) }), '422 ERR_SHAPE', /257 .* limit is 256/],
    ['a long value', () => postJson({ embedding: [long, 1] }), '422 ERR_SHAPE', /value 0 is "xxx/],
    ['a deep value', () => postBytes(deep, json), '422 ERR_SHAPE', /value 0 is an array/],
    ['half of JSON', () => postBytes('{"embedding": [1, 2', json), '400 ERR_JSON', /not JSON/],
    ['an empty body', () => postBytes('', json), '400 ERR_JSON', /not JSON/],
    ['a body that is not UTF-8', () => postBytes(new Uint8Array([0xff, 0xfe]), json), '400 ERR_JSON', /not JSON/],
    ['7 bytes', () => postBytes(new Uint8Array(7)), '422 ERR_SHAPE', /7 bytes are not a multiple of 8/],
    ['no bytes', () => postBytes(new Uint8Array(0)), '422 ERR_SHAPE', /no embedding/],
    ['NaN', () => postBytes(new Float32Array([1, 2, 3, Number.NaN])), '422 ERR_SHAPE', /embedding 1, value 1 is NaN/],
    ['64 KB of embeddings', () => postBytes(new Uint8Array(65_536)), '422 ERR_SHAPE', /8192 .* limit is 256/],
    ['more', () => postBytes(new Uint8Array(65_544)), '413 ERR_TOO_LARGE', /65544 bytes; the limit is 65536/],
    ['another type', () => postBytes('1,2', 'text/csv'), '415 ERR_TYPE', /json or .*octet-stream, got "text\/csv"/],
    ['another method', () => call({ method: 'PUT', body: '{}' }), '405 ERR_METHOD', /PUT is neither GET nor POST/],
    ['another path', () => call({}, '/admin'), '404 ERR_NOT_FOUND', /nothing at "\/admin"/],
    ['a long path', () => call({}, `/${long.slice(0, 4000)}`), '404 ERR_NOT_FOUND', /nothing at "\/xxx/],
  ];
  for (const [name, send, code, message] of refused) {
    test(name, async () => {
      const { status, error, headers } = await send();
      assert.equal(`${status} ${error.code}`, code);
      assert.match(error.message, message);
      assert.ok(error.message.length < 150, `the message has ${error.message.length} characters`);
      assert.equal(headers.get('allow'), status === 405 ? 'GET, POST' : null);
    });
  }

  test('a body over the limit, before it ends', async () => {
    assert.match(await postUnended({ 'content-length': 65_537 }), /^413 .*at least 65537 bytes; the limit is 65536/);
    assert.match(await postUnended({}, 'x'.repeat(65_537)), /^413 .*ERR_TOO_LARGE/);
  });
});

test('logs errors of the worker, and replies without their stack', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  for (const error of [new CenterLossError('ERR_OUT_OF_MEMORY', 'no memory'), new TypeError('secret')]) {
    const response = failure(error);
    const reply = await response.text();
    const code = error instanceof CenterLossError ? error.code : 'ERR_INTERNAL';
    assert.deepEqual([response.status, JSON.parse(reply).error.code], [500, code]);
    assert.doesNotMatch(reply, /secret|\.js/);
  }
  assert.equal(log.mock.callCount(), 2);
});
