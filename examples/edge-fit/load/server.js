// @ts-check
/** The deployment of wrangler in workerd, with workers that can die, over a database on disk that outlives them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { bundle } from '../../edge-worker/test/server.js';

/** @import { Readable } from 'node:stream' */
/** @typedef {{ nClasses: number, nDim: number }} Shape */
/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

/** Header that each request needs. */
export const AUTHORIZATION = { authorization: 'Bearer secret' };

/**
 * Folder for databases, in memory where the system has one: while the sync of a busy disk stops workerd, its idle
 * connections time out.
 */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const HOME = fileURLToPath(new URL('..', import.meta.url));

/** @param {Shape} shape @param {string} [main] */
export async function startServer(shape, main = 'load/mortal-worker.js') {
  const folder = await mkdtemp(join(ROOT, 'edge-fit-'));
  const options = await bundle(HOME, join(folder, 'out'), main);
  const code = await readFile(options.scriptPath, 'utf8');
  const start = () =>
    new Miniflare({
      ...options,
      bindings: { N_CLASSES: shape.nClasses, N_DIM: shape.nDim, BODY_MS: 1000, TOKEN: 'secret' },
      ratelimits: { RATE_LIMIT: { simple: { limit: 1e9, period: 60 } } },
      durableObjectsPersist: join(folder, 'objects'),
      // workerd reports each connection that breaks off. Without this line, a failing test shows what it says.
      handleRuntimeStdio: (/** @type {Readable[]} */ ...outputs) => outputs.forEach((output) => void output.resume()),
    });
  let miniflare = start();

  const server = {
    /** Address of the process, another one after a restart. */
    url: miniflare.ready,
    restarts: 0,
    /**
     * Kills the process, whatever it is at, and starts another over the same database.
     * @param {Shape} [newShape] @param {[string, string][]} [changes] of the code, as another version of it would have
     */
    async restart(newShape = shape, changes = []) {
      server.restarts++;
      const version = changes.reduce((text, [from, to]) => {
        assert.ok(text.includes(from), `the code has no ${from}`);
        return text.replaceAll(from, to);
      }, code);
      // Deliveries wait for the new address meanwhile.
      server.url = server.url.then(async () => {
        await miniflare.dispose();
        await writeFile(options.scriptPath, version);
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
