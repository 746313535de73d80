// @ts-check
/** Cloudflare's workerd: miniflare runs a worker as wrangler bundles it for deployment. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { run } from '../process.js';
import { TOOLS } from '../project.js';
import { reportIn } from '../server.js';

/** @import { Readable } from 'node:stream' */
/** @import { Check, Context } from '../place.js' */

const COMPATIBILITY_DATE = '2026-04-01';

/**
 * Bundles the worker in a folder as for a deployment, and gives the folder of what would be uploaded.
 * @param {string} worker
 */
export async function bundleWorker(worker) {
  const env = { WRANGLER_SEND_METRICS: 'false', CI: '1' };
  await run([join(TOOLS, '.bin/wrangler'), 'deploy', '--dry-run', '--outdir', 'out'], worker, env);
  return join(worker, 'out');
}

/** Starts what would be uploaded. @param {string} out */
export const startWorkerd = (out) =>
  new Miniflare({
    compatibilityDate: COMPATIBILITY_DATE,
    modules: true,
    modulesRoot: out,
    scriptPath: join(out, 'worker.js'),
    modulesRules: [
      { type: 'CompiledWasm', include: ['**/*.wasm'] },
      { type: 'Data', include: ['**/*.safetensors'] },
    ],
    // The allocator of workerd prints warnings about limits on addresses, which do not matter here.
    handleRuntimeStdio: (/** @type {Readable[]} */ ...streams) => streams.forEach((stream) => void stream.resume()),
  });

/** Gives what wrangler would upload. @param {Context} context @param {string} bundle @param {string} [before] */
async function deployable({ copy }, bundle, before = '') {
  const worker = await copy(`workerd ${bundle}`);
  const text = `${before}
import { runSuite } from './${bundle}';
export default { fetch: async () => Response.json(await runSuite()) };
`;
  await writeFile(join(worker, 'worker.js'), text);
  const config = { name: 'matrix', main: 'worker.js', compatibility_date: COMPATIBILITY_DATE, send_metrics: false };
  await writeFile(join(worker, 'wrangler.json'), JSON.stringify(config));
  return bundleWorker(worker);
}

/** @param {string} bundle @param {string} [before] @returns {Check} */
const suite = (bundle, before) => async (context) => {
  const out = await deployable(context, bundle, before);
  const server = startWorkerd(out);
  try {
    return await reportIn(await server.dispatchFetch('http://localhost/'));
  } finally {
    await server.dispose();
  }
};

/** @type {Check} */
async function dryRun(context) {
  const out = await deployable(context, 'suite.js');
  const [module, ...others] = (await readdir(out)).filter((file) => file.endsWith('.wasm'));
  if (!module || others.length > 0) throw new Error(`expected one .wasm file, got ${[module, ...others].join(', ')}`);
  // The bytes of a module start like this in a bundle that holds them as text.
  const script = await readFile(join(out, 'worker.js'), 'utf8');
  if (script.includes('0061736d01000000')) throw new Error('the script holds the bytes of a module');
  return `${(await readFile(join(out, module))).length} bytes of wasm`;
}

const SLIM = `import module from 'center-loss/center-loss.wasm';
import { initSync } from 'center-loss/slim';
initSync({ module });`;
const checks = { import: suite('suite.js'), slim: suite('suite-slim.js', SLIM), js: suite('suite-js.js') };

export default [
  { name: 'workerd', version: 'workerd', checks, whole: ['import'] },
  { name: 'wrangler', version: 'wrangler', checks: { 'dry run': dryRun } },
];
