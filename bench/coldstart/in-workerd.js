// @ts-check
/**
 * New isolates in a workerd that runs, and their first calls, from the side of the client: inside, the clock stands
 * still while code runs. A worker that starts others from their code makes the isolates, as a platform would.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

/** @import { Readable } from 'node:stream' */
/** @import { Figures } from './rounds.js' */
/** @typedef {Record<string, { js: string } | { wasm: string }>} Modules WebAssembly as base64 */

const WARM = 9;
const COMPATIBILITY = '2026-04-01';

const HOST = `
  const code = new Map();
  const decode = ({ js, wasm }) => js ? { js } : { wasm: Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)).buffer };
  export default {
    async fetch(request, { LOADER }) {
      const [, what, name, isolate, call] = new URL(request.url).pathname.split('/');
      if (what === 'define') {
        const given = Object.entries(await request.json());
        code.set(name, Object.fromEntries(given.map(([path, module]) => [path, decode(module)])));
        return new Response();
      }
      const made = LOADER.get(name + isolate, () => ({
        compatibilityDate: '${COMPATIBILITY}', mainModule: 'worker.js', modules: code.get(name), globalOutbound: null,
      }));
      return made.getEntrypoint().fetch('http://worker/' + call);
    },
  };`;

/** A worker as it is deployed. @param {string} entry @param {string[]} nodePaths where packages are found @returns {Promise<Modules>} */
export async function bundle(entry, nodePaths) {
  /** @type {Map<string, string>} */
  const files = new Map();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    nodePaths,
    logLevel: 'error',
    plugins: [
      {
        name: 'wasm files',
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            const name = basename(path);
            const file = path.startsWith('.') ? join(resolveDir, path) : createRequire(entry).resolve(path);
            files.set(name, join(dirname(file), name));
            return { path: name, external: true };
          });
        },
      },
    ],
  });
  /** @type {Modules} */
  const modules = { 'worker.js': { js: outputFiles[0]?.text ?? '' } };
  for (const [name, file] of files) modules[name] = { wasm: await readFile(file, 'base64') };
  return modules;
}

/** @param {Record<string, Modules>} workers */
export async function startWorkerd(workers) {
  const server = new Miniflare({
    compatibilityDate: COMPATIBILITY,
    modules: [{ type: 'ESModule', path: 'host.js', contents: HOST }],
    workerLoaders: { LOADER: {} },
    handleRuntimeStdio: (/** @type {Readable} */ stdout, /** @type {Readable} */ stderr) => {
      stdout.resume();
      stderr.resume();
    },
  });
  const url = await server.ready;
  for (const [name, modules] of Object.entries(workers)) {
    const { ok } = await fetch(new URL(`define/${name}`, url), { method: 'POST', body: JSON.stringify(modules) });
    if (!ok) throw new Error(`workerd did not take ${name}`);
  }
  let isolates = 0;
  return {
    stop: () => server.dispose(),
    /** @param {string} name @returns {Promise<Figures>} */
    async firstCallOf(name) {
      const isolate = isolates++;
      const call = async (/** @type {string} */ path) => {
        const before = performance.now();
        const reply = await fetch(new URL(`call/${name}/${isolate}/${path}`, url));
        const text = await reply.text();
        const ms = performance.now() - before;
        if (!reply.ok) throw new Error(text);
        return { ms, loss: Number(JSON.parse(text).loss) };
      };
      const first = await call('nothing');
      const { ms, loss } = await call('loss');
      const warm = [];
      for (let i = 0; i < WARM; i++) warm.push((await call('nothing')).ms);
      const request = warm.sort((a, b) => a - b)[WARM >> 1] ?? 0;
      return { start: first.ms - request, call: ms - request, ms: first.ms + ms - 2 * request, request, loss };
    },
  };
}
