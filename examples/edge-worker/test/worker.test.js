// @ts-check
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
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
const wrangler = join(home, 'node_modules/wrangler/bin/wrangler.js');
execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', out], { cwd: home, stdio: 'pipe' });
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

/**
 * Sends a request that never ends. A client library would read the reply only after it has sent all.
 * @param {string} header @param {string} body @returns {Promise<string>} the reply, once it is whole
 */
function postForever(header, body) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    let text = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no reply within 10 s, only ${JSON.stringify(text)}`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
    socket.on('data', (data) => {
      text += data;
      if (!text.includes('}}')) return;
      resolve(text);
      socket.destroy();
    });
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n${header}\r\n\r\n${body}`);
  });
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
  });

  test('with the right digit, mostly known, and with unknown for what is far from all', async () => {
    const { results } = (await postJson({ embeddings: rows })).reply;
    const right = digits.labels.filter((label, row) => results[row].class === label).length;
    const known = results.filter((/** @type {{ known: boolean }} */ { known }) => known).length;
    assert.ok(right > 90, `${right} of 100 are right`);
    // The threshold accepts 95 % of the digits of the training.
    assert.ok(known > 90 && known < 100, `${known} of 100 are known`);
    assert.equal((await postJson({ embedding: [1e4, -1e4] })).reply.results[0].known, false);
  });

  test('without a class where no distance is a finite float32', async () => {
    const { reply } = await postJson({ embedding: [3e38, -3e38] });
    assert.deepEqual(reply.results, [{ class: null, distance: null, known: false }]);
  });

  test('300 requests at once, each with its own rows', async () => {
    await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const some = rows.slice(i % 50, (i % 50) + 1 + (i % 7));
        const { reply } = i % 2 ? await postJson({ embeddings: some }) : await postBytes(new Float32Array(some.flat()));
        assert.deepEqual(reply, expected(some));
      }),
    );
  });

  test('40 bodies at once that come in pieces, cut within a number', async () => {
    let started = 0;
    /** @type {(value?: unknown) => void} */
    let open = () => {};
    const allStarted = new Promise((resolve) => {
      open = resolve;
    });
    await Promise.all(
      rows.slice(0, 40).map(async (row) => {
        const bytes = new Uint8Array(new Float32Array(row).buffer);
        async function* pieces() {
          yield bytes.subarray(0, 3);
          if (++started === 40) open();
          await allStarted;
          yield bytes.subarray(3);
        }
        assert.deepEqual((await postBytes(/** @type {any} */ (pieces()))).reply, expected([row]));
      }),
    );
  });

  test('as many rows as the limit allows', async () => {
    const { status, reply } = await postBytes(new Float32Array(2 * 256));
    assert.deepEqual([status, reply.results.length], [200, 256]);
  });
});

describe('refuses', () => {
  const form = /must be \{"embedding"/;
  /** @type {[unknown, RegExp][]} */
  const bodies = [
    [{}, form],
    [null, form],
    [7, form],
    [{ embedding: [1, 2], embeddings: [[1, 2]] }, form],
    [{ embeddings: [] }, /no embedding/],
    [{ embedding: [1] }, /embedding 0 must be an array of 2 numbers, got an array of 1/],
    [{ embeddings: rows.slice(0, 1).concat([[1, 2, 3]]) }, /embedding 1 must be .* got an array of 3/],
    [{ embedding: 'abc' }, /embedding 0 must be an array of 2 numbers, got "abc"/],
    [{ embedding: [1, '2'] }, /embedding 0, value 1 is "2"/],
    [{ embedding: [null, 1] }, /embedding 0, value 0 is null/],
    [{ embeddings: rows.slice(0, 1).concat([[1e39, 0]]) }, /embedding 1, value 0 is 1e\+39, not a finite float32/],
    [{ embeddings: Array(257).fill([1, 2]) }, /257 embeddings; the limit is 256/],
  ];
  for (const [body, message] of bodies) {
    test(JSON.stringify(body).slice(0, 60), async () => {
      const { status, error } = await postJson(body);
      assert.deepEqual([status, error.code], [422, 'ERR_SHAPE']);
      assert.match(error.message, message);
    });
  }

  test('a body that is not JSON', async () => {
    for (const body of ['{"embedding": [1, 2', '', '\u0000', new Uint8Array([0xff, 0xfe])]) {
      const { status, error } = await postBytes(body, 'application/json; charset=utf-8');
      assert.deepEqual([status, error.code], [400, 'ERR_JSON']);
      assert.doesNotMatch(error.message, /at .*\.js/);
    }
  });

  test('bytes that are not whole embeddings, not finite, or too many', async () => {
    /** @type {[BodyInit, RegExp][]} */
    const bodies = [
      [new Uint8Array(7), /7 bytes are not a multiple of 8/],
      [new Uint8Array(4), /4 bytes are not a multiple of 8/],
      [new Uint8Array(0), /no embedding/],
      [new Float32Array([1, 2, 3, Number.NaN]), /embedding 1, value 1 is NaN/],
      [new Uint8Array(65536), /8192 embeddings; the limit is 256/],
    ];
    for (const [body, message] of bodies) {
      const { status, error } = await postBytes(body);
      assert.deepEqual([status, error.code], [422, 'ERR_SHAPE']);
      assert.match(error.message, message);
    }
  });

  test('a body over the limit, before it ends', async () => {
    const { status, error } = await postBytes(new Uint8Array(65536 + 8));
    assert.deepEqual([status, error.code], [413, 'ERR_TOO_LARGE']);
    const claimed = await postForever('Content-Length: 65537', '');
    assert.match(claimed, /^HTTP\/1.1 413 .*at least 65537 bytes; the limit is 65536/s);
    // The last chunk never comes.
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    assert.match(await postForever('Transfer-Encoding: chunked', chunk.repeat(5)), /^HTTP\/1.1 413 .*ERR_TOO_LARGE/s);
  });

  test('long and deep values without sending them back', async () => {
    const long = 'x'.repeat(60_000);
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const replies = [
      await postBytes(`{"embedding":["${long}",1]}`, 'application/json'),
      await postBytes(`{"embedding":[${deep},1]}`, 'application/json'),
      await call({}, `/${long.slice(0, 4000)}`),
    ];
    assert.deepEqual(
      replies.map(({ status }) => status),
      [422, 422, 404],
    );
    for (const { error } of replies) assert.ok(error.message.length < 120, `${error.message.length} characters`);
  });

  test('other types, methods and paths', async () => {
    const type = await postBytes('1,2', 'text/csv');
    assert.deepEqual([type.status, type.error.code], [415, 'ERR_TYPE']);
    assert.match(type.error.message, /application\/json or application\/octet-stream, got "text\/csv"/);
    const method = await call({ method: 'PUT', body: '{}' });
    assert.deepEqual([method.status, method.error.code, method.headers.get('allow')], [405, 'ERR_METHOD', 'GET, POST']);
    const path = await call({}, '/admin');
    assert.deepEqual([path.status, path.error.code], [404, 'ERR_NOT_FOUND']);
    assert.match(path.error.message, /\/admin/);
  });
});

test('logs errors of the worker, and replies without their stack', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  /** @type {[unknown, string][]} */
  const errors = [
    [new CenterLossError('ERR_OUT_OF_MEMORY', 'no memory'), 'ERR_OUT_OF_MEMORY'],
    [new TypeError('secret'), 'ERR_INTERNAL'],
  ];
  for (const [error, code] of errors) {
    const response = failure(error);
    const text = await response.text();
    assert.deepEqual([response.status, JSON.parse(text).error.code], [500, code]);
    assert.doesNotMatch(text, /secret|\.js/);
  }
  assert.equal(log.mock.callCount(), 2);
});
