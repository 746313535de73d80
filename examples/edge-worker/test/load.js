// @ts-check
/** Sends well-formed and malformed requests on the same connections, and checks every reply. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from './connection.js';

/** @import { Reply } from './connection.js' */
/** @import { Kind } from './malformed.js' */
/** @typedef {{ bytes: Buffer, check: (reply: Reply) => void }} Good a well-formed request, and what its reply must be */

/** Memory of workerd. A worker that does nothing takes 410 MB after 100,000 requests, and after 50,000 not much less. */
const MAX_MEGABYTES = 640;

const PAUSE_MS = 2;

/**
 * @param {URL} url
 * @param {object} options
 * @param {number} [options.requests] to send
 * @param {number} [options.minutes] to send requests
 * @param {number} options.connections that send at the same time
 * @param {number} options.every how many requests there are for each malformed one
 * @param {(nth: number) => Kind} options.malformed
 * @param {(nth: number, connection: number) => Good} options.wellFormed
 * @returns a summary of replies and of the memory of workerd
 * @throws Error for a reply that is wrong or missing, or if memory grows
 */
export async function load(url, options) {
  const { requests = Infinity, minutes = Infinity, connections, every, malformed, wellFormed } = options;
  const started = Date.now();
  /** @type {Record<string, number>} */
  const statuses = {};
  const problems = /** @type {string[]} */ ([]);
  const megabytes = /** @type {number[]} */ ([]);
  let nth = 0;
  /** @param {number} number of the connection */
  async function client(number) {
    let connection = new Connection(url);
    let before = '';
    while (nth < requests && Date.now() < started + 60_000 * minutes && problems.length < 20) {
      // workerd looks for new bytes when it has nothing else to do, and serves the fastest clients first. Without pauses
      // it may leave a request unread for 5 s, and then closes the connection as idle.
      await wait(PAUSE_MS);
      const mine = nth++;
      if (mine % 5000 === 0) megabytes.push(Math.round(workerd().bytes / 1e6));
      const kind = mine % every === every - 1 ? malformed(Math.floor(mine / every)) : undefined;
      const good = kind ? undefined : wellFormed(mine, number);
      connection.write(kind?.bytes ?? good?.bytes ?? '');
      const [reply] = await Promise.all([connection.receive(), kind?.after?.(connection)]);
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
      try {
        good?.check(reply);
        if (kind?.text) assert.match(reply.text, kind.text);
        if (kind) assert.ok(isRight(kind, reply), `expected ${kind.status}`);
      } catch (error) {
        problems.push(
          `${kind?.name ?? 'well-formed'} after ${before}: ${reply.status} ${reply.text.slice(0, 200)} ${error}`,
        );
      }
      before = kind?.name ?? 'well-formed';
      if (connection.isOpenAfter(reply)) continue;
      connection.destroy();
      connection = new Connection(url);
    }
    connection.destroy();
  }
  await Promise.all(Array.from({ length: connections }, (_, number) => client(number)));
  assert.deepEqual(problems, []);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const summary = `${nth} requests, ${seconds} s, statuses ${JSON.stringify(statuses)}, memory ${megabytes} MB`;
  assert.ok(!(Math.max(...megabytes) > MAX_MEGABYTES), summary);
  return summary;
}

/** @param {Kind} kind @param {Reply} reply */
function isRight({ status: expected, cut = false, after }, { status, text, complete }) {
  if (expected !== undefined) return [expected].flat().includes(status) && complete === !cut;
  if (status === 0) return after !== undefined;
  // No worker sees a request to which the runtime replies in one of these ways.
  return status < 500 || status === 501 || ['Internal Server Error', ''].includes(text);
}

/** Processor time and memory of workerd, the only child of this process, where the system tells them. */
export function workerd() {
  if (process.platform !== 'linux') return { seconds: Number.NaN, bytes: Number.NaN };
  const [pid] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
  // The name of the program, in brackets, may have blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // Ticks of user and system time, 100 a second, and resident pages of 4 KB.
  return { seconds: (Number(fields[11]) + Number(fields[12])) / 100, bytes: 4096 * Number(fields[21]) };
}
