// @ts-check
/** A Next app, built and started: a route on Node, one on the edge runtime, and a client component. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { visit } from '../browser.js';
import { chromium } from '../browsers/chromium.js';
import { lazily, run, startServer } from '../process.js';
import { ROOT, TOOLS } from '../project.js';
import { reportIn, serve } from '../server.js';

/** @import { Check, Context } from '../place.js' */

const NEXT = join(TOOLS, '.bin/next');
/** Vite leaves another NODE_ENV behind in this process. */
const ENVIRONMENT = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', CI: '1' };

const route = (/** @type {string} */ runtime) => `import { runSuite } from '../../../suite.js';
export const runtime = '${runtime}';
export const dynamic = 'force-dynamic';
export const GET = async () => Response.json(await runSuite());
`;

/** @param {string} reports where the page sends its report */
const files = (reports) => ({
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

/** One app serves all checks. */
const started = lazily(async (/** @type {Context} */ { copy }) => {
  const app = await copy('next');
  const reports = await serve(app);
  for (const name of ['next', 'react', 'react-dom']) await symlink(join(TOOLS, name), join(app, 'node_modules', name));
  for (const [name, text] of Object.entries(files(`${reports.origin}/report`))) {
    await mkdir(dirname(join(app, name)), { recursive: true });
    await writeFile(join(app, name), text);
  }
  await run([NEXT, 'build'], app, ENVIRONMENT);
  const origin = await startServer((port) => [NEXT, 'start', '-p', port, '-H', '127.0.0.1'], '/', app, ENVIRONMENT);
  return { origin, reports };
});

/** @type {Record<string, Check>} */
const checks = {
  'node route': async (context) => reportIn(await fetch(`${(await started(context)).origin}/api/node`)),
  'edge route': async (context) => reportIn(await fetch(`${(await started(context)).origin}/api/edge`)),
  client: async (context) => {
    const { origin, reports } = await started(context);
    return visit(chromium, reports, origin);
  },
};

export default [{ name: 'Next', version: 'next', checks, fullOnly: Object.keys(checks) }];
