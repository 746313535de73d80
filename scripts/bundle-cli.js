// @ts-check
// Usage: node scripts/bundle-cli.js FROM TO.js — the command line as one file with the libraries that it uses inside, and
// their licences. What the package has is imported from the files beside it.
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
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
  legalComments: 'eof',
  metafile: true,
  define: { VERSION: JSON.stringify(version) },
  // CommonJS libraries call this function.
  banner: {
    js: `#!/usr/bin/env node\nimport{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);`,
  },
  plugins: [importShared(root, await sharedNames(root, '.ts'), './core.js', './index.js', './js-engine.js')],
  logLevel: 'warning',
});
await writeFile(to, `${await readFile(to, 'utf8')}${await licences(Object.keys(metafile.inputs))}`);
await chmod(to, 0o755);

/** Lists the libraries inside with their licences, which have to be kept. @param {string[]} inputs */
async function licences(inputs) {
  const folders = new Set(inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? ''));
  /** @type {Map<string, string[]>} */
  const byText = new Map();
  for (const folder of [...folders].filter(Boolean).sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(basename(entry)));
    if (!file || !['MIT', 'ISC'].includes(license))
      throw new Error(`${name}: its licence is ${license}, expected MIT or ISC`);
    const text = (await readFile(join(folder, file), 'utf8')).trim().replaceAll('*/', '* /');
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  return [...byText].map(([text, names]) => `\n/*! ${names.join(', ')}\n\n${text}\n*/\n`).join('');
}
