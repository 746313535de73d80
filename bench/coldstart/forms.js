// @ts-check
/** The package in other forms than it is published in, as packages of their own, to see what each form costs. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = join(ROOT, 'dist/index.js');

/** Makes a package's files in a folder. @type {Record<string, (folder: string) => Promise<unknown>>} */
const FORMS = {
  'empty-package': (folder) => writeFile(join(folder, 'index.js'), 'export {};\n'),
  'as-published': (folder) => cp(join(ROOT, 'dist'), folder, { recursive: true }),
  'file-per-module': (folder) => cp(join(ROOT, 'build/tsc'), folder, { recursive: true }),
  'one-file': (folder) => bundled(folder, {}),
  'one-file-minified': (folder) => bundled(folder, { minify: true }),
};

/** @param {string} folder @param {import('esbuild').BuildOptions} options */
const bundled = (folder, options) =>
  build({ entryPoints: [ENTRY], outdir: folder, bundle: true, format: 'esm', target: 'es2022', ...options });

/** @param {string} project @returns {Promise<string[]>} their names, to be imported from there */
export async function makeForms(project) {
  for (const [name, make] of Object.entries(FORMS)) {
    const folder = join(project, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await make(folder);
    const exports = name === 'file-per-module' ? './entries/default.js' : './index.js';
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports }));
  }
  return Object.keys(FORMS);
}
