// @ts-check
// Usage: node scripts/api-report.js [--update] — compares the public names and types of every entry, as the build found
// them, with test/package/api/*.api.md, so that a change of them shows in review. With --update it writes them anew.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { update } = parseArgs({ options: { update: { type: 'boolean', default: false } } }).values;

const [found, written] = [await reports('build/api'), await reports('test/package/api')];
if (update) {
  await rm(folder('test/package/api'), { recursive: true, force: true });
  await mkdir(folder('test/package/api'));
  for (const [name, text] of found) await writeFile(join(folder('test/package/api'), name), text);
} else {
  for (const name of new Set([...found.keys(), ...written.keys()])) {
    if (found.get(name) === written.get(name)) continue;
    console.error(`the public API is not what test/package/api/${name} says: look at the change, then run`);
    console.error('  node scripts/api-report.js --update');
    process.exitCode = 1;
  }
}

/** Reads the reports of a folder, by their names. @param {string} path */
async function reports(path) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const name of await readdir(folder(path))) {
    if (name.endsWith('.api.md')) texts.set(name, await readFile(join(folder(path), name), 'utf8'));
  }
  return texts;
}

/** @param {string} path from the root of the repository */
function folder(path) {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
