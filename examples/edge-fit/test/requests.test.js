// @ts-check
// Malformed requests among batches, on the same connections. LOAD=100000 sends as many requests.
// FUZZ=15 SEED=7 changes requests for 15 minutes.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ClassStatistics } from 'center-loss';
import { changed } from '../../edge-worker/test/fuzz.js';
import { load } from '../../edge-worker/test/load.js';
import { inTurn, kindsOf, request } from '../../edge-worker/test/malformed.js';
import { AUTHORIZATION, startServer } from '../load/server.js';

/** @import { Reply } from '../../edge-worker/test/connection.js' */

const requests = Number(process.env.LOAD ?? 5000);
const [minutes, seed] = [Number(process.env.FUZZ ?? 0.05), Number(process.env.SEED ?? 1)];
const SHAPE = { nClasses: 3, nDim: 2 };
const token = `authorization: ${AUTHORIZATION.authorization}`;
const headers = [token, 'content-type: application/octet-stream'];

/** @param {number[]} x @param {number[]} target */
const bodyOf = (x, target) =>
  Buffer.concat([new Uint8Array(new Float32Array(x).buffer), new Uint8Array(new Int32Array(target).buffer)]);
const ROWS = bodyOf([1, 2, 3, 6, -5, 0], [0, 0, 2]);
const post = 'POST /fits/refused/batches/p/0';

/** Method and path of requests, their bodies, and the status and text of each. @type {[string, string | Buffer | undefined, number, RegExp][]} */
const refused = [
  [post, '', 422, /ERR_SHAPE.*no row/],
  [post, Buffer.alloc(18), 422, /ERR_SHAPE.*18 bytes are not a multiple of 12, a row/],
  [post, Buffer.alloc(12 * 65_537), 422, /ERR_SHAPE.*65537 rows; the limit is 65536/],
  [post, bodyOf([1, 2], [3]), 422, /ERR_LABEL.*3/],
  ['POST /fits/refused/batches/p/1024', ROWS, 409, /ERR_AHEAD.*1024 or more after batch 0, which is missing/],
  ['POST /fits/refused/batches/p/01', ROWS, 400, /ERR_NAME.*got \\"01/],
  ['POST /fits/refused/batches/p/1e3', ROWS, 400, /ERR_NAME.*got \\"1e3/],
  ['POST /fits/refused/batches/p/-1', ROWS, 400, /ERR_NAME.*number of a batch/],
  [`POST /fits/refused/batches/p/${10 ** 15}`, ROWS, 400, /ERR_NAME.*number of a batch/],
  ['POST /fits/refused/batches/p%20q/0', ROWS, 400, /ERR_NAME.*got \\"p%20q/],
  ['POST /fits/refused/batches/p', ROWS, 404, /ERR_NOT_FOUND.*nothing at/],
  ['POST /fits/refused/batches/p/0/more', ROWS, 404, /ERR_NOT_FOUND.*nothing at/],
  ['POST /', ROWS, 405, /ERR_METHOD.*POST is not GET/],
  ['POST /fits/refused/statistics', ROWS, 405, /ERR_METHOD.*POST is not GET/],
  ['GET /admin', undefined, 404, /ERR_NOT_FOUND.*nothing at \\"\/admin/],
  ['GET /fits/%zz', undefined, 400, /ERR_NAME/],
  [`GET /${'x'.repeat(4000)}`, undefined, 404, /^.{60,140}$/],
  ['GET /fits/refused', undefined, 404, /ERR_NOT_FOUND.*no batch yet/],
  ['GET /fits/refused/statistics', ROWS, 404, /ERR_NOT_FOUND.*no batch yet/],
  ['GET /fits/', undefined, 400, /ERR_NAME.*got \\"/],
  [`GET /fits/${'a'.repeat(65)}`, undefined, 400, /ERR_NAME.*name of a fit or producer/],
];

const server = await startServer(SHAPE);
after(() => server.stop());
/** Statistics of all batches, as one machine makes them. */
const all = new ClassStatistics(SHAPE.nClasses, SHAPE.nDim);
const versions = new Set();
/** Number of batches of each producer, which is a connection. @type {number[]} */
const sent = [];

/** @param {number} nth @param {number} producer */
function wellFormed(nth, producer) {
  const number = sent[producer] ?? 0;
  if (nth % 4 === 3) {
    const progress = JSON.stringify({ next: number, ahead: [] });
    return {
      bytes: request(`GET /fits/load/producers/${producer}`, [token]),
      check: (/** @type {Reply} */ { status, text }) => assert.deepEqual([status, text], [200, progress]),
    };
  }
  const [x, target] = [
    [nth, -nth, nth % 7, Number.NaN, 3, number],
    [nth % 3, 1, -1],
  ];
  all.add(new Float32Array(x), new Int32Array(target));
  sent[producer] = number + 1;
  return {
    bytes: request(`POST /fits/load/batches/${producer}/${number}`, headers, bodyOf(x, target)),
    check: (/** @type {Reply} */ { status, text }) => {
      const { version, ...reply } = JSON.parse(text);
      assert.deepEqual([status, reply], [200, { merged: true, rejected: 1 }]);
      versions.add(version);
    },
  };
}

const kinds = [
  ...kindsOf({ post, headers, token, limit: 8 * 1024 * 1024, ms: 1000 }),
  ...refused.map(([line, body, status, text]) => ({ name: line, status, text, bytes: request(line, headers, body) })),
  { name: 'no type', status: 415, text: /ERR_TYPE.*got \\"/, bytes: request(post, [token], ROWS) },
  { name: 'type', status: 415, text: /ERR_TYPE/, bytes: request(post, [token, 'content-type: text/plain'], ROWS) },
];

test(`${requests} requests, malformed in ${kinds.length} ways: none is lost, none gets a wrong answer, and the memory stays level`, async (t) => {
  const url = await server.url;
  t.diagnostic(await load(url, { requests, connections: 64, every: 10, malformed: inTurn(kinds), wellFormed }));
  const { status } = await fetch(new URL('/fits/refused', url), { headers: AUTHORIZATION });
  assert.equal(status, 404, 'refused requests change nothing');
});

test('random changes of malformed requests', async (t) => {
  const malformed = changed(kinds, seed, post, headers);
  t.diagnostic(await load(await server.url, { minutes, connections: 16, every: 2, malformed, wellFormed }));
});

test('the fit has each batch once, and nothing else', async () => {
  const batches = sent.reduce((sum, count) => sum + count, 0);
  assert.equal(versions.size, batches);
  const url = new URL('/fits/load/statistics', await server.url);
  const fit = ClassStatistics.load(await (await fetch(url, { headers: AUTHORIZATION })).arrayBuffer());
  assert.deepEqual([fit.counts, fit.rejected], [all.counts, batches]);
  const scale = 1e-6 * batches; // of the values
  fit.means.forEach((mean, i) => void assert.ok(Math.abs(mean - (all.means[i] ?? NaN)) < scale, `mean ${i}`));
});
