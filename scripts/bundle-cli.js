// @ts-check
// Usage: node scripts/bundle-cli.js FROM TO.js — the command line as one file with the libraries that it uses inside.
// The command line imports the package's own code from the files beside it. build/cli.meta.json lists the libraries.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { importShared, sharedNames } from './shared.js';

const [from = '', to = ''] = process.argv.slice(2);
const root = resolve(from);

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const { metafile } = await build({
  entryPoints: [join(root, 'cli/main.ts')],
  outfile: to,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'node20',
  platform: 'node',
  legalComments: 'none',
  metafile: true,
  define: { VERSION: JSON.stringify(version) },
  // CommonJS libraries call this function.
  banner: {
    js: `#!/usr/bin/env node\nimport{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);`,
  },
  plugins: [importShared(root, await sharedNames(root, '.ts'), './core.js', './index.js', './js-engine.js')],
  logLevel: 'warning',
});
await writeFile('build/cli.meta.json', JSON.stringify(metafile));
await chmod(to, 0o755);
