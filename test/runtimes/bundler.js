// @ts-check
/** The checks of every bundler. Its output runs in Chromium. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NO_WASM, visit } from './browser.js';
import { chromium } from './browsers/chromium.js';
import { FALL_BACK, suiteProgram } from './program.js';
import { serve } from './server.js';

/** @import { Check, Place } from './place.js' */
/** @import { Options } from './program.js' */

/** @param {string} script that the page runs */
export const scriptPage = (script) =>
  `<!doctype html><title>matrix</title><script type="module" src="/${script}"></script>`;

/** The least that a program does with the package. */
const SMALL = `import { CenterLoss } from 'center-loss';
globalThis.result = new CenterLoss(3, 2).evaluate([1, 2], [0]);`;

/**
 * @param {string} name @param {string} version the package whose version it is
 * @param {(folder: string, entry: string) => Promise<string>} bundle bundles a file of a folder into `out/` there, as a
 * user would, with no setting for WebAssembly; gives the script that a page loads
 * @param {Options} [slim] how a program names the file of the module, where the bundler has a way
 * @returns {Place}
 */
export function bundlerPlace(name, version, bundle, slim) {
  /** @param {Options} options @param {Record<string, string>} [headers] @returns {Check} */
  const suite = (options, headers) => async (context) => {
    const folder = await context.copy(`${name} ${options.suite ?? ''}${headers ? 'forbidden' : ''}`);
    await writeFile(join(folder, 'page.js'), suiteProgram('post', options));
    const script = await bundle(folder, 'page.js');
    return visit(chromium, await serve(join(folder, 'out'), scriptPage(script), headers));
  };
  /** @type {Check} */
  const size = async (context) => {
    const folder = await context.copy(`${name} small`);
    await writeFile(join(folder, 'small.js'), SMALL);
    await bundle(folder, 'small.js');
    const files = (await readdir(join(folder, 'out'), { recursive: true })).filter((file) => file.endsWith('.js'));
    const scripts = await Promise.all(files.map((file) => readFile(join(folder, 'out', file))));
    return `${(gzipSync(Buffer.concat(scripts), { level: 9 }).length / 1000).toFixed(1)} KB`;
  };
  /** @type {Place['checks']} */
  const checks = {
    import: suite({}),
    js: suite({ suite: 'suite-js.js' }),
    fallback: suite({ imports: FALL_BACK }, NO_WASM),
    'small program': size,
  };
  if (slim) checks.slim = suite({ suite: 'suite-slim.js', ...slim });
  return { name, version, checks, fullOnly: ['js'] };
}
