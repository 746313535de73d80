// @ts-check
/** Pages and files on 127.0.0.1, and what the pages report back. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @import { AddressInfo } from 'node:net' */

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript'],
  ['.mjs', 'text/javascript'],
  ['.css', 'text/css'],
  ['.wasm', 'application/wasm'],
]);
const LIMIT = 3 * 60_000;

/**
 * @param {string} root folder of the files
 * @param {{ pages?: Record<string, string>, headers?: Record<string, string> }} [options] pages by path, and headers of
 * every answer
 */
export async function serve(root, { pages = {}, headers = {} } = {}) {
  /** @type {(report: any) => void} */
  let resolve = () => {};
  const reported = new Promise((done) => {
    resolve = done;
  });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST' && pathname === '/report') {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        response.writeHead(204).end();
        resolve(JSON.parse(body));
      });
      return;
    }
    const page = pages[pathname];
    const path = join(root, normalize(pathname));
    const found = page !== undefined || (existsSync(path) && statSync(path).isFile());
    const type = page === undefined ? (TYPES.get(extname(path)) ?? 'application/octet-stream') : TYPES.get('.html');
    response.writeHead(found ? 200 : 404, { ...headers, 'content-type': type, 'cache-control': 'no-store' });
    if (!found) response.end();
    else if (page !== undefined) response.end(page);
    else createReadStream(path).pipe(response);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  return {
    // A name that browsers trust as much as https, so that isolation works.
    origin: `http://localhost:${/** @type {AddressInfo} */ (server.address()).port}`,
    /** What a page posted to /report. */
    async report() {
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the page reported nothing within ${LIMIT / 1000} s`)), LIMIT);
      });
      try {
        const report = await Promise.race([reported, late]);
        if ('error' in report) throw new Error(report.error);
        return report;
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
