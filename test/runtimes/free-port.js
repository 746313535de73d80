// @ts-check
import { createServer } from 'node:net';

/** @import { AddressInfo } from 'node:net' */

/** A port that nobody listens on, as yet. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  const { port } = /** @type {AddressInfo} */ (server.address());
  await new Promise((closed) => server.close(closed));
  return port;
}
