// @ts-check
/** The deployment of wrangler in workerd, with workers that can die, over a database on disk that outlives them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Miniflare } from 'miniflare';

/** @import { Readable } from 'node:stream' */
/** @import { Shape } from '../src/shape.js' */

const HERE = fileURLToPath(new URL('..', import.meta.url));

export class Server {
  /** @type {Miniflare | undefined} */
  #server;
  /** @type {Promise<URL>} */
  #url = Promise.reject(new Error('not started'));
  #folder;
  #compatibilityDate;
  #shape;
  restarts = 0;

  /** @param {string} folder @param {string} compatibilityDate @param {Shape} shape */
  constructor(folder, compatibilityDate, shape) {
    this.#folder = folder;
    this.#compatibilityDate = compatibilityDate;
    this.#shape = shape;
    this.#url.catch(() => {});
  }

  /** @param {Shape} shape */
  static async start(shape) {
    const folder = await mkdtemp(join(tmpdir(), 'edge-fit-'));
    const wrangler = join(HERE, 'node_modules/wrangler/bin/wrangler.js');
    const args = ['deploy', 'load/mortal-worker.js', '--dry-run', '--outdir', join(folder, 'out')];
    await promisify(execFile)(process.execPath, [wrangler, ...args], {
      cwd: HERE,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    });
    const { compatibility_date } = JSON.parse(await readFile(join(HERE, 'wrangler.jsonc'), 'utf8'));
    const server = new Server(folder, compatibility_date, shape);
    server.#up();
    await server.url;
    return server;
  }

  /** Address of the server, another one after a restart. */
  get url() {
    return this.#url;
  }

  /** Kills the process, whatever it is at, and starts another over the same database. @param {Shape} [shape] of the new one */
  async restart(shape = this.#shape) {
    this.#shape = shape;
    // A caller that asks for the address meanwhile waits for the new one.
    const killed = this.#server?.dispose();
    this.#url = Promise.resolve(killed).then(() => this.#up());
    this.restarts++;
    await this.#url;
  }

  /** Lists the files that would be deployed. */
  files() {
    return readdir(join(this.#folder, 'out'));
  }

  async stop() {
    await this.#server?.dispose();
    await rm(this.#folder, { recursive: true });
  }

  #up() {
    const { nClasses, nDim } = this.#shape;
    const out = join(this.#folder, 'out');
    this.#server = new Miniflare({
      compatibilityDate: this.#compatibilityDate,
      modules: true,
      modulesRoot: out,
      scriptPath: join(out, 'mortal-worker.js'),
      modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
      bindings: { N_CLASSES: nClasses, N_DIM: nDim },
      durableObjects: { FITS: { className: 'FitObject', useSQLite: true } },
      durableObjectsPersist: join(this.#folder, 'objects'),
      handleRuntimeStdio: (/** @type {Readable} */ stdout, /** @type {Readable} */ stderr) => {
        stdout.resume();
        stderr.resume();
      },
    });
    this.#url = this.#server.ready;
    return this.#url;
  }
}
