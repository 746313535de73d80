// @ts-check
/** The worker as wrangler would deploy it, in workerd. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Miniflare } from 'miniflare';

/** @import { Readable } from 'node:stream' */

const HERE = fileURLToPath(new URL('..', import.meta.url));

export async function startWorker() {
  const out = await mkdtemp(join(tmpdir(), 'edge-worker-'));
  const wrangler = join(HERE, 'node_modules/wrangler/bin/wrangler.js');
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', out], {
    cwd: HERE,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
  const { compatibility_date: compatibilityDate } = JSON.parse(await readFile(join(HERE, 'wrangler.jsonc'), 'utf8'));
  const server = new Miniflare({
    compatibilityDate,
    modules: true,
    modulesRoot: out,
    scriptPath: join(out, 'worker.js'),
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
    handleRuntimeStdio: (/** @type {Readable} */ stdout, /** @type {Readable} */ stderr) => {
      stdout.resume();
      stderr.resume();
    },
  });
  return {
    url: await server.ready,
    files: await readdir(out),
    script: await readFile(join(out, 'worker.js'), 'utf8'),
    async stop() {
      await server.dispose();
      await rm(out, { recursive: true });
    },
  };
}
