// @ts-check
/** What is tried with every bundler; what it makes runs in Chromium. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { reportOf } from '../browsers/checks.js';
import { chromium } from '../browsers/chromium.js';
import { scriptPage } from '../browsers/pages.js';
import { versionOf } from '../project.js';
import { bundlers } from './bundlers.js';

/** @import { Check, Context } from '../check.js' */
/** @import { Bundler } from './bundlers.js' */

/** How a program names the file of the module, where a bundler has a way. @type {Record<string, string>} */
const SLIM = { 'Vite build': 'page-slim-vite.js', webpack: 'page-slim-url.js', rspack: 'page-slim-url.js' };

/** The least that a program does with the package. */
const SMALL = `import { CenterLoss } from 'center-loss';
globalThis.result = new CenterLoss(3, 2).evaluate([1, 2], [0]);
`;

/** A copy of the project, which some bundlers write into. @param {Context} context @param {string} name */
export async function copyOf({ project, folder }, name) {
  const copy = await folder(name);
  await cp(project, copy, { recursive: true });
  return copy;
}

/** @param {Bundler} bundler @param {Context} context @param {string} program */
async function run(bundler, context, program) {
  const folder = await copyOf(context, `${bundler.name} ${program}`);
  const script = await bundler.build(folder, program);
  return reportOf(chromium, join(folder, 'out'), { pages: { '/': scriptPage(script) } });
}

/** @param {Bundler} bundler @param {Context} context */
async function size(bundler, context) {
  const folder = await copyOf(context, `${bundler.name} small`);
  await writeFile(join(folder, 'small.js'), SMALL);
  await bundler.build(folder, 'small.js');
  const files = (await readdir(join(folder, 'out'), { recursive: true })).filter((file) => file.endsWith('.js'));
  const scripts = await Promise.all(files.map((file) => readFile(join(folder, 'out', file))));
  return `${(gzipSync(Buffer.concat(scripts), { level: 9 }).length / 1000).toFixed(1)} KB`;
}

/** @param {Bundler} bundler @returns {Check[]} */
const checksOf = (bundler) => {
  const of = { runtime: bundler.name, version: () => versionOf(bundler.package) };
  const slim = SLIM[bundler.name];
  /** @type {Check[]} */
  const withSlim = slim ? [{ ...of, name: 'slim', run: (context) => run(bundler, context, slim) }] : [];
  return [
    ...withSlim,
    {
      ...of,
      name: 'import',
      ci: bundler === bundlers[0] ? 'whole' : 'short',
      run: (context) => run(bundler, context, 'page.js'),
    },
    { ...of, name: 'js', ci: 'nothing', run: (context) => run(bundler, context, 'page-js.js') },
    { ...of, name: 'small program', run: (context) => size(bundler, context) },
  ];
};

export const checks = bundlers.flatMap(checksOf);
