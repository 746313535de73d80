// @ts-check
// Malformed requests among well-formed ones, on the same connections.
// LOAD=100000 sends as many requests. FUZZ=15 SEED=7 changes requests for 15 minutes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OpenSetClassifier } from 'center-loss';
import { Miniflare } from 'miniflare';
import { changed } from './fuzz.js';
import { load } from './load.js';
import { chunked, inTurn, kindsOf, request } from './malformed.js';
import { bundle } from './server.js';

/** @import { Reply } from './connection.js' */

const requests = Number(process.env.LOAD ?? 5000);
const [minutes, seed] = [Number(process.env.FUZZ ?? 0.05), Number(process.env.SEED ?? 1)];
const ms = 1000;
const token = 'authorization: Bearer secret';
const headers = [token, 'content-type: application/json'];
const post = 'POST /';

/** Bodies, the status of each, and the text of the reply. @type {[string, number, string | Buffer, RegExp?][]} */
const bodies = [
  ['no body', 400, '', /ERR_JSON.*the body is not/],
  ['JSON that breaks off', 400, '{"rows": [[1, 2]'],
  ['single quotes', 400, "{'rows': [[1, 2]]}"],
  ['comma at the end', 400, '{"rows": [[1, 2],]}'],
  ['NaN', 400, '{"rows": [[NaN, 0]]}'],
  ['Infinity', 400, '{"rows": [[Infinity, 0]]}'],
  ['two documents', 400, '{"rows": [[1, 2]]} {}'],
  ['control character', 400, '{"rows": "\x01"}'],
  ['invalid UTF-8', 400, Buffer.from('{"rows": [[1, 2]], "x": "\xff"}', 'latin1')],
  ['UTF-16', 400, Buffer.from('{"rows": [[1, 2]]}', 'utf16le')],
  ['deep, not closed', 400, '['.repeat(60_000)],
  ['null', 400, 'null', /ERR_JSON.*null/],
  ['a number', 422, '1'],
  ['an array', 422, '[[1, 2]]'],
  ['no rows', 422, '{}', /ERR_SHAPE.*Undefined/],
  ['rows null', 422, '{"rows": null}'],
  ['rows a text', 422, '{"rows": "1, 2"}'],
  ['rows an object', 422, '{"rows": {"0": [1, 2], "length": 1}}'],
  ['deep', 422, `{"rows": ${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ['a row too short', 422, '{"rows": [[1, 2], [1]]}'],
  ['a row too long', 422, '{"rows": [[1, 2, 3]]}'],
  ['a long row', 422, `{"rows": [[${'1,'.repeat(20_000)}1]]}`],
  ['null in a row', 422, '{"rows": [[1, null]]}', /null/],
  ['text in a row', 422, '{"rows": [[1, "2"]]}', /2/],
  ['truth in a row', 422, '{"rows": [[true, 2]]}'],
  ['an object in a row', 422, '{"rows": [[1, {}]]}'],
  ['a row in a row', 422, '{"rows": [[[1], 2]]}'],
  ['rows twice, the last wrong', 422, '{"rows": [[1, 2]], "rows": [[1]]}'],
  ['rows of the prototype', 422, '{"__proto__": {"rows": [[1, 2]]}}'],
];

const out = mkdtempSync(join(tmpdir(), 'edge-worker-'));
const options = await bundle(fileURLToPath(new URL('..', import.meta.url)), out);
const worker = new Miniflare({
  ...options,
  bindings: { TOKEN: 'secret', BODY_MS: ms },
  ratelimits: { RATE_LIMIT: { simple: { limit: 1e9, period: 60 } } },
  // workerd logs each malformed request.
  handleRuntimeStdio: (...outputs) => outputs.forEach((output) => void output.resume()),
});
after(async () => {
  await worker.dispose();
  rmSync(out, { recursive: true });
});

const classifier = OpenSetClassifier.load(readFileSync(new URL('../src/digits.safetensors', import.meta.url)));
/** @param {number} nth */
function wellFormed(nth) {
  const rows = Array.from({ length: 1 + (nth % 20) }, (_, row) => [Math.sin(nth + row) * 4, Math.cos(nth * row) * 4]);
  const body = JSON.stringify({ rows });
  const { names, scores } = classifier.classify(rows);
  const expected = JSON.stringify(Array.from(names, (name, i) => ({ name, score: scores[i] })));
  const inChunks = () => Buffer.concat([request(post, [...headers, 'transfer-encoding: chunked']), chunked(body)]);
  return {
    bytes: nth % 3 === 0 ? inChunks() : request(post, headers, body),
    check: (/** @type {Reply} */ { status, text }) => assert.deepEqual([status, text], [200, expected]),
  };
}

const kinds = [
  ...kindsOf({ post, headers, token, limit: 64 * 1024, ms }),
  ...bodies.map(([name, status, body, text]) => ({ name, status, text, bytes: request(post, headers, body) })),
];

test(`${requests} requests, malformed in ${kinds.length} ways: none is lost, none gets a wrong answer, and the memory stays level`, async (t) => {
  t.diagnostic(
    await load(await worker.ready, { requests, connections: 64, every: 10, malformed: inTurn(kinds), wellFormed }),
  );
});

test('random changes of malformed requests', async (t) => {
  const malformed = changed(kinds, seed, post, headers);
  t.diagnostic(await load(await worker.ready, { minutes, connections: 16, every: 2, malformed, wellFormed }));
});
