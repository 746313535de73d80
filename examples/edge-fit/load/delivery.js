// @ts-check
/** Delivers a batch as a producer must: again and again, until a reply says that it was merged. */
import { setTimeout as wait } from 'node:timers/promises';
import { faultOf } from './faults.js';
import { post } from './post.js';

/** @import { Fault } from './faults.js' */
/** @import { Server } from './server.js' */

/**
 * @typedef {object} Tally
 * @property {number} requests that were sent
 * @property {number} bytes of their bodies
 * @property {number} folded bytes of the statistics, of all replies
 * @property {number} merged replies that say so
 * @property {number} known replies that say that the batch was there already
 * @property {number} failed deliveries without such a reply
 * @property {Record<string, number>} faults
 */

/** @returns {Tally} */
export const newTally = () => ({ requests: 0, bytes: 0, folded: 0, merged: 0, known: 0, failed: 0, faults: {} });

const MOST_ATTEMPTS = 60;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;

/** @typedef {{ nth: number, path: string, body: Buffer }} Parcel */

/** @param {Server} server @param {Parcel} parcel @param {Tally} tally @param {boolean} faulty */
export async function deliver(server, parcel, tally, faulty) {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const { fault, at, end } = faulty ? faultOf(parcel.nth, attempt) : { fault: 'none', at: 0, end: 0 };
    if (fault !== 'none') tally.faults[fault] = (tally.faults[fault] ?? 0) + 1;
    if (await attemptWith(server, parcel, tally, /** @type {Fault} */ (fault), at, end)) return;
    tally.failed++;
    await wait(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));
  }
  throw new Error(`${parcel.path} was not merged in ${MOST_ATTEMPTS} attempts`);
}

/**
 * @param {Server} server @param {Parcel} parcel @param {Tally} tally
 * @param {Fault} fault @param {number} at @param {number} end @returns {Promise<boolean>} whether it is known to be merged
 */
async function attemptWith(server, parcel, tally, fault, at, end) {
  switch (fault) {
    case 'none':
      return send(server, parcel, tally);
    case 'request lost':
      return false;
    case 'reply lost':
      await send(server, parcel, tally);
      return false;
    case 'twice at once':
      return (await Promise.all([send(server, parcel, tally), send(server, parcel, tally)])).includes(true);
    case 'cut off':
      return send(server, parcel, tally, { cut: Math.floor(at * parcel.body.length) });
    case 'broken off':
      return send(server, parcel, tally, { end });
    case 'worker dies before the merge':
      return send(server, parcel, tally, { death: 'before' });
    case 'worker dies after it':
      return send(server, parcel, tally, { death: 'after' });
  }
}

/** @param {Server} server @param {Parcel} parcel @param {Tally} tally @param {import('./post.js').Breaking} [breaking] */
async function send(server, { path, body }, tally, breaking) {
  const url = new URL(path, await server.url);
  tally.requests++;
  tally.bytes += breaking?.cut ?? body.length;
  const { status, reply } = await post(url, body, breaking).catch(() => ({ status: 0, reply: undefined }));
  // Without a connection or an object a retry helps. Any other error is one of this program.
  if (status === 0 || status === 503) return false;
  // Other batches of this producer are on their way and must come first.
  if (status === 409 && reply.error?.code === 'ERR_AHEAD') return false;
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(reply)}`);
  tally.folded += reply.folded;
  if (reply.merged) tally.merged++;
  else tally.known++;
  return true;
}
