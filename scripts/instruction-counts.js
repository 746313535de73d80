// @ts-check
// Usage: node scripts/instruction-counts.js [--write] — counts the WebAssembly instructions that the main kernels of
// dist/ execute, and fails if one takes over 5 % more than bench/instructions/counts.json says; --write renews that file.
// Another compiler than the file's gives other code: then the changes are shown, and judged by nobody.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { columns } from '../bench/columns.js';
import { advice, compare } from '../bench/instructions/compare.js';
import { countAll } from '../bench/instructions/kernels.js';

const { write } = parseArgs({ options: { write: { type: 'boolean', default: false } } }).values;
const file = new URL('../bench/instructions/counts.json', import.meta.url);

const now = countAll();
const compiler = readFileSync(new URL('../build/compiler.txt', import.meta.url), 'utf8').trim();
if (write) writeFileSync(file, `${JSON.stringify({ compiler, counts: now }, null, 2)}\n`);
/** @type {{ compiler: string, counts: import('../bench/instructions/compare.js').Counts }} */
const committed = JSON.parse(readFileSync(file, 'utf8'));
const changes = compare(committed.counts, now);
/** @param {number | undefined} value */
const grouped = (value) => value?.toLocaleString('en') ?? '–';
/** @param {number} change */
const percent = (change) => (Number.isNaN(change) ? '–' : `${change > 0 ? '+' : ''}${(100 * change).toFixed(1)} %`);
console.log(
  columns([
    ['instructions, B×D×C', 'committed', 'now', 'change', ''],
    ...changes.map(({ name, committed, now, change, verdict }) => [
      name,
      grouped(committed),
      grouped(now),
      percent(change),
      verdict === 'same' ? '' : verdict,
    ]),
  ]),
);

if (compiler !== committed.compiler) {
  console.log(`not judged: built by ${compiler}, the file's counts by ${committed.compiler}`);
} else {
  const { passed, text } = advice(changes);
  if (text) console.error(`${text} (node scripts/instruction-counts.js --write)`);
  if (!passed) process.exitCode = 1;
}
