// @ts-check
/** A project of a user: the packed package installed, and the suites as bundles that import it. */
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { installPacked } from '../../scripts/install-packed.js';

/** @import { Context } from './check.js' */

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = join(ROOT, 'build/matrix');

/** The bundle of a suite by what it imports as the package. */
const ENTRIES = { suite: 'center-loss', 'suite-js': 'center-loss/js', 'suite-slim': 'center-loss/slim' };

/** Two projects that differ in their suite alone. @returns {Promise<{ whole: Context, short: Context }>} */
export async function makeProjects() {
  await rm(OUT, { recursive: true, force: true });
  const [project, shortProject] = [join(OUT, 'project'), join(OUT, 'project-short')];
  const tarball = await installPacked(project);
  await cp(fileURLToPath(new URL('suite/programs', import.meta.url)), project, { recursive: true });
  await cp(project, shortProject, { recursive: true });
  return {
    whole: await withSuite('whole', tarball, project),
    short: await withSuite('short', tarball, shortProject),
  };
}

/** @param {Context['suite']} suite @param {string} tarball @param {string} project @returns {Promise<Context>} */
async function withSuite(suite, tarball, project) {
  for (const [name, entry] of Object.entries(ENTRIES)) {
    await bundleSuite(suite, entry, 'esm', join(project, `${name}.js`));
  }
  await bundleSuite(suite, 'center-loss', 'cjs', join(project, 'suite.cjs'));
  return {
    tarball,
    project,
    suite,
    tests: await testsIn(project),
    async folder(name) {
      const folder = join(OUT, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      return folder;
    },
  };
}

/** How many tests the suite of a project has, by collecting them only. @param {string} project */
async function testsIn(project) {
  const { names, runSuite } = await import(pathToFileURL(join(project, 'suite.js')).href);
  const { passed, failed, skipped, failures } = await runSuite({ without: names });
  if (passed + failed > 0) throw new Error(`the tests can't be collected here: ${failures.join('\n')}`);
  return skipped;
}

/** @param {Context['suite']} suite @param {string} entry @param {'esm' | 'cjs'} format @param {string} outfile */
async function bundleSuite(suite, entry, format, outfile) {
  await build({
    entryPoints: [fileURLToPath(new URL(`suite/${suite}.js`, import.meta.url))],
    bundle: true,
    format,
    outfile,
    platform: 'neutral',
    target: 'es2022',
    mainFields: ['module', 'main'],
    alias: {
      'center-loss': entry,
      vitest: fileURLToPath(new URL('suite/vitest.js', import.meta.url)),
    },
    external: [entry],
    logLevel: 'error',
  });
}

/** The version of a tool of the matrix. @param {string} name */
export async function versionOf(name) {
  const text = await readFile(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8');
  return JSON.parse(text).version;
}
