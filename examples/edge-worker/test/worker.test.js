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

/** What the package says here, outside of workerd. @param {number[]} row */
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
    assert.ok(known / rows.length > 0.93, `${known} of ${rows.length} known`);
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

  test('a body that says it is too large', async () => {
    const { status, error } = await postBytes(new Uint8Array(65536 + 8));
    assert.deepEqual([status, error.code], [413, 'ERR_TOO_LARGE']);
    assert.match(error.message, /65536 bytes/);
  });

  test('a body without a length that does not end', async () => {
    // Raw, since a client library would read the answer only after it has sent all. No last chunk ever comes.
    const reply = await new Promise((resolve, reject) => {
      const socket = connect(Number(worker.url.port), worker.url.hostname);
      let text = '';
      socket.on('error', reject);
      socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
      socket.on('data', (data) => {
        text += data;
        if (!text.includes('}}')) return;
        resolve(text);
        socket.destroy();
      });
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n');
      socket.write('Transfer-Encoding: chunked\r\n\r\n');
      for (let chunk = 0; chunk < 5; chunk++) socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`);
    });
    assert.match(reply, /^HTTP\/1.1 413 /);
    assert.match(reply, /"code":"ERR_TOO_LARGE"/);
  });

  test('other types, methods and paths', async () => {
    const wrong = await postBytes('1,2', 'text/csv');
    assert.deepEqual([wrong.status, wrong.error.code], [415, 'ERR_TYPE']);
    assert.match(wrong.error.message, /application\/json or application\/octet-stream, got text\/csv/);
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
