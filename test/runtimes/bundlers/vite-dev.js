// @ts-check
/** Vite's development server, which bundles what a page imports from packages at its first visit. */
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { createServer } from 'vite';
import { chromium } from '../browsers/chromium.js';
import { versionOf } from '../project.js';
import { copyOf } from './checks.js';

/** @import { Check, Context, Report } from '../check.js' */

const LIMIT = 120_000;

/** @param {Context} context @param {string} program @returns {Promise<Report>} */
async function run(context, program) {
  const folder = await copyOf(context, `vite dev ${program}`);
  const html = `<!doctype html><title>matrix</title><script type="module" src="/${program}"></script>`;
  await writeFile(`${folder}/index.html`, html);
  /** @type {(report: any) => void} */
  let reported = () => {};
  const report = new Promise((resolve, reject) => {
    reported = resolve;
    setTimeout(() => reject(new Error(`the page reported nothing within ${LIMIT / 1000} s`)), LIMIT).unref();
  });
  const server = await createServer({
    root: folder,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
    plugins: [
      {
        name: 'report',
        configureServer: ({ middlewares }) => {
          middlewares.use(async (request, response, next) => {
            if (request.method !== 'POST' || request.url !== '/report') return next();
            const body = await text(request);
            response.writeHead(204).end();
            reported(JSON.parse(body));
          });
        },
      },
    ],
  });
  try {
    await server.listen();
    const close = await chromium.open(server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0] ?? '');
    try {
      const found = await report;
      if (found.error) throw new Error(found.error);
      return found;
    } finally {
      await close();
    }
  } finally {
    await server.close();
  }
}

/** @type {Check[]} */
export const checks = [
  { runtime: 'Vite dev', name: 'import', version: () => versionOf('vite'), run: (context) => run(context, 'page.js') },
];
