// @ts-check
/** Vercel's edge runtime. It runs one script, and its bundlers compile each `?module` and pass it in as a global. */
import { readFile } from 'node:fs/promises';
import { EdgeRuntime } from 'edge-runtime';
import { build } from 'esbuild';
import { reportIn } from '../server.js';

/** @import { Plugin } from 'esbuild' */
/** @import { Check } from '../place.js' */

/** @param {Record<string, WebAssembly.Module>} found modules by the name of their global @returns {Plugin} */
const compiledModules = (found) => ({
  name: 'compiled modules',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, async ({ path, suffix }) => {
      if (suffix !== '?module') return undefined;
      const name = `wasm_${Object.keys(found).length}`;
      found[name] = new WebAssembly.Module(await readFile(path));
      return { contents: `export default globalThis.${name};` };
    });
  },
});

/** @param {string} bundle @param {number} modules number of modules that the bundle must import @returns {Check} */
const suite = (bundle, modules) => async (context) => {
  /** @type {Record<string, WebAssembly.Module>} */
  const found = {};
  const contents = `import { runSuite } from './${bundle}';
      addEventListener('fetch', (event) =>
        event.respondWith(runSuite().then((report) => new Response(JSON.stringify(report)))));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: context.project },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    conditions: ['edge-light', 'worker', 'browser'],
    plugins: [compiledModules(found)],
    logLevel: 'error',
  });
  const count = Object.keys(found).length;
  if (count !== modules) throw new Error(`expected ${modules} modules in the bundle, got ${count}`);
  const initialCode = outputFiles[0]?.text ?? '';
  const runtime = new EdgeRuntime({ extend: (globals) => Object.assign(globals, found), initialCode });
  return reportIn(await runtime.dispatchFetch('http://localhost/'));
};

const checks = { import: suite('suite.js', 1), js: suite('suite-js.js', 0) };
export default [{ name: 'edge-runtime', version: 'edge-runtime', checks, whole: ['import'] }];
