// @ts-check
/** Vite: its build, and its development server, which bundles what a page imports from packages at the first visit. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { visit } from '../browser.js';
import { chromium } from '../browsers/chromium.js';
import { bundlerPlace, scriptPage } from '../bundler.js';
import { suiteProgram } from '../program.js';
import { serve } from '../server.js';

/** @import { Check, Place } from '../place.js' */

/** Builds the page of a folder into `out/` there. @param {string} root */
export async function buildPage(root) {
  const { build } = await import('vite');
  return build({ root, logLevel: 'error', build: { outDir: 'out' } });
}

/** @param {string} folder @param {string} entry */
async function bundle(folder, entry) {
  await writeFile(join(folder, 'index.html'), scriptPage(entry));
  const result = await buildPage(folder);
  const { output } = /** @type {{ output: { isEntry?: boolean, fileName: string }[] }} */ (result);
  return output.find(({ isEntry }) => isEntry)?.fileName ?? '';
}

const SLIM = {
  imports: "import url from 'center-loss/center-loss.wasm?url';\nimport { init } from 'center-loss/slim';",
  before: 'await init(url);',
};

/** @type {Check} */
async function develop({ copy }) {
  const { createServer } = await import('vite');
  const root = await copy('vite dev');
  await writeFile(join(root, 'page.js'), suiteProgram('post'));
  await writeFile(join(root, 'index.html'), scriptPage('page.js'));
  const reports = await serve(root);
  const settings = { host: '127.0.0.1', port: 0, proxy: { '/report': reports.origin } };
  const server = await createServer({ root, logLevel: 'error', server: settings });
  try {
    await server.listen();
    return await visit(chromium, reports, server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0]);
  } finally {
    await server.close();
  }
}

/** @type {Place[]} */
export default [
  { name: 'Vite dev', version: 'vite', checks: { import: develop } },
  { ...bundlerPlace('Vite build', 'vite', bundle, SLIM), whole: ['import'] },
];
