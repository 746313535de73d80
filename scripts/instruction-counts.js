// @ts-check
// Usage: node scripts/instruction-counts.js [--write] — counts the WebAssembly instructions that the main kernels of
// dist/ execute, and fails if one takes over 5 % more than bench/instructions/counts.json says; --write renews that file.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { columns } from '../bench/columns.js';
import { advice, compare } from '../bench/instructions/compare.js';
import { countAll } from '../bench/instructions/kernels.js';

const { write } = parseArgs({ options: { write: { type: 'boolean', default: false } } }).values;
const file = new URL('../bench/instructions/counts.json', import.meta.url);

const now = countAll();
if (write) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
const changes = compare(JSON.parse(readFileSync(file, 'utf8')), now);
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

const { passed, text } = advice(changes);
if (text) console.error(`${text} (node scripts/instruction-counts.js --write)`);
if (!passed) process.exitCode = 1;
