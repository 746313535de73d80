// @ts-check
/** Producer's side: a batch is sent, through faults, until a reply says that it was merged. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { AUTHORIZATION } from './server.js';

/** @import { Server } from './server.js' */

/**
 * @typedef {object} Break
 * @property {number} [cut] the connection ends after this many bytes of the body
 * @property {number} [end] or this many milliseconds after all of it
 * @property {'before the merge' | 'after the merge'} [death] the worker dies
 */

/** @typedef {{ requests: number, bytes: number, known: number, failed: number, faults: Record<string, number> }} Tally */

/** Draws a number in [0, 1) that depends on nothing but the key, so each run has the same faults. @param {unknown[]} key */
export const draw = (...key) => createHash('sha256').update(key.join()).digest().readUInt32LE() / 2 ** 32;

/** Share of all attempts that have a fault; each fault is as likely as the others. */
const FAULT_SHARE = 0.32;

/**
 * Sends a batch with a fault; `at`, from 0 to 1, says where. The result is whether the producer knows that it was merged.
 * @type {[string, (send: (how?: Break) => Promise<boolean>, at: number, bytes: number) => Promise<boolean>][]}
 */
const FAULTS = [
  ['request lost', async () => false],
  ['reply lost', async (send) => (await send()) && false],
  ['sent twice at once', async (send) => (await Promise.all([send(), send()])).includes(true)],
  ['cut off in the body', (send, at, bytes) => send({ cut: Math.floor(at * bytes) })],
  // A delivery takes about 12 ms.
  ['broken off after the body', (send, at) => send({ end: 12 * at })],
  ['worker dies before the merge', (send) => send({ death: 'before the merge' })],
  ['worker dies after the merge', (send) => send({ death: 'after the merge' })],
];

const MAX_ATTEMPTS = 60;

/** @param {Server} server @param {string} path @param {Buffer} body @param {Tally} tally @param {boolean} faulty */
export async function deliver(server, path, body, tally, faulty) {
  const send = (/** @type {Break | undefined} */ how) => attempt(server, path, body, tally, how);
  for (let nth = 0; nth < MAX_ATTEMPTS; nth++) {
    const [fault, sendWith] = FAULTS[Math.floor((draw('fault', path, nth) / FAULT_SHARE) * FAULTS.length)] ?? [];
    if (faulty && fault && sendWith) {
      tally.faults[fault] = (tally.faults[fault] ?? 0) + 1;
      if (await sendWith(send, draw('at', path, nth), body.length)) return;
    } else if (await send(undefined)) return;
    tally.failed++;
    await wait(Math.min(10 * 2 ** nth, 500));
  }
  throw new Error(`${path} was not merged in ${MAX_ATTEMPTS} attempts`);
}

/** @param {Server} server @param {string} path @param {Buffer} body @param {Tally} tally @param {Break} [how] */
async function attempt(server, path, body, tally, how) {
  const url = new URL(path, await server.url);
  tally.requests++;
  tally.bytes += how?.cut ?? body.length;
  const { status, reply } = await post(url, body, how).catch(() => ({ status: 0, reply: undefined }));
  // Another attempt helps without a connection or an object, and if earlier batches are still on their way.
  if (status === 0 || status === 503 || reply.error?.code === 'ERR_AHEAD') return false;
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(reply)}`);
  if (!reply.merged) tally.known++;
  return true;
}

/**
 * Posts a body on a connection that can be broken at any byte.
 * @param {URL} url @param {Buffer} body @param {Break} [how] @returns {Promise<{ status: number, reply: any }>}
 */
export function post(url, body, { cut, end, death } = {}) {
  const headers = {
    ...AUTHORIZATION,
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    ...(death && { 'x-dies': death }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, timeout: 20_000 }, (response) => {
      // The runtime replies in place of a dead worker.
      if (death) reject(new Error('the worker died'));
      json(response).then((reply) => resolve({ status: response.statusCode ?? 0, reply }), reject);
    });
    const breakOff = () => sent.destroy(new Error('broken off'));
    sent.on('error', reject);
    sent.on('timeout', breakOff);
    if (cut !== undefined) sent.write(body.subarray(0, cut), () => setTimeout(breakOff, 1));
    else sent.end(body, () => end !== undefined && setTimeout(breakOff, end));
  });
}
