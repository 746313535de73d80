// @ts-check
/** The bundlers that make a file `main.js` of an entry file. */
import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { bundlerPlace } from '../bundler.js';
import { run } from '../process.js';
import { TOOLS } from '../project.js';
import { bun } from '../servers/bun.js';

/** @import { Place } from '../place.js' */
/** @import { Options } from '../program.js' */

const INIT = "await init(new URL('center-loss/center-loss.wasm', import.meta.url));";
const SLIM = { imports: "import { init } from 'center-loss/slim';", before: INIT };

/**
 * @param {string} name @param {string} version
 * @param {(entry: string, folder: string) => Promise<unknown>} write writes `out/main.js` in the folder
 * @param {Options} [slim]
 */
const place = (name, version, write, slim) =>
  bundlerPlace(name, version, async (folder, entry) => write(join(folder, entry), folder).then(() => 'main.js'), slim);

/** Runs webpack or rspack. @param {any} webpack @param {string} entry @param {string} context */
async function pack(webpack, entry, context) {
  const compiler = webpack({ mode: 'production', context, entry, output: { path: join(context, 'out') } });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  if (stats?.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }).slice(0, 3000));
}

/** @type {Place[]} */
const places = [
  place('webpack', 'webpack', async (...at) => pack((await import('webpack')).default, ...at), SLIM),
  place('rspack', '@rspack/core', async (...at) => pack((await import('@rspack/core')).rspack, ...at), SLIM),
  place('esbuild', 'esbuild', async (entry, folder) => {
    const { build } = await import('esbuild');
    const outfile = join(folder, 'out/main.js');
    await build({ entryPoints: [entry], outfile, bundle: true, minify: true, format: 'esm', logLevel: 'error' });
  }),
  place('Rollup', 'rollup', async (input, folder) => {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const bundle = await rollup({ input, plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ file: join(folder, 'out/main.js'), format: 'es', inlineDynamicImports: true });
  }),
  place('Rolldown', 'rolldown', async (input, cwd) => {
    const { build } = await import('rolldown');
    const output = { dir: join(cwd, 'out'), entryFileNames: 'main.js', minify: true };
    await build({ input, cwd, platform: 'browser', output });
  }),
  place('Parcel', 'parcel', async (entry, cwd) => {
    // The suites ask whether there is a Buffer, for which Parcel would install one into the package.json of this repository.
    await writeFile(join(cwd, 'package.json'), '{ "private": true, "type": "module", "alias": { "buffer": false } }');
    const quick = ['--cache-dir=cache', '--no-source-maps', '--no-autoinstall'];
    await run([join(TOOLS, '.bin/parcel'), 'build', entry, ...quick, '--dist-dir=out'], cwd);
    await rename(join(cwd, 'out', basename(entry)), join(cwd, 'out/main.js'));
  }),
  place('bun build', 'bun', (entry, cwd) =>
    run([bun(), 'build', entry, '--target=browser', '--minify', '--outfile=out/main.js'], cwd),
  ),
];

// Parcel knows no `await` at top level.
export default places.map(({ checks: { fallback, ...checks }, ...place }) => ({
  ...place,
  checks: place.name === 'Parcel' || !fallback ? checks : { ...checks, fallback },
}));
