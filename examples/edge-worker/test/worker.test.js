// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ClassCenters } from 'center-loss';
import { startWorker } from './server.js';

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const model = readJson('../src/model.json');
/** Real digits that the network never saw. @type {{ labels: number[], values: number[] }} */
const digits = readJson('embeddings.json');
const rows = digits.labels.map((_, row) => digits.values.slice(row * model.nDim, (row + 1) * model.nDim));
const FAR = [1e4, -1e4];

const centers = new ClassCenters(model.nClasses, model.nDim);
centers.params.set(model.params);

/** Classifies one row here, outside of workerd. @param {number[]} row */
function expected(row) {
  const nearest = centers.predict(row)[0] ?? -1;
  const distance = centers.distances(row)[nearest] ?? Number.NaN;
  return { class: nearest, distance, known: distance <= model.threshold };
}

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
before(async () => {
  worker = await startWorker();
});
after(() => worker.stop());

/** @param {RequestInit} init @param {string} [path] */
async function call(init, path = '/') {
  const response = await fetch(new URL(path, worker.url), init);
  const reply = /** @type {any} */ (await response.json());
  return { status: response.status, headers: response.headers, reply, error: reply.error };
}

/** @param {unknown} body */
const postJson = (body) =>
  call({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
/** @param {BodyInit} body @param {string} [type] */
const postBytes = (body, type = 'application/octet-stream') =>
  call(/** @type {RequestInit} */ ({ method: 'POST', headers: { 'content-type': type }, body, duplex: 'half' }));

/**
 * Raw, since a client library would read the answer only after it has sent all.
 * @param {string} header lines @param {string} [body] @returns {Promise<string>} the reply, once it is whole
 */
function postRaw(header, body = '') {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(worker.url.port), worker.url.hostname);
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
    socket.write(
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n${header}\r\n${body}`,
    );
  });
}

describe('what would be deployed', () => {
  test('holds the module as one file, and no bytes in the script', () => {
    assert.equal(worker.files.filter((file) => file.endsWith('.wasm')).length, 1);
    assert.ok(!worker.script.includes('AGFzbQEAAA'));
  });
});

describe('answers', () => {
  test('GET tells the model and the limits', async () => {
    const { status, reply } = await call({});
    assert.equal(status, 200);
    const { nClasses, nDim, threshold } = model;
    assert.deepEqual(reply, { nClasses, nDim, threshold, limits: { bytes: 65536, rows: 256 } });
  });

  test('one embedding as JSON', async () => {
    const { status, reply } = await postJson({ embedding: rows[0] });
    assert.equal(status, 200);
    assert.deepEqual(reply, { results: [expected(rows[0] ?? [])] });
  });

  test('many embeddings, as JSON and as float32, just as the package says in Node', async () => {
    const due = { results: rows.map(expected) };
    assert.deepEqual((await postJson({ embeddings: rows })).reply, due);
    assert.deepEqual((await postBytes(new Float32Array(digits.values))).reply, due);
  });

  test('real digits are known and right, far ones are unknown', async () => {
    const { results } = (await postJson({ embeddings: rows })).reply;
    const right = digits.labels.filter((label, row) => results[row].class === label).length;
    const known = results.filter((/** @type {{ known: boolean }} */ { known }) => known).length;
    assert.ok(right / rows.length > 0.93, `${right} of ${rows.length} right`);
    // The threshold was made so that 95 % of the training digits are within it.
    assert.ok(known / rows.length > 0.93, `${known} of ${rows.length} known`);
    assert.ok(known < rows.length, 'no digit is too far off: the threshold says nothing');
    assert.equal((await postJson({ embedding: FAR })).reply.results[0].known, false);
  });

  test('a distance that float32 can not hold has no class', async () => {
    const { reply } = await postJson({ embedding: [3e38, -3e38] });
    assert.deepEqual(reply.results, [{ class: null, distance: null, known: false }]);
  });

  test('300 requests at once get each their own', async () => {
    await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const some = rows.slice(i % 50, (i % 50) + 1 + (i % 7));
        const { reply } = i % 2 ? await postJson({ embeddings: some }) : await postBytes(new Float32Array(some.flat()));
        assert.deepEqual(reply, { results: some.map(expected) });
      }),
    );
  });

  test('bodies that come in pieces, all at once, cut within a number, get each their own', async () => {
    const parts = 40;
    let started = 0;
    /** @type {() => void} */
    let open = () => {};
    const allStarted = new Promise((resolve) => {
      open = () => resolve(undefined);
    });
    await Promise.all(
      Array.from({ length: parts }, async (_, i) => {
        const row = rows[i] ?? [];
        const bytes = new Uint8Array(new Float32Array(row).buffer);
        async function* pieces() {
          yield bytes.subarray(0, 3);
          started++;
          if (started === parts) open();
          await allStarted;
          yield bytes.subarray(3);
        }
        const { reply } = await postBytes(/** @type {any} */ (pieces()));
        assert.deepEqual(reply, { results: [expected(row)] });
      }),
    );
  });

  test('as many rows as the limit says', async () => {
    const { status, reply } = await postBytes(new Float32Array(2 * 256));
    assert.deepEqual([status, reply.results.length], [200, 256]);
  });
});

describe('refuses', () => {
  /** @type {[string, unknown, number, string, RegExp][]} */
  const bodies = [
    ['no embedding', {}, 422, 'ERR_SHAPE', /must be \{"embedding"/],
    ['both kinds', { embedding: [1, 2], embeddings: [[1, 2]] }, 422, 'ERR_SHAPE', /must be \{"embedding"/],
    ['null', null, 422, 'ERR_SHAPE', /must be \{"embedding"/],
    ['a number', 7, 422, 'ERR_SHAPE', /must be \{"embedding"/],
    ['an empty list', { embeddings: [] }, 422, 'ERR_SHAPE', /no embedding/],
    ['an embedding too short', { embedding: [1] }, 422, 'ERR_SHAPE', /embedding 0 has 1 values, but nDim is 2/],
    [
      'one too long among others',
      {
        embeddings: [
          [1, 2],
          [1, 2, 3],
        ],
      },
      422,
      'ERR_SHAPE',
      /embedding 1 has 3 values/,
    ],
    ['a string', { embedding: 'abc' }, 422, 'ERR_SHAPE', /embedding 0 must be an array/],
    ['a value that is no number', { embedding: [1, '2'] }, 422, 'ERR_SHAPE', /embedding 0, value 1 is "2"/],
    ['a hole', { embedding: [null, 1] }, 422, 'ERR_SHAPE', /value 0 is null/],
    [
      'more than float32 holds',
      {
        embeddings: [
          [1, 2],
          [1e39, 0],
        ],
      },
      422,
      'ERR_SHAPE',
      /embedding 1, value 0 is Infinity/,
    ],
    ['too many rows', { embeddings: Array(257).fill([1, 2]) }, 422, 'ERR_SHAPE', /257 embeddings, .* 256/],
  ];
  for (const [name, body, status, code, message] of bodies) {
    test(`JSON with ${name}`, async () => {
      const { status: got, error } = await postJson(body);
      assert.deepEqual([got, error?.code], [status, code]);
      assert.match(error.message, message);
    });
  }

  test('what is no JSON', async () => {
    for (const body of ['{"embedding": [1, 2', '', '\u0000', new Uint8Array([0xff, 0xfe])]) {
      const { status, error } = await postBytes(body, 'application/json; charset=utf-8');
      assert.deepEqual([status, error.code], [400, 'ERR_JSON']);
      assert.doesNotMatch(error.message, /at .*\.js/);
    }
  });

  test('bytes that are no whole embeddings, or none', async () => {
    for (const [length, message] of /** @type {[number, RegExp][]} */ ([
      [7, /7 bytes are not a multiple of 8/],
      [4, /4 bytes are not a multiple of 8/],
      [0, /no embedding/],
    ])) {
      const { status, error } = await postBytes(new Uint8Array(length));
      assert.deepEqual([status, error.code], [422, 'ERR_SHAPE']);
      assert.match(error.message, message);
    }
  });

  test('values that are not finite, as bytes', async () => {
    const { status, error } = await postBytes(new Float32Array([1, 2, 3, Number.NaN]));
    assert.deepEqual([status, error.code], [422, 'ERR_SHAPE']);
    assert.match(error.message, /embedding 1, value 1 is NaN/);
  });

  test('a body as large as the limit for its rows alone, and one larger', async () => {
    const most = await postBytes(new Uint8Array(65536));
    assert.deepEqual([most.status, most.error.code], [422, 'ERR_SHAPE']);
    assert.match(most.error.message, /8192 embeddings, .* 256/);
    const larger = await postBytes(new Uint8Array(65536 + 8));
    assert.deepEqual([larger.status, larger.error.code], [413, 'ERR_TOO_LARGE']);
  });

  test('a body that says it is too large, before any of it came', async () => {
    const reply = await postRaw('Content-Length: 65537\r\n');
    assert.match(reply, /^HTTP\/1.1 413 /);
    assert.match(reply, /the body has 65537 bytes, but a request may have 65536/);
  });

  test('without sending back what is long or deep', async () => {
    const long = 'x'.repeat(60_000);
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    for (const body of [`{"embedding":["${long}",1]}`, `{"embedding":[${deep},1]}`]) {
      const { status, error } = await postBytes(body, 'application/json');
      assert.deepEqual([status, error.code], [422, 'ERR_SHAPE']);
      assert.ok(error.message.length < 120, `${error.message.length} characters`);
    }
    const { error } = await call({}, `/${long.slice(0, 4000)}`);
    assert.ok(error.message.length < 120, `${error.message.length} characters`);
  });

  test('a body without a length that does not end', async () => {
    // No last chunk ever comes.
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const reply = await postRaw('Transfer-Encoding: chunked\r\n', chunk.repeat(5));
    assert.match(reply, /^HTTP\/1.1 413 /);
    assert.match(reply, /"code":"ERR_TOO_LARGE","message":"the body has at least \d+ bytes/);
  });

  test('other types, methods and paths', async () => {
    const wrong = await postBytes('1,2', 'text/csv');
    assert.deepEqual([wrong.status, wrong.error.code], [415, 'ERR_TYPE']);
    assert.match(wrong.error.message, /application\/json or application\/octet-stream, got "text\/csv"/);
    const method = await call({ method: 'PUT', body: '{}' });
    assert.deepEqual([method.status, method.error.code, method.headers.get('allow')], [405, 'ERR_METHOD', 'GET, POST']);
    const path = await call({}, '/admin');
    assert.deepEqual([path.status, path.error.code], [404, 'ERR_NOT_FOUND']);
    assert.match(path.error.message, /\/admin/);
  });

  test('and goes on answering', async () => {
    assert.deepEqual((await postJson({ embedding: rows[1] })).reply.results, [expected(rows[1] ?? [])]);
  });
});
