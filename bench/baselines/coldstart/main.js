// @ts-check
// Time until a program has its first loss, in new processes of Node and new isolates of workerd.

import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPacked } from '../../../scripts/install-packed.js';
import { describe, hosts } from '../../hosts.js';
import { inTurn, spread } from '../../measure.js';
import { text } from '../../table.js';
import packages from '../package.json' with { type: 'json' };
import { startWorkerd } from './workerd.js';

/** @typedef {Record<string, number>} Figures  milliseconds by what took them, and `loss` */
/** @typedef {(program: string) => Figures | Promise<Figures>} Start */

const usage = `usage: node bench/baselines/coldstart/main.js [--quick]

  --quick  3 rounds instead of 21

Milliseconds, median (least–most) over the rounds; × is the time to that of center-loss in the same round. All programs
compute the center loss of 256 embeddings of 128 dimensions and 960 classes, and must agree on it; data only makes the
embeddings. Every sample is written to bench/out/coldstart.json.`;

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
});
const ROUNDS = options.quick ? 3 : 21;

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../../build/coldstart/project', import.meta.url));
const OUT = fileURLToPath(new URL('../../out', import.meta.url));

/** Program without a loss, for the time that any process or worker takes. */
const NOTHING = 'data';
const BASE = 'center-loss';
const BASELINES = ['tfjs-wasm', 'onnxruntime-web'];
const IN_NODE = [BASE, 'center-loss-slim', 'center-loss-js', ...BASELINES, NOTHING];
const IN_WORKERD = [BASE, 'center-loss-js', 'tfjs-cpu', NOTHING];

/** Sums of so many squares in float32 differ in their last digits from one way to another. */
const TOLERANCE = 1e-4;

/** @param {string} node @param {string} program @returns {Figures} */
function startProcess(node, program) {
  // Each program finds its packages beside it.
  const folder = join(BASELINES.includes(program) ? HERE : PROJECT, 'programs');
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(node, ['--no-warnings', join(folder, 'run.js'), program], {
    encoding: 'utf8',
  });
  const process = performance.now() - started;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.slice(-1000)}`);
  // Some libraries print other lines first.
  return { process, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
}

/** Programs take turns, after one round that fills the caches of the disk. @param {string[]} programs @param {Start} start */
async function takeTurns(programs, start) {
  /** @type {Record<string, Figures[]>} */
  const samples = Object.fromEntries(programs.map((program) => [program, []]));
  let agreed = Number.NaN;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const program of inTurn(programs, round)) {
      const { loss = Number.NaN, ...figures } = await start(program);
      if (program !== NOTHING) {
        if (Number.isNaN(agreed)) agreed = loss;
        if (!(Math.abs(loss / agreed - 1) < TOLERANCE)) throw new Error(`${program}: loss ${loss}, expected ${agreed}`);
      }
      if (round > 0) samples[program]?.push(figures);
    }
  }
  return samples;
}

/** @param {string} place @param {Record<string, Figures[]>} samples */
function tableOf(place, samples) {
  const range = (/** @type {number[]} */ values) => {
    const { median, min, max } = spread(values);
    return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
  };
  const figures = Object.keys(samples[BASE]?.[0] ?? {});
  return text([
    [place, ...figures, '×'],
    ...Object.entries(samples).map(([program, rounds]) => [
      program,
      ...figures.map((figure) => range(rounds.map((sample) => sample[figure] ?? Number.NaN))),
      range(rounds.map(({ both = Number.NaN }, i) => both / (samples[BASE]?.[i]?.both ?? Number.NaN))),
    ]),
  ]);
}

async function main() {
  if (options.help) {
    console.log(usage);
    return;
  }
  await rm(PROJECT, { recursive: true, force: true });
  await installPacked(PROJECT);
  await cp(join(HERE, 'programs'), join(PROJECT, 'programs'), { recursive: true });
  const machine = describe(packages.dependencies);
  console.log(`${machine.join('\n')}\n${ROUNDS} rounds; ms: median (least–most); × is to ${BASE} in the same round\n`);

  const nodePaths = [join(PROJECT, 'node_modules'), join(HERE, '../node_modules')];
  const workerd = await startWorkerd(IN_WORKERD, join(PROJECT, 'programs'), nodePaths);
  /** @type {Record<string, Record<string, Figures[]>>} */
  const results = {};
  /** @param {string} place @param {string[]} programs @param {Start} start */
  const compare = async (place, programs, start) => {
    results[place] = await takeTurns(programs, start);
    console.log(`${tableOf(place, results[place])}\n`);
  };
  try {
    for (const { path, version } of hosts()) {
      await compare(`Node ${version}`, IN_NODE, (program) => startProcess(path, program));
    }
    await compare('workerd', IN_WORKERD, workerd.firstLoss);
  } finally {
    await workerd.stop();
  }
  await mkdir(OUT, { recursive: true });
  await writeFile(join(OUT, 'coldstart.json'), JSON.stringify({ machine, rounds: ROUNDS, results }));
}

await main();
