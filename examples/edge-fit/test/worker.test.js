// @ts-check
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ClassStatistics } from 'center-loss';
import { closeConnections, post } from '../load/post.js';
import { contentsOf, readJson, readStatistics } from '../load/reader.js';
import { Server } from '../load/server.js';

/** @import { Breaking } from '../load/post.js' */

const SHAPE = { nClasses: 3, nDim: 2 };
const FOLDED = new ClassStatistics(3, 2).save().length;

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start(SHAPE);
});
after(async () => {
  closeConnections();
  await server.stop();
});

/** @param {number[]} x @param {number[]} target */
function bodyOf(x, target) {
  return Buffer.concat([new Uint8Array(new Float32Array(x).buffer), new Uint8Array(new Int32Array(target).buffer)]);
}
const ROWS = bodyOf([1, 2, 3, 6, -5, 0], [0, 0, 2]);

/** @param {string} path @param {Buffer} [body] @param {Breaking} [breaking] */
const send = async (path, body = ROWS, breaking = {}) => post(new URL(path, await server.url), body, breaking);
/** @param {string} path */
const read = async (path) => readJson(await server.url, path);
/** @param {string} path @param {RequestInit} [init] */
async function call(path, init) {
  const response = await fetch(new URL(path, await server.url), init);
  return { status: response.status, headers: response.headers, reply: /** @type {any} */ (await response.json()) };
}

describe('a fit', () => {
  test('merges batches, and serves their centers as versions', async () => {
    const missing = await call('/fits/a/statistics');
    assert.deepEqual([missing.status, missing.reply.error.code], [404, 'ERR_NOT_FOUND']);

    const first = await send('/fits/a/batches/p/0');
    assert.deepEqual(first, { status: 200, reply: { merged: true, version: 1, rows: 3, rejected: 0, folded: FOLDED } });
    const one = await readStatistics(await server.url, 'a');
    assert.deepEqual([...contentsOf(one.file).params], [2, 4, Infinity, Infinity, -5, 0]);
    assert.deepEqual([...contentsOf(one.file).counts], [2, 0, 1]);
    assert.equal((await readStatistics(await server.url, 'a', one.etag)).status, 304);
    assert.equal((await readStatistics(await server.url, 'a', `"other", W/${one.etag}`)).status, 304);
    assert.equal((await readStatistics(await server.url, 'a', '"other"')).status, 200);

    const second = await send('/fits/a/batches/q/0', bodyOf([5, 1, 9, 9, Number.NaN, 0], [0, -1, 1]));
    assert.deepEqual(second.reply, { merged: true, version: 2, rows: 3, rejected: 1, folded: FOLDED });
    const two = await readStatistics(await server.url, 'a', one.etag);
    assert.equal(two.status, 200);
    assert.notEqual(two.etag, one.etag);
    assert.deepEqual([...contentsOf(two.file).params], [3, 3, Infinity, Infinity, -5, 0]);
    const { etag } = two;
    assert.deepEqual(await read('/fits/a'), { version: 2, etag, ...SHAPE, rows: 4, rejected: 1, producers: 2 });
  });

  test('takes a batch once, however often and in whatever order it comes', async () => {
    const paths = [3, 1, 1, 0, 3, 2, 0, 2, 3].map((sequence) => `/fits/b/batches/p/${sequence}`);
    const merged = [];
    for (const path of paths) merged.push((await send(path)).reply.merged);
    assert.deepEqual(merged, [true, true, false, true, false, true, false, false, false]);
    assert.equal((await read('/fits/b')).rows, 12);
    assert.deepEqual(await read('/fits/b/producers/p'), { next: 4, ahead: [] });
  });

  test('takes a batch once that comes 30 times at the same time', async () => {
    const replies = await Promise.all(Array.from({ length: 30 }, () => send('/fits/c/batches/p/7')));
    assert.equal(replies.filter(({ reply }) => reply.merged).length, 1);
    assert.ok(replies.every(({ status, reply }) => status === 200 && reply.version === 1));
    assert.equal((await read('/fits/c')).rows, 3);
    assert.deepEqual(await read('/fits/c/producers/p'), { next: 0, ahead: [7] });
  });

  test('is no other fit', async () => {
    await send('/fits/d/batches/p/0');
    await send('/fits/e/batches/p/0');
    assert.equal((await read('/fits/d')).version, 1);
    assert.deepEqual(await read('/fits/nothing/producers/p'), { next: 0, ahead: [] });
    assert.equal((await call('/fits/nothing')).status, 404);
  });

  test('refuses a batch too far ahead, and is as it was', async () => {
    const far = await send('/fits/f/batches/p/1024');
    assert.deepEqual([far.status, far.reply.error.code], [409, 'ERR_AHEAD']);
    assert.match(far.reply.error.message, /batch 1024 is .* 1024 after batch 0, which is missing/);
    assert.equal((await call('/fits/f')).status, 404);
    assert.equal((await send('/fits/f/batches/p/1023')).status, 200);
    assert.equal((await send('/fits/f/batches/p/1024')).status, 409);
    assert.equal((await read('/fits/f')).version, 1);
  });
});

describe('what ends too early', () => {
  test('a body that is cut off where a row ends, so that it would be a batch', async () => {
    // The first 24 bytes are two rows, with the labels of the values 6 and -5.
    const body = bodyOf([1, 2, 3, 4, 0, 0], [0, 0, 0]);
    await assert.rejects(send('/fits/g/batches/p/0', body, { cut: 24 }));
    await wait(300);
    assert.equal((await call('/fits/g')).status, 404);
    assert.equal((await send('/fits/g/batches/p/0', body)).reply.merged, true);
  });

  test('a worker that dies before the merge, and one that dies after it', async () => {
    await assert.rejects(send('/fits/h/batches/p/0', ROWS, { death: 'before' }), /the worker died/);
    assert.equal((await call('/fits/h')).status, 404);
    assert.equal((await send('/fits/h/batches/p/0')).reply.merged, true);
    await assert.rejects(send('/fits/h/batches/p/1', ROWS, { death: 'after' }), /the worker died/);
    assert.deepEqual(await read('/fits/h/producers/p'), { next: 2, ahead: [] });
    assert.equal((await send('/fits/h/batches/p/1')).reply.merged, false);
    assert.equal((await read('/fits/h')).rows, 6);
  });
});

describe('refuses', () => {
  /** @type {[string, Buffer, number, string, RegExp][]} */
  const bodies = [
    ['an empty body', Buffer.alloc(0), 422, 'ERR_SHAPE', /no row/],
    [
      'half a row',
      Buffer.alloc(18),
      422,
      'ERR_SHAPE',
      /18 bytes are not a multiple of 12, a row of 2 float32 and its label/,
    ],
    ['too many rows', Buffer.alloc(12 * 65_537), 422, 'ERR_SHAPE', /65537 rows, but a batch may have 65536/],
    ['a class that is none', bodyOf([1, 2, 3, 4], [0, 3]), 422, 'ERR_LABEL', /3/],
  ];
  for (const [name, body, status, code, message] of bodies) {
    test(name, async () => {
      const { status: got, reply } = await send('/fits/r/batches/p/0', body);
      assert.deepEqual([got, reply.error?.code], [status, code]);
      assert.match(reply.error.message, message);
      assert.equal((await call('/fits/r')).status, 404);
    });
  }

  /**
   * Raw, since a client library would read the answer only after it has sent all.
   * @param {string} header @param {string} body
   */
  async function replyTo(header, body) {
    const { port, hostname } = await server.url;
    const socket = connect(Number(port), hostname);
    // The rest of the body fails when the reply comes first.
    socket.on('error', () => {});
    socket.setTimeout(10_000, () => socket.destroy());
    socket.write('POST /fits/r/batches/p/0 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n');
    socket.write(`${header}\r\n\r\n${body}`);
    /** @type {string} */
    const reply = await new Promise((resolve, reject) => {
      let text = '';
      socket.on('data', (data) => {
        text += data;
        if (isWhole(text)) resolve(text);
      });
      socket.on('close', () => reject(new Error(`the connection ended after "${text}"`)));
    });
    socket.destroy();
    return reply;
  }

  /** The head may come before the body. @param {string} reply */
  function isWhole(reply) {
    const [head = '', body] = reply.split('\r\n\r\n');
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    return body !== undefined && body.length >= Number(length);
  }

  test('a body that says it is too large, before any of it came', async () => {
    const reply = await replyTo('Content-Length: 8388620', '');
    assert.match(reply, /^HTTP\/1.1 413 .*ERR_TOO_LARGE.*8388620 bytes, but a request may have 8388608/s);
  });

  test('a body without a length that does not end', async () => {
    // No last chunk ever comes.
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
    assert.match(await replyTo('Transfer-Encoding: chunked', chunk.repeat(9)), /^HTTP\/1.1 413 /);
  });

  /** @type {[string, string, number, string, RegExp][]} */
  const requests = [
    ['GET', '/admin', 404, 'ERR_NOT_FOUND', /nothing at "\/admin"/],
    ['GET', '/fits/a/other', 404, 'ERR_NOT_FOUND', /nothing at/],
    ['POST', '/fits/a/batches/p', 404, 'ERR_NOT_FOUND', /nothing at/],
    ['GET', '/fits/a/statistics/p/0/more', 404, 'ERR_NOT_FOUND', /nothing at/],
    ['GET', `/${'x'.repeat(4000)}`, 404, 'ERR_NOT_FOUND', /^.{60,100}$/],
    ['POST', '/fits/a/statistics', 405, 'ERR_METHOD', /POST is not GET/],
    ['PUT', '/fits/a/batches/p/0', 405, 'ERR_METHOD', /PUT is not POST/],
    ['POST', '/fits/a/batches/p/01', 400, 'ERR_NAME', /got "01"/],
    ['POST', '/fits/a/batches/p/-1', 400, 'ERR_NAME', /got "-1"/],
    ['POST', '/fits/a/batches/p/1e3', 400, 'ERR_NAME', /got "1e3"/],
    ['POST', `/fits/a/batches/p/${'9'.repeat(16)}`, 400, 'ERR_NAME', /number of a batch/],
    ['POST', '/fits/a/batches/p%20q/0', 400, 'ERR_NAME', /a producer is named by/],
    ['GET', `/fits/${'a'.repeat(65)}`, 400, 'ERR_NAME', /a fit is named by/],
    ['GET', '/fits/', 400, 'ERR_NAME', /got ""/],
  ];
  for (const [method, path, status, code, message] of requests) {
    test(`${method} ${path.slice(0, 40)}`, async () => {
      const { status: got, reply, headers } = await call(path, { method });
      assert.deepEqual([got, reply.error?.code], [status, code]);
      assert.match(reply.error.message, message);
      if (status === 405) assert.match(headers.get('allow') ?? '', /GET|POST/);
    });
  }

  test('another content type', async () => {
    const { status, reply } = await call('/fits/a/batches/p/9', { method: 'POST', body: '1,2' });
    assert.deepEqual([status, reply.error.code], [415, 'ERR_TYPE']);
    assert.match(reply.error.message, /must be application\/octet-stream, got "text\/plain"/);
  });
});

describe('a restart', () => {
  test('forgets nothing, neither what was merged nor what was seen', async () => {
    await send('/fits/s/batches/p/0');
    await send('/fits/s/batches/p/2');
    const { etag } = await read('/fits/s');
    await server.restart();
    assert.equal((await readStatistics(await server.url, 's', etag)).status, 304);
    assert.deepEqual(await read('/fits/s/producers/p'), { next: 1, ahead: [2] });
    assert.equal((await send('/fits/s/batches/p/2')).reply.merged, false);
    assert.equal((await send('/fits/s/batches/p/1')).reply.merged, true);
    assert.equal((await read('/fits/s')).rows, 9);
  });

  test('with another number of classes merges nothing, and is right again when that is', async () => {
    await send('/fits/t/batches/p/0');
    await server.restart({ nClasses: 4, nDim: 2 });
    const { status, reply } = await send('/fits/t/batches/p/1');
    assert.deepEqual([status, reply.error.code], [409, 'ERR_FIT']);
    assert.match(
      reply.error.message,
      /the fit is of 3 classes of 2 dimensions, the batch of 4 classes of 2 dimensions/,
    );
    await server.restart({ nClasses: 100_000, nDim: 512 });
    assert.deepEqual((await call('/')).status, 500);
    await server.restart(SHAPE);
    assert.deepEqual((await call('/')).reply.limits.producers, 10_000);
    // The transaction took back that the batch was seen.
    assert.deepEqual(await read('/fits/t/producers/p'), { next: 1, ahead: [] });
    assert.equal((await send('/fits/t/batches/p/1')).reply.merged, true);
    assert.equal((await read('/fits/t')).rows, 6);
  });
});
