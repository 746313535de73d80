// @ts-check
// Packs the package and does with it what a new user does, each time in an empty folder outside of the repository. A
// folder beside this file has the files of a trial as the user writes them. Options: words that a trial's name contains.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installPacked } from '../../scripts/install-packed.js';
import { visit } from '../runtimes/browser.js';
import { chromium } from '../runtimes/browsers/chromium.js';
import { buildPage } from '../runtimes/bundlers/vite.js';
import { run } from '../runtimes/process.js';
import { OUT as MATRIX, ROOT, TOOLS } from '../runtimes/project.js';
import { reportIn, serve } from '../runtimes/server.js';
import { bun } from '../runtimes/servers/bun.js';
import { DENO } from '../runtimes/servers/deno.js';
import { LINES, nodeOf, OLD } from '../runtimes/servers/node.js';
import { bundleWorker, startWorkerd } from '../runtimes/servers/workerd.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Files with what the command line makes of each, if the tests of the command line have them. */
const ODD_FILES = new URL('../support/odd-files.js', import.meta.url);
const COUNT = join(dirname(MATRIX), 'newcomer.json');
const scratch = await mkdtemp(join(tmpdir(), 'center-loss-newcomer-'));
const installed = join(scratch, 'packed');
/** File that the first program saves, and all others load. */
const SAVED = 'animals.safetensors';
/** Milliseconds within which a page posts what it decided. */
const LIMIT = 30_000;
const DECIDED = ['cat', 'dog', null];

/** @param {string} name of a package @param {string} [at] where it is installed */
const linked = (name, at = TOOLS) => ({ name, at });
const rootModules = join(ROOT, 'node_modules');

/**
 * Makes the folder of a user, with files of a trial, the package and others installed, and the saved classifier.
 * @param {string} files folder beside this file @param {{ name: string, at: string }[]} packages
 * @param {Record<string, string>} manifest what package.json has
 */
async function newFolder(files, packages = [], manifest = { type: 'module' }) {
  const folder = await mkdtemp(join(scratch, `${files}-`));
  await cp(join(HERE, files), folder, { recursive: true });
  await cp(join(installed, 'node_modules'), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  for (const { name, at } of packages) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(join(at, name), join(folder, 'node_modules', name));
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
  if (existsSync(join(scratch, SAVED))) await cp(join(scratch, SAVED), join(folder, SAVED));
  return folder;
}

/** Runs a command and takes the last line that it prints for JSON. @param {string[]} command @param {string} folder */
const printed = async (command, folder) => JSON.parse((await run(command, folder)).trim().split('\n').at(-1) ?? '');

async function train() {
  const folder = await newFolder('node');
  await run(['node', 'train.js'], folder);
  await cp(join(folder, SAVED), join(scratch, SAVED));
}

/** @param {string} type of the modules @param {string} compiler name of its package @param {string} at */
async function typescript(type, compiler, at) {
  const folder = await newFolder('typescript', [], { type });
  await cp(join(ROOT, 'test/package/consumer/entries.ts'), join(folder, 'entries.ts'));
  await run(['node', join(at, compiler, 'bin/tsc')], folder);
  const load = type === 'module' ? `(await import('./out/main.js'))` : `require('./out/main.js')`;
  const flags = type === 'module' ? ['--input-type=module'] : ['--input-type=commonjs'];
  assert.deepEqual(await printed(['node', ...flags, '-e', `console.log(${load}.decided)`], folder), DECIDED);
}

/** Opens a page and gives what it posts. @param {string} root @param {string} page */
async function inChromium(root, page) {
  const late = sleep(LIMIT, undefined, { ref: false }).then(() => assert.fail('the page posts nothing'));
  return Promise.race([late, serve(root, page).then((server) => visit(chromium, server))]);
}

async function vite() {
  const root = await newFolder('vite');
  await buildPage(root);
  const page = await readFile(join(root, 'out/index.html'), 'utf8');
  assert.deepEqual(await inChromium(join(root, 'out'), page), DECIDED);
}

/** A page whose package comes from another origin, as from a CDN. @param {string} file */
async function cdn(file) {
  const folder = await newFolder('cdn');
  const { version } = JSON.parse(await readFile(join(folder, 'node_modules/center-loss/package.json'), 'utf8'));
  const root = join(folder, `cdn/npm/center-loss@${version}`);
  await cp(join(folder, 'node_modules/center-loss'), root, { recursive: true });
  const files = await serve(join(folder, 'cdn'), '', { 'access-control-allow-origin': '*' });
  try {
    const page = await readFile(join(folder, file), 'utf8');
    const here = page.replace('https://cdn.jsdelivr.net', files.origin).replace('VERSION', version);
    assert.deepEqual(await inChromium(folder, here), DECIDED);
  } finally {
    files.close();
  }
}

/** Bundles a worker as for a deployment, and gives its reply in workerd. @param {string} folder @param {unknown} body */
async function inWorkerd(folder, body) {
  const server = startWorkerd(await bundleWorker(folder));
  try {
    const init = { method: 'POST', body: JSON.stringify(body) };
    return await reportIn(await server.dispatchFetch('http://localhost/', init));
  } finally {
    await server.dispose();
  }
}

async function worker() {
  const rows = [
    [1, 0],
    [0, 1],
    [9, 9],
  ];
  assert.deepEqual(await inWorkerd(await newFolder('worker'), rows), DECIDED);
}

/** Trains, tests and bundles a copy of the template: training writes the classifier that the template has. */
async function template() {
  const source = join(ROOT, 'examples/template');
  const folder = join(scratch, 'template');
  await cp(source, folder, { recursive: true });
  await run(['npm', 'install', '--omit=dev', '--no-audit', '--no-fund', tarball], folder);
  const classifier = 'src/classifier.json';
  await rm(join(folder, classifier));
  await run(['npm', 'run', 'train'], folder);
  assert.equal(await readFile(join(folder, classifier), 'utf8'), await readFile(join(source, classifier), 'utf8'));
  await run(['npm', 'test'], folder);
  assert.equal((await inWorkerd(folder, [46.1, 13.2, 211, 4500])).name, 'Gentoo');
}

/** @param {string} command in node_modules/.bin @param {string} folder */
const testRunner = (command, folder) => run([join(TOOLS, '.bin', command)], folder, { CI: '1', NODE_OPTIONS: '' });

/** @typedef {{ name: string, bytes: () => string | Uint8Array, args: string, expect: any }} OddFile */

/** The command line on files as other programs write them: the table of the package's own tests. */
async function oddFiles() {
  const { companions, oddFiles } = await import(ODD_FILES.href);
  const folder = await newFolder('node');
  for (const [name, text] of Object.entries(companions)) await writeFile(join(folder, name), String(text));
  const cli = join(folder, 'node_modules/.bin/center-loss');
  const { load } = await import(pathToFileURL(join(folder, 'node_modules/center-loss/dist/index.js')).href);
  for (const {
    name,
    bytes,
    args,
    expect: { status, stderr, ...expect },
  } of /** @type {OddFile[]} */ (oddFiles)) {
    await writeFile(join(folder, name), bytes());
    const command = run([cli, ...args.split(' ').filter(Boolean)], folder);
    if (status !== 0) {
      await assert.rejects(command, stderr, name);
      continue;
    }
    const { rows, classes } = JSON.parse(await command);
    const model = load(await readFile(join(folder, 'model.safetensors')));
    const found = { rows, classes, names: model.names ?? null, centers: [...(model.centers ?? model).params] };
    assert.deepEqual(found, { rows, classes, ...expect, centers: expect.centers.flat() }, name);
  }
}

/** @type {[string, () => Promise<unknown>][]} */
const trials = [
  ['train and save in Node', train],
  ...[...OLD, ...LINES].map(
    (line) =>
      /** @type {[string, () => Promise<unknown>]} */ ([
        `Node ${line}: import, and require`,
        async () => {
          const folder = await newFolder('node');
          for (const file of ['decide.js', 'decide.cjs']) {
            assert.deepEqual(await printed([...nodeOf(line), file], folder), DECIDED, file);
          }
        },
      ]),
  ),
  ['Deno', async () => assert.deepEqual(await printed([...DENO, 'decide.js'], await newFolder('node')), DECIDED)],
  ['Bun', async () => assert.deepEqual(await printed([bun(), 'decide.js'], await newFolder('node')), DECIDED)],
  ['strict TypeScript, ES modules', () => typescript('module', 'typescript', rootModules)],
  ['strict TypeScript, CommonJS', () => typescript('commonjs', 'typescript', rootModules)],
  ['strict TypeScript 5.7', () => typescript('module', 'typescript-5.7', TOOLS)],
  ['Jest, without a setting', async () => testRunner('jest', await newFolder('jest', [], {}))],
  [
    'vitest with jsdom',
    async () => testRunner('vitest', await newFolder('vitest', [linked('vitest'), linked('jsdom')])),
  ],
  ['Vite, a worker of a page in Chromium', vite],
  ['a page with an import map and a CDN', () => cdn('index.html')],
  ['a page with an import map, slim and a CDN', () => cdn('slim.html')],
  ["wrangler's workerd, with an asset", worker],
  ['the template of a worker', template],
  [
    'TensorFlow.js, model.fit',
    async () => {
      const folder = await newFolder('tfjs', [linked('@tensorflow/tfjs', rootModules)]);
      assert.deepEqual(await printed(['node', 'fit.js'], folder), ['cat', null]);
    },
  ],
];
if (existsSync(ODD_FILES)) trials.push(['the command line, on odd files', oddFiles]);

const tarball = await installPacked(installed);
const words = process.argv.slice(2);
const count = { passed: 0, failed: 0 };
for (const [i, [name, trial]] of trials.entries()) {
  // The first makes what the others load.
  if (i > 0 && words.length > 0 && !words.some((word) => name.includes(word))) continue;
  const started = performance.now();
  const failure = await trial().catch((error) => error);
  const failed = failure instanceof Error;
  count[failed ? 'failed' : 'passed']++;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  ${failed ? '✗' : '✓'} ${name} (${seconds} s)${failed ? `: ${failure.message}` : ''}`);
  if (failed && i === 0) break;
}
await rm(scratch, { recursive: true, force: true });
await writeFile(COUNT, JSON.stringify(count));
console.log(`${count.passed} passed, ${count.failed} failed`);
// The browser must not keep this process from ending.
process.exit(count.failed > 0 ? 1 : 0);
