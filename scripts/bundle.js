// @ts-check
// Usage: node scripts/bundle.js FROM TO — what tsc wrote, as the files that are published: one with all that entries
// share, and one for each entry. Every file less makes an import a quarter of a millisecond faster.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { coreSource, importShared, sharedNames } from './shared.js';

const [from = '', to = ''] = process.argv.slice(2);
const root = resolve(from);

/** Source of each entry, by the name of its file. */
const ENTRIES = {
  index: 'entries/default',
  workerd: 'entries/workerd',
  'edge-light': 'entries/edge-light',
  slim: 'entries/slim',
  js: 'entries/js',
  'js-engine': 'entries/js-engine',
  tfjs: 'tfjs',
  pool: 'pool/index',
};
/** Entries that `require` may ask for. */
const REQUIRED = ['index', 'slim', 'js', 'js-engine', 'tfjs', 'pool'];
/** Entry to be minified: nobody reads its text, the kernels as wasm2js writes them. */
const TRANSLATED = 'js-engine';

const names = await sharedNames(root, '.js');
await writeThread(join(root, 'pool'));
await bundle('esm', '.js', Object.keys(ENTRIES));
await bundle('cjs', '.cjs', REQUIRED);

/** @param {'esm' | 'cjs'} format @param {string} extension @param {string[]} entries */
async function bundle(format, extension, entries) {
  const core = `./core${extension}`;
  /** @type {import('esbuild').BuildOptions} */
  const settings = {
    bundle: true,
    format,
    target: 'es2022',
    // For Node, esbuild lists the names of a CommonJS module, so that an ES module can import them.
    platform: format === 'cjs' ? 'node' : 'neutral',
    external: ['*.wasm', '*.wasm?module'],
    logLevel: 'warning',
  };
  const stdin = { contents: coreSource(names), resolveDir: root };
  // The code is not minified: bundlers need its marks of pure calls to drop what a program does not use.
  await build({ ...settings, stdin, outfile: join(to, core) });
  await tidy(join(to, core));
  const plugins = [importShared(root, names, core, core, `./js-engine${extension}`)];
  for (const [name, source] of Object.entries(ENTRIES).filter(([name]) => entries.includes(name))) {
    const entryPoints = [join(root, `${source}.js`)];
    const minify = name === TRANSLATED;
    await build({ ...settings, entryPoints, outfile: join(to, name + extension), minify, plugins });
  }
}

/** Writes the script of a pool's thread as the text of a module. @param {string} folder */
async function writeThread(folder) {
  const entryPoints = [join(folder, 'worker.js')];
  const form = { bundle: true, minify: true, format: 'iife', globalName: 'thread', target: 'es2022', write: false };
  const { outputFiles } = await build(
    /** @type {import('esbuild').BuildOptions & { write: false }} */ ({ entryPoints, ...form }),
  );
  await writeFile(
    join(folder, 'worker-text.js'),
    `export const script = ${JSON.stringify(outputFiles[0]?.text.trim())};\n`,
  );
}

/**
 * Drops the comments that stand on lines of their own, which the declarations have too and an import reads for half a
 * millisecond, and gives classes their names back: esbuild calls one that mentions itself `_CenterLoss`, which shows
 * where objects are printed.
 * @param {string} file
 */
async function tidy(file) {
  const text = (await readFile(file, 'utf8')).replaceAll(/^\s*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)\n/gm, '');
  const renamed = new Set(Array.from(text.matchAll(/^var (\w+) = class _\1\b/gm), ([, name]) => name));
  if (renamed.size === 0) throw new Error('esbuild names classes in another way now');
  await writeFile(
    file,
    text.replaceAll(/\b_(\w+)\b/g, (word, name) => (renamed.has(name) ? name : word)),
  );
}
