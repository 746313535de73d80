// @ts-check
/**
 * Vercel's edge runtime: one script, made as its bundlers make it. They compile what is imported as `?module` before,
 * and hand the module in as a global.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EdgeRuntime } from 'edge-runtime';
import { build } from 'esbuild';
import { versionOf } from '../project.js';

/** @import { Plugin } from 'esbuild' */
/** @import { Check, Context, Report } from '../check.js' */

/** @param {Record<string, string>} found file by global name @returns {Plugin} */
const compiledModules = (found) => ({
  name: 'compiled modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?module', '')),
      namespace: 'module',
    }));
    onLoad({ filter: /.*/, namespace: 'module' }, ({ path }) => {
      const name = `wasm_${Object.keys(found).length}`;
      found[name] = path;
      return { contents: `export default globalThis.${name};`, resolveDir: dirname(path) };
    });
  },
});

/** @param {Context} context @param {string} suite @param {number} modules that must be found */
async function runIn({ project }, suite, modules) {
  /** @type {Record<string, string>} */
  const found = {};
  const { outputFiles } = await build({
    stdin: {
      contents: `import { runSuite } from './${suite}.js';
        addEventListener('fetch', (event) =>
          event.respondWith(runSuite().then((report) => new Response(JSON.stringify(report)))));`,
      resolveDir: project,
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['edge-light', 'worker', 'browser'],
    plugins: [compiledModules(found)],
    logLevel: 'error',
  });
  const files = Object.values(found);
  if (files.length !== modules)
    throw new Error(`expected ${modules} modules in the bundle, got ${files.join(', ') || 'none'}`);
  const compiled = await Promise.all(
    Object.entries(found).map(async ([name, file]) => [name, new WebAssembly.Module(await readFile(file))]),
  );
  const runtime = new EdgeRuntime({
    extend: (globals) => Object.assign(globals, Object.fromEntries(compiled)),
    initialCode: outputFiles[0]?.text ?? '',
  });
  const response = await runtime.dispatchFetch('http://localhost/');
  await response.waitUntil();
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return /** @type {Report} */ (await response.json());
}

/** @param {string} name @param {string} suite @param {number} modules @returns {Check} */
const check = (name, suite, modules) => ({
  runtime: 'edge-runtime',
  name,
  version: () => versionOf('edge-runtime'),
  run: (context) => runIn(context, suite, modules),
});

/** @type {Check[]} */
export const checks = [{ ...check('import', 'suite', 1), ci: 'whole' }, check('js', 'suite-js', 0)];
