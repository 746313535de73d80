// @ts-check
/** A worker as `wrangler deploy` would deploy it, in workerd. */
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';

/**
 * Bundles a worker.
 * @param {string} home folder of wrangler.jsonc @param {string} out folder of the bundle @param {string} main its entry
 * @returns options of Miniflare: those of wrangler.jsonc
 */
export async function bundle(home, out, main = 'src/worker.js') {
  await promisify(execFile)('npx', ['wrangler', 'deploy', main, '--dry-run', '--outdir', out], { cwd: home });
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(home, 'wrangler.jsonc'));
  return { ...workerOptions, modules: true, modulesRoot: out, scriptPath: join(out, basename(main)) };
}
