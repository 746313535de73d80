// @ts-check
// Command line of the bench: runs the cases of a suite, prints tables, and writes them to files.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PICTURES, writePicture } from '../scripts/charts/render.js';
import { openBaselines } from './baselines/index.js';
import { suites } from './cases.js';
import { jobBars } from './chart.js';
import { describe, hosts } from './hosts.js';
import { openLimits } from './limits.js';
import { fill, tables, targetCells } from './report.js';
import { efforts, run } from './run.js';
import { heatMap, summary, survey } from './shapes.js';
import { tableOf, text } from './table.js';

/** @import { Case, Report, Result, Run } from './types.js' */

const DEFAULT = 'speed';
const usage = `usage: node bench/main.js [SUITE] [--quick] [--out FOLDER] [--docs] [--alone] [FILTER...]

  SUITE         ${Object.keys(suites).join(', ')}, shapes (default ${DEFAULT})
  --quick       fewer rounds, and fewer shapes in shapes
  --out FOLDER  where SUITE.json, every figure and sample, and SUITE.md or shapes.png go (default bench/out)
  --docs        the tables of speed go into docs/performance.md, too, and pictures into docs/pictures
  --from FILE   draws and fills in what an earlier run left in SUITE.json, and measures nothing
  --alone       without baselines that need a package, and only on this Node
  FILTER        only cases whose name contains one of these: gradients, 256x128x960, predict-1x ...

PYTHON names the python to look for torch, faiss and scikit-learn in (default python3). docs/performance.md says how it is measured.`;

const INSTALL = 'for what is missing: npm ci --prefix bench/baselines; pip install -r bench/baselines/requirements.txt';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('out', import.meta.url)) },
    docs: { type: 'boolean', default: false },
    from: { type: 'string' },
    alone: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const docs = (/** @type {string} */ file) => fileURLToPath(new URL(`../docs/${file}`, import.meta.url));
const status = (/** @type {string} */ line) => process.stderr.isTTY && process.stderr.write(`\r\x1b[2K${line}\r`);

/** @param {string} suite @param {Case[]} cases @returns {Promise<Run>} */
async function runCases(suite, cases) {
  const { alone } = options;
  const { baselines, versions, close } = await openBaselines({
    packages: suite === DEFAULT && !alone,
    python: !alone && cases.some(({ python }) => python),
  });
  const limits = await openLimits();
  const machine = describe(versions);
  console.log(`${machine.join('\n')}\n`);
  if (Object.values(versions).includes(null)) console.log(`${INSTALL}\n`);
  /** @type {Result[]} */
  const results = [];
  try {
    for (const [i, one] of cases.entries()) {
      status(`${i + 1} of ${cases.length}: ${one.id}`);
      results.push(await run(one, baselines, limits, options.quick ? efforts.quick : efforts.full));
      if (cases[i + 1]?.title === one.title) continue;
      const group = results.filter(({ title }) => title === one.title);
      console.log(`${one.title}\n\n${text(tableOf(group, false))}\n`);
    }
  } finally {
    close();
  }
  return { node: process.versions.node, machine, results };
}

/** The cases with targets on a newer Node, in a process of its own. @param {Case[]} cases @returns {Run[]} */
function runOnNewerNode(cases) {
  const [, newer] = hosts();
  if (!newer) console.log('no newer Node: npm ci --prefix bench/baselines brings one\n');
  const ids = cases.filter(({ targets }) => targets?.length).map(({ id }) => id);
  if (!newer || ids.length === 0) return [];
  const out = join(options.out, 'newer-node');
  const program = [fileURLToPath(import.meta.url), DEFAULT, '--alone', ...(options.quick ? ['--quick'] : [])];
  const { status } = spawnSync(newer.path, [...program, '--out', out, ...ids], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the bench on Node ${newer.version} ended with ${status}`);
  return JSON.parse(readFileSync(join(out, `${DEFAULT}.json`), 'utf8')).runs;
}

/** @param {string} suite @param {string[]} filters */
async function mainCases(suite, filters) {
  const all = suites[suite] ?? [];
  const cases = all.filter(({ id }) => filters.length === 0 || filters.some((filter) => id.includes(filter)));
  if (cases.length === 0) throw new Error(`no case matches; there are ${all.map(({ id }) => id).join(', ')}`);
  const started = performance.now();
  const runs = [await runCases(suite, cases)];
  if (suite === DEFAULT && !options.alone) runs.push(...runOnNewerNode(cases));
  const targets = targetCells(runs);
  if (targets.length > 1 && !options.alone) console.log(`${text(targets)}\n`);

  /** @type {Report} */
  const report = {
    suite,
    whole: cases.length === all.length && !options.quick && !options.alone,
    seconds: Math.round((performance.now() - started) / 1000),
    runs,
  };
  writeFileSync(join(options.out, `${suite}.json`), JSON.stringify(report));
  await publish(report);
}

/** @param {Report} report */
async function publish(report) {
  const { suite, whole, runs } = report;
  const sections = Object.entries(tables(report)).map(([name, table]) => `## ${name}\n\n${table}\n`);
  writeFileSync(join(options.out, `${suite}.md`), sections.join('\n'));
  if (!options.docs) return;
  const [main] = runs;
  if (!main || !whole || suite !== DEFAULT) throw new Error(`--docs takes the whole of ${DEFAULT}, without --quick`);
  writeFileSync(docs('performance.md'), fill(readFileSync(docs('performance.md'), 'utf8'), tables(report)));
  await writePicture(PICTURES, 'performance', (colors) => jobBars(main.results, main.machine, colors));
}

async function mainShapes() {
  const machine = describe();
  console.log(`${machine.join('\n')}\n`);
  const spots = await survey(options.quick, status);
  console.log(summary(spots));
  writeFileSync(join(options.out, 'shapes.json'), JSON.stringify({ machine, spots }));
  await drawShapes({ machine, spots });
}

/** @param {{ machine: string[], spots: import('./shapes.js').Spot[] }} measured */
const drawShapes = ({ machine, spots }) =>
  writePicture(options.docs ? PICTURES : options.out, 'shapes', (colors) => heatMap(spots, machine, colors));

async function main() {
  const [first = DEFAULT, ...rest] = positionals;
  mkdirSync(options.out, { recursive: true });
  if (options.help) {
    console.log(usage);
    return;
  }
  const saved = options.from && JSON.parse(readFileSync(options.from, 'utf8'));
  if (saved) await (saved.spots ? drawShapes(saved) : publish(saved));
  else if (first === 'shapes') await mainShapes();
  else if (first in suites) await mainCases(first, rest);
  else await mainCases(DEFAULT, positionals);
}

await main();
