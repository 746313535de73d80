// @ts-check
// Usage: node scripts/instruction-counts.js [--update] — counts the WebAssembly instructions that the main calls of dist/
// execute, and fails if one takes over 5 % more than bench/instructions/counts.json says; --update renews that file.
// Another compiler gives other code, so the changes are then shown but not judged.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { advice, compare, countAll } from '../bench/instructions/counts.js';
import { text } from '../bench/table.js';

const { update } = parseArgs({ options: { update: { type: 'boolean', default: false } } }).values;
const file = new URL('../bench/instructions/counts.json', import.meta.url);

const counts = await countAll();
const compiler = readFileSync(new URL('../build/compiler.txt', import.meta.url), 'utf8').trim();
if (update) writeFileSync(file, `${JSON.stringify({ compiler, counts }, null, 2)}\n`);
/** @type {{ compiler: string, counts: Record<string, number> }} */
const committed = JSON.parse(readFileSync(file, 'utf8'));
const changes = compare(committed.counts, counts);

const grouped = (/** @type {number | undefined} */ value) => value?.toLocaleString('en') ?? '–';
const percent = (/** @type {number} */ change) => (Number.isNaN(change) ? '–' : `${(100 * change).toFixed(1)} %`);
console.log(
  text([
    ['instructions, B×D×C', 'committed', 'now', 'change', ''],
    ...changes.map(({ name, before, after, change, verdict }) => [
      name,
      grouped(before),
      grouped(after),
      percent(change),
      verdict,
    ]),
  ]),
);

if (compiler !== committed.compiler) {
  console.log(`not judged: built by ${compiler}, the file's counts by ${committed.compiler}`);
} else {
  const { passed, text: what } = advice(changes);
  if (what) console.error(`${what} (node scripts/instruction-counts.js --update)`);
  if (!passed) process.exitCode = 1;
}
