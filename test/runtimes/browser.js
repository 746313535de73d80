// @ts-check
/** The checks of every browser. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { lazily, Unavailable } from './process.js';
import { BLOCKED, FALL_BACK, program, suiteProgram } from './program.js';
import { serve } from './server.js';

/** @import { Check, Context, Place } from './place.js' */
/** @import { Options } from './program.js' */

/** `open` opens a page and gives the function that closes it. */
/** @typedef {{ version: () => Promise<string>, open: (url: string) => Promise<() => Promise<unknown>> }} Browser */

/** @param {() => Promise<any>} launch launches a browser by Playwright or Puppeteer @returns {Browser} */
export function driven(launch) {
  const browser = lazily(launch);
  return {
    version: async () => (await (await browser()).version()).replace(/^.*\//, ''),
    open: async (url) => {
      const page = await (await browser()).newPage();
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      return () => page.close();
    },
  };
}

/**
 * Opens a page and gives what it reports to the server.
 * @param {Browser} browser @param {Awaited<ReturnType<typeof serve>>} server @param {string} [url]
 */
export async function visit(browser, server, url = server.origin) {
  const close = await browser.open(url);
  try {
    return await server.report();
  } finally {
    await close();
    server.close();
  }
}

const NONCE = 'matrix';
const DIST = '/node_modules/center-loss/dist';
const IMPORTS = Object.entries({
  'center-loss': 'index',
  'center-loss/js': 'js',
  'center-loss/js-engine': 'js-engine',
  'center-loss/slim': 'slim',
  'center-loss/pool': 'pool',
});
const IMPORT_MAP = { imports: Object.fromEntries(IMPORTS.map(([name, file]) => [name, `${DIST}/${file}.js`])) };

/** @param {string} script */
const page = (script) => `<!doctype html><title>matrix</title>
<script type="importmap" nonce="${NONCE}">${JSON.stringify(IMPORT_MAP)}</script>
<script type="module" nonce="${NONCE}">${script}</script>`;

const SCRIPTS = `default-src 'self'; script-src 'self' 'nonce-${NONCE}'`;
/** A policy that forbids WebAssembly. */
export const NO_WASM = { 'content-security-policy': SCRIPTS };
const WASM = { 'content-security-policy': `${SCRIPTS} 'wasm-unsafe-eval'; worker-src blob:` };
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Starts a worker and returns what it posts. @param {string} type @param {string} [then] */
const startWorker = (type, then = '') => `return new Promise((resolve, reject) => {
  const worker = new Worker('/worker.js', { type: '${type}' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message || 'the worker could not be loaded'));
  ${then}
});`;

const SHARE_ROWS = `
if (typeof SharedArrayBuffer === 'undefined') return { missing: true, isolated: crossOriginIsolated };
const x = new Float32Array(new SharedArrayBuffer(4 * 8 * 33));
for (let i = 0; i < x.length; i++) x[i] = Math.sin(i);
const target = new Int32Array(new SharedArrayBuffer(4 * 33));
for (let i = 0; i < target.length; i++) target[i] = (i % 11) - 1;
${startWorker('module', 'worker.postMessage({ x, target });')}`;

/** A worker that compares the results of shared rows with those of a copy. */
const COMPARE_ROWS = `import { CenterLoss } from 'center-loss';
addEventListener('message', ({ data: { x, target } }) => {
  const [shared, copied] = [[x, target], [x.slice(), target.slice()]].map(([x, target]) => {
    const loss = new CenterLoss(10, 8, { seed: 1 });
    const { loss: value, gradX, gradCenters } = loss.gradients(x, target);
    return JSON.stringify([value, gradX, gradCenters, loss.centers.predict(x)]);
  });
  postMessage({ shared: x.buffer instanceof SharedArrayBuffer, equal: shared === copied, length: shared.length });
});`;

/** @param {string} name @param {Browser} browser @returns {Place} */
export function browserPlace(name, browser) {
  /** @param {Context} context @param {string} script @param {Record<string, string>} [headers] */
  const report = async ({ project }, script, headers) => visit(browser, await serve(project, page(script), headers));
  /** @param {Options} options @param {Record<string, string>} [headers] @returns {Check} */
  const suite = (options, headers) => (context) => report(context, suiteProgram('post', options), headers);
  // Workers know no import map, so theirs is a bundle.
  /** @param {Context} context @param {string} contents @param {'esm' | 'iife'} format */
  const bundleWorker = ({ project }, contents, format) =>
    build({ stdin: { contents, resolveDir: project }, outfile: join(project, 'worker.js'), bundle: true, format });
  /** @param {'module' | 'classic'} type @returns {Check} */
  const worker = (type) => async (context) => {
    // Firefox at times stops a worker that starts workers.
    const script = suiteProgram('message', { without: ['pool/classifier-pool'] });
    await bundleWorker(context, script, type === 'module' ? 'esm' : 'iife');
    return report(context, program('post', startWorker(type)));
  };
  const slim = `const { init } = await import('center-loss/slim');\nawait init(fetch('${DIST}/center-loss.wasm'));`;
  /** @type {Place['checks']} */
  const checks = {
    import: suite({}),
    slim: suite({ suite: 'suite-slim.js', before: slim }),
    js: suite({ suite: 'suite-js.js' }),
    blocked: suite({ suite: 'suite-js.js', before: BLOCKED }, NO_WASM),
    fallback: suite({ imports: FALL_BACK }, NO_WASM),
    CSP: suite({}, WASM),
    'module worker': worker('module'),
    worker: worker('classic'),
    'shared memory': async (context) => {
      await bundleWorker(context, COMPARE_ROWS, 'esm');
      const seen = await report(context, program('post', SHARE_ROWS), ISOLATED);
      if (seen.missing) throw new Unavailable(`no SharedArrayBuffer here, isolated: ${seen.isolated}`);
      if (seen.shared && seen.equal && seen.length > 1000) return 'equal';
      throw new Error(`the results of shared rows are not those of a copy: ${JSON.stringify(seen)}`);
    },
  };
  return { name, version: browser.version, checks, whole: ['import'] };
}
