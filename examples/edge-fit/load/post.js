// @ts-check
/** A delivery, on a connection that can be broken at any byte. */
import { Agent, request } from 'node:http';

/** Header that `mortal-worker.js` reads; only workerd can import that file. */
const DEATH_HEADER = 'x-dies';

const PATIENCE_MS = 20_000;

/**
 * @typedef {object} Breaking
 * @property {number} [cut] the connection ends after as many bytes of the body
 * @property {number} [end] or as many milliseconds after all of it
 * @property {'before' | 'after'} [death] the worker dies before the object merges the batch, or after that
 */

/** The connections of one address: those to a process that was killed are of no use to the next. */
/** @type {Map<string, Agent>} */
const agents = new Map();

/** @param {URL} url */
function agentOf({ host }) {
  const agent = agents.get(host) ?? new Agent({ keepAlive: true });
  agents.set(host, agent);
  return agent;
}

export function closeConnections() {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
}

/**
 * @param {URL} url @param {Buffer} body @param {Breaking} [breaking]
 * @returns {Promise<{ status: number, reply: any }>} @throws Error for a connection that ended before the reply did
 */
export function post(url, body, { cut, end, death } = {}) {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      ...(death && { [DEATH_HEADER]: death }),
    };
    const sent = request(url, { method: 'POST', headers, agent: agentOf(url), timeout: PATIENCE_MS });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`no reply within ${PATIENCE_MS} ms`)));
    sent.on('response', (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        // Here the runtime speaks, not the worker.
        if (death !== undefined) return reject(new Error('the worker died'));
        try {
          resolve({ status: response.statusCode ?? 0, reply: JSON.parse(Buffer.concat(chunks).toString()) });
        } catch (error) {
          reject(error);
        }
      });
    });
    const breakOff = () => sent.destroy(new Error('broken off'));
    if (cut !== undefined) {
      sent.write(body.subarray(0, cut), () => setTimeout(breakOff, 1));
    } else {
      sent.end(body, () => {
        if (end !== undefined) setTimeout(breakOff, end);
      });
    }
  });
}
