// @ts-check
/** Serves a page and files on this machine, and receives what the page reports. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** @type {Record<string, string>} */
const TYPES = { '': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const LIMIT = 3 * 60_000;

/** @param {string} root folder of the files @param {string} [page] at / @param {Record<string, string>} [headers] */
export async function serve(root, page = '', headers = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST') {
      server.emit('report', await json(request));
      response.writeHead(204).end();
      return;
    }
    const body = pathname === '/' ? page : await readFile(join(root, pathname)).catch(() => undefined);
    const type = TYPES[extname(pathname)] ?? 'application/octet-stream';
    response.setHeaders(new Headers({ ...headers, 'content-type': type, 'cache-control': 'no-store' }));
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  const reported = once(server, 'report');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    // Browsers trust this name as much as https, which isolation needs.
    origin: `http://localhost:${port}`,
    /** Waits for what the page posts. @returns {Promise<any>} */
    async report() {
      const late = sleep(LIMIT, undefined, { ref: false }).then(() => {
        throw new Error(`the page reported nothing within ${LIMIT / 1000} s`);
      });
      return (await Promise.race([reported, late]))[0];
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @param {Pick<Response, 'ok' | 'status' | 'text' | 'json'>} response @returns {Promise<any>} */
export async function reportIn(response) {
  if (response.ok) return response.json();
  throw new Error(`${response.status}: ${(await response.text()).slice(0, 1000)}`);
}
