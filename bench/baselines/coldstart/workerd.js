// @ts-check
// New isolates in a running workerd, and their first calls, timed by the client: inside, the clock stands still while
// code runs. A worker that starts others from their code makes the isolates, as a platform would.

import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

/** @import { Readable } from 'node:stream' */
/** @typedef {Record<string, { js: string } | { wasm: string }>} Modules  WebAssembly as base64 */

const WARM_CALLS = 9;
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

/** Answers /loss with the program's loss and everything else with nothing. @param {string} program */
const worker = (program) => `
  import firstLoss from './${program}.js';
  export default {
    async fetch({ url }) {
      if (!url.endsWith('/loss')) return Response.json({});
      try {
        return Response.json({ loss: await firstLoss() });
      } catch (error) {
        return new Response(String(error), { status: 500 });
      }
    },
  };`;

/**
 * A program as it is deployed.
 *
 * @param {string} program
 * @param {string} folder  with the program
 * @param {string[]} nodePaths  folders with packages
 */
async function bundle(program, folder, nodePaths) {
  const { outputFiles } = await build({
    stdin: { contents: worker(program), resolveDir: folder },
    bundle: true,
    write: false,
    outdir: folder,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    nodePaths,
    logLevel: 'error',
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
  });
  /** @type {Modules} */
  const modules = {};
  for (const { path, contents, text } of outputFiles) {
    const name = path.slice(folder.length + 1);
    if (name.endsWith('.wasm')) modules[name] = { wasm: Buffer.from(contents).toString('base64') };
    else modules['worker.js'] = { js: text };
  }
  return modules;
}

/** @param {string[]} programs @param {string} folder @param {string[]} nodePaths */
export async function startWorkerd(programs, folder, nodePaths) {
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
  for (const program of programs) {
    const body = JSON.stringify(await bundle(program, folder, nodePaths));
    // workerd may close a kept connection while a large body is on its way.
    const headers = { connection: 'close' };
    const { ok } = await fetch(new URL(`define/${program}`, url), { method: 'POST', headers, body });
    if (!ok) throw new Error(`workerd did not take ${program}`);
  }
  let isolates = 0;
  return {
    stop: () => server.dispose(),
    /** Milliseconds of the first calls of a new isolate, without those of a warm request. @param {string} program */
    async firstLoss(program) {
      const isolate = isolates++;
      const call = async (/** @type {string} */ path) => {
        const before = performance.now();
        const reply = await fetch(new URL(`call/${program}/${isolate}/${path}`, url));
        const text = await reply.text();
        const ms = performance.now() - before;
        if (!reply.ok) throw new Error(text);
        return { ms, loss: Number(JSON.parse(text).loss) };
      };
      const first = await call('nothing');
      const { ms, loss } = await call('loss');
      const warm = [];
      for (let i = 0; i < WARM_CALLS; i++) warm.push((await call('nothing')).ms);
      const request = warm.sort((a, b) => a - b)[WARM_CALLS >> 1] ?? 0;
      return { start: first.ms - request, after: ms - request, both: first.ms + ms - 2 * request, request, loss };
    },
  };
}
