// @ts-check
/** Cloudflare's workerd: a worker as wrangler bundles it for deployment, run by miniflare. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { run } from '../process.js';
import { versionOf } from '../project.js';

/** @import { Readable } from 'node:stream' */
/** @import { Check, Context, Report } from '../check.js' */

const WRANGLER = fileURLToPath(new URL('../node_modules/wrangler/bin/wrangler.js', import.meta.url));
const COMPATIBILITY_DATE = '2026-04-01';

/** What `wrangler deploy` would upload. @param {Context} context @param {string} suite @param {string} [before] */
async function deployable({ project, folder }, suite, before = '') {
  const worker = await folder(`workerd-${suite}`);
  await cp(join(project, 'node_modules'), join(worker, 'node_modules'), { recursive: true });
  await cp(join(project, `${suite}.js`), join(worker, `${suite}.js`));
  await writeFile(
    join(worker, 'worker.js'),
    `${before}
import { runSuite } from './${suite}.js';
export default { fetch: async () => Response.json(await runSuite()) };
`,
  );
  const config = { name: 'matrix', main: 'worker.js', compatibility_date: COMPATIBILITY_DATE, send_metrics: false };
  await writeFile(join(worker, 'wrangler.json'), JSON.stringify(config));
  await run(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', 'out'], {
    cwd: worker,
    env: { WRANGLER_SEND_METRICS: 'false', CI: '1' },
  });
  return join(worker, 'out');
}

/** @param {string} out @returns {Promise<Report>} */
async function served(out) {
  const server = new Miniflare({
    compatibilityDate: COMPATIBILITY_DATE,
    modules: true,
    modulesRoot: out,
    scriptPath: join(out, 'worker.js'),
    modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
    // Its allocator complains of limits on addresses that mean nothing here.
    handleRuntimeStdio: (/** @type {Readable} */ stdout, /** @type {Readable} */ stderr) => {
      stdout.resume();
      stderr.resume();
    },
  });
  try {
    const response = await server.dispatchFetch('http://localhost/');
    if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).slice(0, 1000)}`);
    return /** @type {Report} */ (await response.json());
  } finally {
    await server.dispose();
  }
}

/** @param {string} name @param {string} suite @param {string} [before] @returns {Check} */
const check = (name, suite, before) => ({
  runtime: 'workerd',
  name,
  version: () => versionOf('workerd'),
  run: async (context) => served(await deployable(context, suite, before)),
});

/** @type {Check[]} */
export const checks = [
  { ...check('import', 'suite'), ci: 'whole' },
  check(
    'slim',
    'suite-slim',
    `import module from 'center-loss/center-loss.wasm';
import { initSync } from 'center-loss/slim';
initSync({ module });`,
  ),
  check('js', 'suite-js'),
  {
    runtime: 'wrangler',
    name: 'dry run',
    version: () => versionOf('wrangler'),
    run: async (context) => {
      const out = await deployable(context, 'suite');
      const files = await readdir(out);
      const modules = files.filter((file) => file.endsWith('.wasm'));
      const [module, ...others] = modules;
      if (module === undefined || others.length > 0) {
        throw new Error(`expected one .wasm file, got ${files.join(', ')}`);
      }
      const size = (await readFile(join(out, module))).length;
      const script = await readFile(join(out, 'worker.js'), 'utf8');
      // The bytes that a bundle holds as text are those of a module if they start so.
      if (script.includes('0061736d01000000')) throw new Error('the script holds the bytes of a module');
      return `${size} bytes of wasm`;
    },
  },
];
