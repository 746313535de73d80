// @ts-check
/** Each bundler as its users call it, without a word about WebAssembly: an entry file in, files for browsers out. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { run } from '../process.js';
import { bunProgram } from '../runtimes/bun.js';

/**
 * @typedef {object} Bundler
 * @property {string} name
 * @property {string} package whose version it is
 * @property {(folder: string, entry: string) => Promise<string>} build bundles a file of the folder into `out/` there;
 * gives the script that a page loads
 */

/** @param {string} folder @param {string} entry */
async function vite(folder, entry) {
  const { build } = await import('vite');
  const html = `<!doctype html><title>matrix</title><script type="module" src="/${entry}"></script>`;
  await writeFile(join(folder, 'index.html'), html);
  const result = await build({
    root: folder,
    logLevel: 'error',
    build: { outDir: 'out', chunkSizeWarningLimit: 5000 },
  });
  const { output } = /** @type {{ output: { type: string, isEntry?: boolean, fileName: string }[] }} */ (result);
  return output.find(({ isEntry }) => isEntry)?.fileName ?? '';
}

/** @param {unknown} compiler of webpack or rspack */
async function compiled(compiler) {
  const { run, close } = /** @type {import('webpack').Compiler} */ (compiler);
  const stats = await promisify(run.bind(compiler))();
  await promisify(close.bind(compiler))();
  if (stats?.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }).slice(0, 3000));
  return 'main.js';
}

/** @param {string} folder @param {string} entry */
const settings = (folder, entry) => ({
  /** @type {'production'} */
  mode: 'production',
  context: folder,
  entry: `./${entry}`,
  output: { path: join(folder, 'out') },
});

/** @type {Bundler[]} */
export const bundlers = [
  { name: 'Vite build', package: 'vite', build: vite },
  {
    name: 'webpack',
    package: 'webpack',
    build: async (folder, entry) => {
      const { default: webpack } = await import('webpack');
      return compiled(webpack(settings(folder, entry)));
    },
  },
  {
    name: 'rspack',
    package: '@rspack/core',
    build: async (folder, entry) => {
      const { rspack } = await import('@rspack/core');
      return compiled(rspack(settings(folder, entry)));
    },
  },
  {
    name: 'esbuild',
    package: 'esbuild',
    build: async (folder, entry) => {
      const { build } = await import('esbuild');
      const outfile = join(folder, 'out/main.js');
      await build({
        entryPoints: [join(folder, entry)],
        outfile,
        bundle: true,
        minify: true,
        format: 'esm',
        logLevel: 'error',
      });
      return 'main.js';
    },
  },
  {
    name: 'Rollup',
    package: 'rollup',
    build: async (folder, entry) => {
      const { rollup } = await import('rollup');
      const { nodeResolve } = await import('@rollup/plugin-node-resolve');
      const bundle = await rollup({ input: join(folder, entry), plugins: [nodeResolve({ browser: true })] });
      await bundle.write({ file: join(folder, 'out/main.js'), format: 'es', inlineDynamicImports: true });
      return 'main.js';
    },
  },
  {
    name: 'Rolldown',
    package: 'rolldown',
    build: async (folder, entry) => {
      const { build } = await import('rolldown');
      const output = { dir: join(folder, 'out'), entryFileNames: 'main.js', minify: true };
      await build({ input: join(folder, entry), cwd: folder, platform: 'browser', output });
      return 'main.js';
    },
  },
  {
    name: 'bun build',
    package: 'bun',
    build: async (folder, entry) => {
      await run(bunProgram(), ['build', entry, '--target=browser', '--minify', '--outdir=out'], { cwd: folder });
      return entry;
    },
  },
];
