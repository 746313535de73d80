// @ts-check
/** What is tried in every browser. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Unavailable } from '../check.js';
import { ISOLATED, modulePage, policy, sharedPage, workerPage } from './pages.js';
import { serve } from './server.js';

/** @import { Check, Context } from '../check.js' */

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {() => Promise<string>} version
 * @property {(url: string) => Promise<() => Promise<void>>} open a page; gives what closes it
 */

/** What a page at / reports. @param {Browser} browser @param {string} root @param {Parameters<typeof serve>[1]} options */
export async function reportOf(browser, root, options) {
  const server = await serve(root, options);
  try {
    const close = await browser.open(`${server.origin}/`);
    try {
      return await server.report();
    } finally {
      await close();
    }
  } finally {
    server.close();
  }
}

/**
 * Workers know no import map: a bundle of a program, in a copy of the project.
 * @param {Context} context @param {string} name @param {string} program @param {'esm' | 'iife'} format
 */
async function bundled({ project, folder }, name, program, format) {
  const root = await folder(name);
  await build({
    entryPoints: [join(project, program)],
    outfile: join(root, program),
    bundle: true,
    format,
    logLevel: 'error',
  });
  await cp(join(project, 'report.js'), join(root, 'report.js'));
  return root;
}

/** @param {Browser} browser @returns {Check[]} */
export function checksOf(browser) {
  const { name: runtime, version } = browser;
  /** @param {string} name @param {Check['run']} run @returns {Check} */
  const check = (name, run) => ({ runtime, name, version, run });
  /** @param {string} name @param {string} program @param {Record<string, string>} [headers] */
  const page = (name, program, headers = {}) =>
    check(name, ({ project }) => reportOf(browser, project, { pages: { '/': modulePage(program) }, headers }));
  return [
    { ...page('import', 'page.js'), ci: 'whole' },
    page('slim', 'page-slim.js'),
    page('js', 'page-js.js'),
    page('blocked', 'page-blocked.js', policy(false)),
    page('CSP', 'page.js', policy(true)),
    check('module worker', async (context) => {
      const root = await bundled(context, `${runtime} module worker`, 'worker.js', 'esm');
      return reportOf(browser, root, { pages: { '/': workerPage('worker.js', 'module') } });
    }),
    check('worker', async (context) => {
      const root = await bundled(context, `${runtime} worker`, 'worker.js', 'iife');
      return reportOf(browser, root, { pages: { '/': workerPage('worker.js', 'classic') } });
    }),
    check('shared memory', async (context) => {
      const root = await bundled(context, `${runtime} shared`, 'worker-shared.js', 'esm');
      const pages = { '/': sharedPage('worker-shared.js') };
      const seen = await reportOf(browser, root, { pages, headers: ISOLATED });
      if (seen.missing) throw new Unavailable(`no SharedArrayBuffer here, isolated: ${seen.isolated}`);
      if (seen.shared && seen.equal && seen.length > 1000) return 'equal';
      throw new Error(`from shared memory it is not what it is from a copy: ${JSON.stringify(seen)}`);
    }),
  ];
}
