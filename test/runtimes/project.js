// @ts-check
/** Makes a project as a user has it: the packed package installed, and bundles of the suites that import it. */
import { cp, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { installPacked } from '../../scripts/install-packed.js';
import { installed, run } from './process.js';
import { BITS, FIRST, LARGE, SHORT, SLOW } from './suites.js';

/** @import { Context } from './place.js' */

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const OUT = join(ROOT, 'build/matrix');
/** Packages of tools and runtimes. */
export const TOOLS = join(HERE, 'node_modules');

/** The bundles of the suites, each with the entry of the package that it imports. */
const BUNDLES = {
  'suite.js': 'center-loss',
  'suite.cjs': 'center-loss',
  'suite-js.js': 'center-loss/js',
  'suite-slim.js': 'center-loss/slim',
};

/** Makes two projects that differ in their suites only. @returns {Promise<{ whole: Context, short: Context }>} */
export async function makeProjects() {
  await rm(OUT, { recursive: true, force: true });
  const [project, shortProject] = [join(OUT, 'project'), join(OUT, 'project-short')];
  await installPacked(project);
  await cp(project, shortProject, { recursive: true });
  // The suites are those that vitest runs on every engine. It lists them in another order each time. Here they share one
  // copy of the package, which warns once, so that the order decides which test sees the warning.
  const vitest = join(ROOT, 'node_modules/.bin/vitest');
  /** @type {{ file: string }[]} */
  const files = JSON.parse(await run([vitest, 'list', '--project=js', '--filesOnly', '--json'], ROOT));
  const suites = files.map(({ file }) => relative(join(HERE, '..'), file).replace('.test.ts', '')).sort();
  const unknown = [FIRST, ...SHORT, ...SLOW, ...BITS, ...LARGE].filter((name) => !suites.includes(name));
  if (unknown.length > 0) throw new Error(`suites.js names suites that are not there: ${unknown.join(', ')}`);
  return {
    whole: await withSuites([FIRST, ...suites.filter((name) => name !== FIRST)], project),
    short: await withSuites(SHORT, shortProject),
  };
}

/** @param {string[]} suites @param {string} project @returns {Promise<Context>} */
async function withSuites(suites, project) {
  const contents = `import { run } from './suite.js';
    const suites = { ${suites.map((name) => `'${name}': () => import('../${name}.test.ts')`)} };
    export const runSuite = (options) => run(suites, options);`;
  for (const [file, entry] of Object.entries(BUNDLES)) {
    await build({
      stdin: { contents, resolveDir: HERE },
      bundle: true,
      format: file.endsWith('.cjs') ? 'cjs' : 'esm',
      outfile: join(project, file),
      platform: 'neutral',
      target: 'es2022',
      mainFields: ['module', 'main'],
      // An alias holds for what is below its name, too.
      alias: { 'center-loss/pool': 'center-loss/pool', 'center-loss': entry, vitest: join(HERE, 'vitest.js') },
      external: [entry, 'center-loss/pool'],
      logLevel: 'error',
    });
  }
  // This run skips the tests of every suite, so that it counts them all.
  const { runSuite } = await import(pathToFileURL(join(project, 'suite.js')).href);
  const { failed, skipped: tests, failures } = await runSuite({ without: suites });
  if (failed > 0) throw new Error(`the tests can't be collected: ${failures.join('\n')}`);
  /** @param {string} name */
  const copy = async (name) => {
    const folder = join(OUT, name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
    await rm(folder, { recursive: true, force: true });
    await cp(project, folder, { recursive: true });
    return folder;
  };
  return { project, suites, tests, copy };
}

/** Reads the version of an installed tool or runtime. @param {string} name of its package */
export async function versionOf(name) {
  return JSON.parse(await readFile(installed(name, join(TOOLS, name, 'package.json')), 'utf8')).version;
}
