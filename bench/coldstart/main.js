// @ts-check
/** `./build.sh bench coldstart`: how long until the first loss. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPacked } from '../../scripts/install-packed.js';
import { progress } from '../progress.js';
import { makeForms } from './forms.js';
import { nodes, startOf } from './in-node.js';
import { bundle, startWorkerd } from './in-workerd.js';
import packages from './package.json' with { type: 'json' };
import { inRounds } from './rounds.js';
import { table } from './table.js';

/** @import { Row } from './rounds.js' */
/** @typedef {{ title: string, columns: Record<string, string>, rows: Row[] }} Result */

const usage = `usage: node bench/coldstart/main.js [--quick]

  --quick  3 rounds instead of 21

Milliseconds, median (least–most) over the rounds; × is the time to that of ours in the same round. All compute the
center loss of 256 embeddings of 128 dimensions and 960 classes, and must agree on it. Every figure and sample is
written to bench/out/coldstart.json.`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const ROUNDS = options.quick ? 3 : 21;
const HERE = fileURLToPath(new URL('.', import.meta.url));
const BUILT = fileURLToPath(new URL('../../build/coldstart', import.meta.url));
const OUT = fileURLToPath(new URL('../out', import.meta.url));
const PROJECT = join(BUILT, 'project');

/** What every process and worker takes that does nothing. */
const NOTHING = 'nothing';
const OURS = ['center-loss', 'center-loss-slim', 'center-loss-js'];
const PEERS = ['tfjs-wasm', 'onnxruntime-web'];
const WORKERS = ['center-loss', 'center-loss-js', 'tfjs-cpu', 'tfjs-wasm', 'tfjs-wasm-as-module'];
const EMPTY = 'empty-package';
/** workerd compiles no bytes, which is all that this one has. */
const REFUSED = 'tfjs-wasm';

/** @returns {Promise<Result[]>} */
async function measure() {
  await rm(BUILT, { recursive: true, force: true });
  await installPacked(PROJECT);
  await cp(join(HERE, 'programs'), PROJECT, { recursive: true });
  const forms = await makeForms(PROJECT);
  const workers = Object.fromEntries(
    await Promise.all(
      [NOTHING, ...WORKERS].map(async (name) => {
        const paths = [join(PROJECT, 'node_modules'), join(HERE, 'node_modules')];
        return [name, await bundle(join(HERE, 'workers', `${name}.js`), paths)];
      }),
    ),
  );

  const all = nodes();
  const watch = progress(2 * all.length + 1);
  /** @type {Result[]} */
  const results = [];
  /** @param {string} title @param {import('./rounds.js').Contender[]} contenders @param {Record<string, string>} columns */
  const compare = async (title, contenders, columns) => {
    const rows = await inRounds(contenders, ROUNDS, 'ms', (done) => watch.show(results.length + done, title));
    results.push({ title, columns, rows });
    watch.print(table(title, rows, columns));
  };
  try {
    for (const node of all) {
      const places = [...[NOTHING, ...OURS].map((name) => [name, PROJECT]), ...PEERS.map((name) => [name, HERE])];
      await compare(
        `Node ${node.version}`,
        places.map(([name = '', place = '']) => ({
          name,
          idle: name === NOTHING,
          run: () => startOf(node, place, place === HERE ? `programs/${name}.js` : `${name}.js`),
        })),
        { wall: 'whole process', importing: 'import', after: 'then to the first loss', ms: 'both' },
      );
    }
    for (const node of all) {
      await compare(
        `Node ${node.version}, our steps`,
        forms.map((name) => ({ name, idle: name === EMPTY, run: () => startOf(node, PROJECT, 'steps.js', name) })),
        {
          importing: 'import',
          decode: 'decode',
          compile: 'compile',
          instantiate: 'instantiate',
          construct: 'construct',
          evaluate: 'evaluate',
          ms: 'all',
          again: 'evaluate again',
        },
      );
    }
    const workerd = await startWorkerd(workers);
    try {
      await compare(
        'workerd',
        [NOTHING, ...WORKERS].map((name) => ({ name, idle: name === NOTHING, run: () => workerd.firstCallOf(name) })),
        { start: 'isolate start', call: 'then to the first loss', ms: 'both', request: 'a warm request' },
      );
    } finally {
      await workerd.stop();
    }
  } finally {
    watch.stop();
  }
  return results;
}

async function main() {
  if (options.help) {
    console.log(usage);
    return;
  }
  const machine = {
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    load: loadavg()[0],
    versions: packages.dependencies,
  };
  console.log(`${machine.cpu}, ${machine.cores} cores (load ${machine.load?.toFixed(1)}), ${ROUNDS} rounds`);
  console.log('ms: median (least–most); × is to center-loss in the same round\n');
  const results = await measure();
  await mkdir(OUT, { recursive: true });
  await writeFile(join(OUT, 'coldstart.json'), JSON.stringify({ machine, rounds: ROUNDS, results }));
  const failed = results.flatMap(({ title, rows }) =>
    rows
      .filter(({ name, missing }) => missing !== undefined && name !== REFUSED)
      .map(({ name, missing }) => `${title}, ${name}: ${missing}`),
  );
  for (const failure of failed) console.error(failure);
  if (failed.length > 0) process.exitCode = 1;
}

await main();
