// @ts-check
/** The deployment of wrangler in workerd, with workers that can die, over a database on disk that outlives them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Miniflare } from 'miniflare';

/** @import { Readable } from 'node:stream' */
/** @typedef {{ nClasses: number, nDim: number }} Shape */
/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

const HOME = fileURLToPath(new URL('..', import.meta.url));

/** @param {Shape} shape */
export async function startServer(shape) {
  const folder = await mkdtemp(join(tmpdir(), 'edge-fit-'));
  const out = join(folder, 'out');
  const deploy = ['wrangler', 'deploy', 'load/mortal-worker.js', '--dry-run', '--outdir', out];
  await promisify(execFile)('npx', deploy, { cwd: HOME });

  const start = () =>
    new Miniflare({
      compatibilityDate: '2026-04-01',
      modules: true,
      modulesRoot: out,
      scriptPath: join(out, 'mortal-worker.js'),
      modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
      bindings: { N_CLASSES: shape.nClasses, N_DIM: shape.nDim },
      durableObjects: { FITS: { className: 'FitObject', useSQLite: true } },
      durableObjectsPersist: join(folder, 'objects'),
      // workerd reports each connection that breaks off. Without this line, a failing test shows what it says.
      handleRuntimeStdio: (/** @type {Readable[]} */ ...outputs) => outputs.forEach((output) => void output.resume()),
    });
  let miniflare = start();

  const server = {
    /** Address of the process, another one after a restart. */
    url: miniflare.ready,
    restarts: 0,
    /** Kills the process, whatever it is at, and starts another over the same database. */
    async restart(newShape = shape) {
      server.restarts++;
      // Deliveries wait for the new address meanwhile.
      server.url = server.url.then(async () => {
        await miniflare.dispose();
        shape = newShape;
        miniflare = start();
        return miniflare.ready;
      });
      await server.url;
    },
    async stop() {
      await miniflare.dispose();
      await rm(folder, { recursive: true });
    },
  };
  await server.url;
  return server;
}
