// @ts-check
/** A project of a user: the packed package installed, and the suites as bundles that import it. */
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { installPacked } from '../scripts/install-packed.js';

/** @import { Context } from './check.js' */

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(ROOT, 'build/matrix');

/** The suite by what it imports as the package. */
const ENTRIES = { suite: 'center-loss', 'suite-js': 'center-loss/js', 'suite-slim': 'center-loss/slim' };

const FILES = 'center-loss/files';

/** @returns {Promise<Context>} */
export async function makeProject() {
  await rm(OUT, { recursive: true, force: true });
  const project = join(OUT, 'project');
  const tarball = await installPacked(project);
  for (const [name, entry] of Object.entries(ENTRIES)) {
    await bundleSuite(entry, 'esm', join(project, `${name}.js`));
  }
  await bundleSuite('center-loss', 'cjs', join(project, 'suite.cjs'));
  await cp(fileURLToPath(new URL('suite/programs', import.meta.url)), project, { recursive: true });
  return {
    tarball,
    project,
    async folder(name) {
      const folder = join(OUT, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      return folder;
    },
  };
}

/** @param {string} entry @param {'esm' | 'cjs'} format @param {string} outfile */
async function bundleSuite(entry, format, outfile) {
  await build({
    entryPoints: [fileURLToPath(new URL('suite/run.js', import.meta.url))],
    bundle: true,
    format,
    outfile,
    platform: 'neutral',
    target: 'es2022',
    mainFields: ['module', 'main'],
    alias: {
      'center-loss': entry,
      // Has no engine, so that it is one for all of them.
      [FILES]: FILES,
      vitest: fileURLToPath(new URL('suite/vitest.js', import.meta.url)),
    },
    external: [entry, FILES],
    logLevel: 'error',
  });
}

/** The version of a tool of the matrix. @param {string} name */
export async function versionOf(name) {
  const text = await readFile(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8');
  return JSON.parse(text).version;
}
