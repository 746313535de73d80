// @ts-check
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CenterLossError, ClassStatistics } from 'center-loss';
import { failure } from '../../edge-worker/src/http.js';
import { draw, post } from '../load/delivery.js';
import { AUTHORIZATION, startServer } from '../load/server.js';
import { aheadOf, mark, NOTHING_MERGED, place, WINDOW } from '../src/sequences.js';

const SHAPE = { nClasses: 3, nDim: 2 };
const server = await startServer(SHAPE);
after(() => server.stop());

/** @param {number[]} x @param {number[]} target */
const bodyOf = (x, target) =>
  Buffer.concat([new Uint8Array(new Float32Array(x).buffer), new Uint8Array(new Int32Array(target).buffer)]);
const ROWS = bodyOf([1, 2, 3, 6, -5, 0], [0, 0, 2]);

/** @param {string} batch as FIT/PRODUCER/NUMBER @param {Buffer} [body] @param {import('../load/delivery.js').Break} [how] */
const send = async (batch, body = ROWS, how = {}) =>
  post(new URL(`/fits/${batch.replace('/', '/batches/')}`, await server.url), body, how);
/** @param {string} path @param {string} [method] */
async function call(path, method = 'GET') {
  const response = await fetch(new URL(path, await server.url), { method, headers: AUTHORIZATION });
  return { status: response.status, headers: response.headers, reply: /** @type {any} */ (await response.json()) };
}
/** @param {string} path */
const read = async (path) => (await call(path)).reply;
/** @param {string} fit @param {string} [known] ETags */
async function statisticsOf(fit, known) {
  const headers = { ...AUTHORIZATION, ...(known && { 'if-none-match': known }) };
  const response = await fetch(new URL(`/fits/${fit}/statistics`, await server.url), { headers });
  const file = await response.arrayBuffer();
  const statistics = response.status === 200 ? ClassStatistics.load(file) : undefined;
  const centers = statistics && [...statistics.toCenters().params];
  return { status: response.status, etag: response.headers.get('etag') ?? '', centers, counts: statistics?.counts };
}

describe('a fit', () => {
  test('merges batches, and serves its statistics as versions', async () => {
    assert.deepEqual(await send('a/p/0'), { status: 200, reply: { merged: true, version: 1, rejected: 0 } });
    const one = await statisticsOf('a');
    assert.deepEqual(one.centers, [2, 4, Infinity, Infinity, -5, 0]);
    assert.deepEqual([...(one.counts ?? [])], [2, 0, 1]);
    for (const known of [one.etag, `W/${one.etag}`, `"other", W/${one.etag}`, '*']) {
      assert.equal((await statisticsOf('a', known)).status, 304, known);
    }
    for (const known of ['"other"', one.etag.replace('.1"', '.11"'), one.etag.slice(1, -1), '"*"']) {
      assert.equal((await statisticsOf('a', known)).status, 200, known);
    }

    const second = await send('a/q/0', bodyOf([5, 1, 9, 9, Number.NaN, 0], [0, -1, 1]));
    assert.deepEqual(second.reply, { merged: true, version: 2, rejected: 1 });
    const { status, etag, centers } = await statisticsOf('a', one.etag);
    assert.deepEqual([status, centers], [200, [3, 3, Infinity, Infinity, -5, 0]]);
    assert.deepEqual(await read('/fits/a'), { version: 2, etag, ...SHAPE, rows: 4, rejected: 1, producers: 2 });
  });

  test('takes a batch once, however often and in whatever order it comes', async () => {
    const merged = [];
    for (const number of [3, 1, 1, 0, 3, 2, 0, 2, 3]) merged.push((await send(`b/p/${number}`)).reply.merged);
    assert.deepEqual(merged, [true, true, false, true, false, true, false, false, false]);
    assert.equal((await read('/fits/b')).rows, 12);
    assert.deepEqual(await read('/fits/b/producers/p'), { next: 4, ahead: [] });
  });

  test('takes a batch once that comes 30 times at the same time', async () => {
    const replies = await Promise.all(Array.from({ length: 30 }, () => send('c/p/7')));
    assert.equal(replies.filter(({ reply }) => reply.merged).length, 1);
    assert.ok(replies.every(({ status, reply }) => status === 200 && reply.version === 1));
    assert.equal((await read('/fits/c')).rows, 3);
    assert.deepEqual(await read('/fits/c/producers/p'), { next: 0, ahead: [7] });
  });

  test('shares nothing with another fit, and takes a batch at the end of the window', async () => {
    await send('d/p/0');
    assert.equal((await send('e/p/1023')).reply.merged, true);
    assert.equal((await send('e/p/1024')).status, 409);
    for (const fit of ['d', 'e']) assert.equal((await read(`/fits/${fit}`)).version, 1);
    assert.deepEqual(await read('/fits/nothing/producers/p'), { next: 0, ahead: [] });
  });
});

describe('what ends too early', () => {
  test('a body that is cut off where it looks like a whole batch', async () => {
    // The first 24 bytes are two rows, with the labels of the values 6 and -5.
    const body = bodyOf([1, 2, 3, 4, 0, 0], [0, 0, 0]);
    await assert.rejects(send('g/p/0', body, { cut: 24 }));
    await wait(300);
    assert.equal((await call('/fits/g')).status, 404);
    assert.equal((await send('g/p/0', body)).reply.merged, true);
  });

  test('a worker that dies before the merge, and one that dies after it', async () => {
    await assert.rejects(send('h/p/0', ROWS, { death: 'before the merge' }), /the worker died/);
    assert.equal((await call('/fits/h')).status, 404);
    assert.equal((await send('h/p/0')).reply.merged, true);
    await assert.rejects(send('h/p/1', ROWS, { death: 'after the merge' }), /the worker died/);
    assert.deepEqual(await read('/fits/h/producers/p'), { next: 2, ahead: [] });
    assert.equal((await send('h/p/1')).reply.merged, false);
    assert.equal((await read('/fits/h')).rows, 6);
  });
});

describe('a restart', () => {
  test('forgets nothing, neither what was merged nor which batches were', async () => {
    await send('s/p/0');
    await send('s/p/2');
    const { etag } = await read('/fits/s');
    await server.restart();
    assert.equal((await statisticsOf('s', etag)).status, 304);
    assert.deepEqual(await read('/fits/s/producers/p'), { next: 1, ahead: [2] });
    assert.equal((await send('s/p/2')).reply.merged, false);
    assert.equal((await send('s/p/1')).reply.merged, true);
    assert.equal((await read('/fits/s')).rows, 9);
  });

  test('with another number of classes merges nothing, and with the old number goes on', async () => {
    await send('t/p/0');
    await server.restart({ nClasses: 4, nDim: 2 });
    const { status, reply } = await send('t/p/1');
    assert.deepEqual([status, reply.error.code], [409, 'ERR_FIT']);
    assert.match(reply.error.message, /the fit has 3 classes of 2 dimensions, the batch has 4 classes of 2 dimensions/);
    await server.restart({ nClasses: 100_000, nDim: 512 });
    assert.equal((await call('/')).status, 500);
    await server.restart(SHAPE);
    assert.equal((await read('/')).limits.producers, 10_000);
    assert.deepEqual(await read('/fits/t/producers/p'), { next: 1, ahead: [] });
    assert.equal((await send('t/p/1')).reply.merged, true);
    assert.equal((await read('/fits/t')).rows, 6);
  });

  test('with older code changes no fit of a newer layout, and with newer code reads one of an older layout', async () => {
    await server.restart(SHAPE, [['layout: LAYOUT, partBytes: PART_BYTES', '']]);
    assert.equal((await send('u/p/0')).reply.merged, true);
    await server.restart(SHAPE, [
      ['LAYOUT = 2', 'LAYOUT = 3'],
      ['PART_BYTES = 1e6', 'PART_BYTES = 100'],
    ]);
    assert.equal((await read('/fits/u')).rows, 3);
    assert.equal((await send('u/p/1')).reply.merged, true);
    await server.restart();
    const { status, reply } = await send('u/p/2');
    assert.deepEqual([status, reply.error.code], [503, 'ERR_LAYOUT']);
    assert.match(reply.error.message, /layout 3, this code knows 2/);
    assert.equal((await call('/fits/u/statistics')).status, 503);
    await server.restart(SHAPE, [
      ['LAYOUT = 2', 'LAYOUT = 3'],
      ['PART_BYTES = 1e6', 'PART_BYTES = 200'],
    ]);
    assert.equal((await send('u/p/2')).reply.merged, true);
    assert.deepEqual((await statisticsOf('u')).centers, [2, 4, Infinity, Infinity, -5, 0]);
    assert.equal((await read('/fits/u')).rows, 9);
  });
});

describe('the record of merged batches', () => {
  test('is as a set would be, in any order, each batch twice', () => {
    const known = new Set();
    let merged = NOTHING_MERGED;
    for (let first = 0; first < 3000; first += 300) {
      const block = Array.from({ length: 600 }, (_, i) => ({ number: first + (i % 300), order: draw(first, i) }));
      for (const { number } of block.sort((a, b) => a.order - b.order)) {
        assert.equal(place(merged, number), known.has(number) ? 'merged' : 'new');
        if (!known.has(number)) merged = mark(merged, number);
        known.add(number);
      }
      assert.deepEqual(merged, { next: first + 300, ahead: 0n });
    }
  });

  test('reaches to the end of the window and no further', () => {
    for (const first of [0, 1, 2 ** 40]) {
      let merged = { next: first, ahead: 0n };
      for (let number = first + 1; number < first + WINDOW; number++) merged = mark(merged, number);
      assert.deepEqual([merged.next, aheadOf(merged).length], [first, WINDOW - 1]);
      assert.equal(place(merged, first + WINDOW), 'beyond');
      merged = mark(merged, first);
      assert.deepEqual(merged, { next: first + WINDOW, ahead: 0n });
      assert.equal(place(merged, first + WINDOW), 'new');
    }
  });
});

test('errors of the worker are logged, and the reply has no stack', async (t) => {
  const log = t.mock.method(console, 'error', () => {});
  /** @type {[unknown, string][]} */
  const errors = [
    [Object.assign(new Error('secret'), { retryable: true }), '503 ERR_UNAVAILABLE'],
    [Object.assign(new Error('secret'), { overloaded: true }), '503 ERR_UNAVAILABLE'],
    [Object.assign(new Error('secret'), { durableObjectReset: true }), '503 ERR_UNAVAILABLE'],
    [Object.assign(new Error('secret'), { retryable: false }), '500 ERR_INTERNAL'],
    [new CenterLossError('ERR_OUT_OF_MEMORY', 'no memory'), '500 ERR_OUT_OF_MEMORY'],
    [undefined, '500 ERR_INTERNAL'],
  ];
  for (const [error, code] of errors) {
    const response = failure(error);
    const text = await response.text();
    assert.equal(`${response.status} ${JSON.parse(text).error.code}`, code);
    assert.equal(response.headers.get('retry-after'), response.status === 503 ? '1' : null);
    assert.doesNotMatch(text, /secret|\.js/);
  }
  assert.equal(log.mock.callCount(), errors.length);
});
