// @ts-check
/** `./build.sh bench coldstart`: how long until the first loss. Contenders take turns within each round. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPacked } from '../../scripts/install-packed.js';
import { spread } from '../summary.js';
import { duration } from '../table.js';
import { startOf } from './in-node.js';
import { bundle, firstCallOf } from './in-workerd.js';

/** @import { Spread } from '../summary.js' */
/** @typedef {{ name: string, run: () => Record<string, number> | Promise<Record<string, number>> }} Contender */
/** @typedef {{ name: string, missing?: string, figures?: Record<string, Spread> }} Row */

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const ROUNDS = options.quick ? 3 : 21;

const HERE = fileURLToPath(new URL('.', import.meta.url));
const OUT = fileURLToPath(new URL('../../build/coldstart', import.meta.url));
const PROJECT = join(OUT, 'project');

const OURS = ['center-loss', 'center-loss-slim', 'center-loss-js'];
const PEERS = ['tfjs-wasm', 'onnxruntime-web'];
const WORKERS = ['center-loss', 'center-loss-js', 'tfjs-cpu', 'tfjs-wasm'];
/** What every process and worker takes that does nothing. */
const NOTHING = 'nothing';
/** The sum of so many float32 squares differs in its last digits from one way to another. */
const TOLERANCE = 1e-4;

await rm(OUT, { recursive: true, force: true });
await installPacked(PROJECT);
await cp(join(HERE, 'programs'), PROJECT, { recursive: true });
console.log(`Node ${process.versions.node}, ${cpus()[0]?.model}, ${ROUNDS} rounds: median (least–most)\n`);

const inNode = await measure([
  ...[NOTHING, ...OURS].map((name) => ({ name, run: () => startOf(`${name}.js`, PROJECT) })),
  ...PEERS.map((name) => ({ name, run: () => startOf(`${name}.js`, join(HERE, 'programs')) })),
]);
print('Node', inNode, {
  wall: 'whole process',
  importing: 'import',
  after: 'then to the first loss',
  ms: 'both',
});

const workers = await Promise.all(
  [NOTHING, ...WORKERS].map(async (name) => {
    const paths = [join(PROJECT, 'node_modules'), join(HERE, 'node_modules')];
    const modules = await bundle(join(HERE, 'workers', `${name}.js`), paths);
    return { name, run: () => firstCallOf(modules) };
  }),
);
const inWorkerd = await measure(workers);
print('workerd', inWorkerd, { ready: 'until it is ready', ms: 'first call beyond a later one' });

await mkdir(join(HERE, '../out'), { recursive: true });
await writeFile(join(HERE, '../out/coldstart.json'), JSON.stringify({ rounds: ROUNDS, inNode, inWorkerd }));

/** @param {Contender[]} contenders @returns {Promise<Row[]>} */
async function measure(contenders) {
  /** @type {Map<string, Record<string, number>[]>} */
  const samples = new Map(contenders.map(({ name }) => [name, []]));
  /** @type {Map<string, string>} */
  const missing = new Map();
  /** @type {number | undefined} */
  let agreed;
  // The first round is to fill the caches of the disk.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, run } of contenders) {
      if (missing.has(name)) continue;
      try {
        const { loss = Number.NaN, ...figures } = await run();
        if (name !== NOTHING) {
          agreed ??= loss;
          if (!(Math.abs(loss / agreed - 1) < TOLERANCE)) throw new Error(`its loss is ${loss}, not ${agreed}`);
        }
        if (round > 0) samples.get(name)?.push(figures);
      } catch (error) {
        missing.set(name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  return contenders.map(({ name }) => {
    const reason = missing.get(name);
    if (reason !== undefined) return { name, missing: reason };
    const taken = samples.get(name) ?? [];
    const kinds = Object.keys(taken[0] ?? {});
    const figures = kinds.map((kind) => [kind, spread(taken.map((figures) => figures[kind] ?? Number.NaN))]);
    return { name, figures: Object.fromEntries(figures) };
  });
}

/** @param {string} title @param {Row[]} rows @param {Record<string, string>} kinds */
function print(title, rows, kinds) {
  const ours = rows.find(({ name }) => name === 'center-loss')?.figures?.ms?.median ?? Number.NaN;
  const ms = (/** @type {number} */ value) => duration(value * 1e6);
  const lines = rows.map(({ name, missing, figures }) => {
    if (missing !== undefined) return [name, `does not run here: ${missing.split('\n')[0]?.slice(0, 100)}`];
    const cells = Object.keys(kinds).map((kind) => {
      const { median, min, max } = figures?.[kind] ?? { median: NaN, min: NaN, max: NaN };
      return `${ms(median)} (${ms(min)}–${ms(max)})`;
    });
    const ratio = (figures?.ms?.median ?? NaN) / ours;
    return [name, ...cells, name === NOTHING ? '' : `${ratio.toFixed(1)}×`];
  });
  const head = [title, ...Object.values(kinds), 'to ours'];
  const widths = head.map((_, column) =>
    Math.max(
      ...[head, ...lines].filter((line) => line.length === head.length).map((line) => line[column]?.length ?? 0),
    ),
  );
  const text = [head, ...lines].map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  console.log(`${text.join('\n')}\n`);
}
