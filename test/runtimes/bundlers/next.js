// @ts-check
/** A Next app, built and started: a route on Node, one on the edge runtime, and a client component. */
import { spawn } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from '../browsers/chromium.js';
import { serve } from '../browsers/server.js';
import { freePort } from '../free-port.js';
import { run } from '../process.js';
import { ROOT, versionOf } from '../project.js';

/** @import { Check, Context, Report } from '../check.js' */

const TOOLS = fileURLToPath(new URL('../node_modules', import.meta.url));
const NEXT = join(TOOLS, 'next/dist/bin/next');
/** Vite, in the same process, leaves another NODE_ENV behind. */
const ENVIRONMENT = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
const START = 60_000;

const route = (/** @type {string} */ runtime) => `import { runSuite } from '../../../suite.js';
export const runtime = '${runtime}';
export const dynamic = 'force-dynamic';
export const GET = async () => Response.json(await runSuite());
`;

/** @param {string} reports where the page sends its report */
const files = (reports) => ({
  'package.json': '{ "private": true, "type": "module" }',
  'next.config.js': `export default { turbopack: { root: ${JSON.stringify(ROOT)} } };`,
  'app/layout.js': `export default ({ children }) => <html lang="en"><body>{children}</body></html>;`,
  'app/page.js': `'use client';
import { useEffect } from 'react';
export default function Page() {
  useEffect(() => {
    import('../suite.js').then(({ runSuite }) => runSuite())
      .catch((error) => ({ error: String(error.stack) }))
      .then((report) => fetch('${reports}', { method: 'POST', mode: 'no-cors', body: JSON.stringify(report) }));
  }, []);
  return <p>matrix</p>;
}
`,
  'app/api/node/route.js': route('nodejs'),
  'app/api/edge/route.js': route('edge'),
});

/** @typedef {{ origin: string, reports: Awaited<ReturnType<typeof serve>> }} App */
/** @type {Promise<App> | undefined} */
let started;

/** One app serves all checks. @param {Context} context @returns {Promise<App>} */
async function start({ project, folder }) {
  const app = await folder('next');
  const reports = await serve(app);
  await cp(join(project, 'node_modules'), join(app, 'node_modules'), { recursive: true });
  await cp(join(project, 'suite.js'), join(app, 'suite.js'));
  for (const name of ['next', 'react', 'react-dom']) await symlink(join(TOOLS, name), join(app, 'node_modules', name));
  for (const [name, text] of Object.entries(files(`${reports.origin}/report`))) {
    await mkdir(dirname(join(app, name)), { recursive: true });
    await writeFile(join(app, name), text);
  }
  await run(process.execPath, [NEXT, 'build'], { cwd: app, env: ENVIRONMENT });
  const port = await freePort();
  const server = spawn(process.execPath, [NEXT, 'start', '-p', `${port}`, '-H', '127.0.0.1'], {
    cwd: app,
    env: { ...process.env, ...ENVIRONMENT },
    stdio: 'ignore',
  });
  process.on('exit', () => server.kill());
  const origin = `http://127.0.0.1:${port}`;
  const until = Date.now() + START;
  while (
    !(await fetch(origin).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > until) throw new Error('next start did not answer');
    await sleep(200);
  }
  return { origin, reports };
}

/** @param {string} name @param {(app: App) => Promise<Report>} report @returns {Check} */
const check = (name, report) => ({
  runtime: 'Next',
  name,
  ci: 'nothing',
  version: () => versionOf('next'),
  run: async (context) => {
    started ??= start(context);
    return report(await started);
  },
});

/** @param {App} app @param {string} path @returns {Promise<Report>} */
async function get({ origin }, path) {
  const response = await fetch(`${origin}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}: ${(await response.text()).slice(0, 1000)}`);
  return /** @type {Report} */ (await response.json());
}

/** @type {Check[]} */
export const checks = [
  check('node route', (app) => get(app, '/api/node')),
  check('edge route', (app) => get(app, '/api/edge')),
  check('client', async ({ origin, reports }) => {
    const close = await chromium.open(origin);
    try {
      return await reports.report();
    } finally {
      await close();
    }
  }),
];
