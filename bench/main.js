// @ts-check

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { outcomes } from './goals.js';
import { describe } from './machine.js';
import { newerNode, runSuiteOn } from './nodes.js';
import { openPeers } from './peers.js';
import { progress } from './progress.js';
import { reportHtml } from './report.js';
import { onEveryNode, works } from './shapes.js';
import { runSuite } from './suite.js';
import { goalTable, table } from './table.js';

const usage = `usage: node bench/main.js [--quick] [--out FOLDER] [FILTER...]

  --quick       fewer rounds
  --out FOLDER  where report.html and report.json, every figure and sample, go (default bench)
  FILTER        only works whose name contains one of these: gradients, 256x128x960, predict-1x ...

PYTHON names the python to look for torch in (default python3). docs/performance.md says how it is measured.`;

const legend = `time      median over the rounds; in a round each takes its turn
× form    time over that form's in the same round: median (quartiles)
× bound   time over the least that this machine needs: bytes in and out at the rate of a loop that only moves them, or
          the multiply-adds at the rate of one that does nothing else`;

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('.', import.meta.url)) },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/**
 * What report.json holds.
 *
 * @typedef {object} Report
 * @property {boolean} whole  every work, with all rounds
 * @property {number} seconds
 * @property {import('./suite.js').Run[]} runs  with the peers first, then on another Node
 */

async function main() {
  const chosen = works.filter(({ id }) => filters.length === 0 || filters.some((filter) => id.includes(filter)));
  if (options.help || chosen.length === 0) {
    console.log(options.help ? usage : `no work matches; there are ${works.map(({ id }) => id).join(', ')}`);
    process.exitCode = options.help ? 0 : 2;
    return;
  }
  const started = performance.now();
  const newer = newerNode();
  const chosenAgain = newer ? chosen.filter((work) => onEveryNode.includes(work)) : [];
  const effort = options.quick ? 'quick' : 'full';

  process.stderr.write('starting the peers\n');
  const against = await openPeers();
  const watch = progress(chosen.length + chosenAgain.length);
  /** @type {import('./suite.js').Run[]} */
  const runs = [];
  /** @param {number} before  works that are done */
  const handlers = (before) => ({
    /** @param {import('./machine.js').Machine} facts */
    onStart: (facts) => watch.print(`${describe(facts)}\n\n${before === 0 ? `${legend}\n` : ''}`),
    /** @param {number} done @param {string} work */
    onProgress: (done, work) => watch.show(before + done, work),
    /** @param {import('./run.js').Result} result */
    onResult: (result) => watch.print(table(result)),
  });
  try {
    runs.push(await runSuite(chosen, effort, { against, ...handlers(0) }));
    // A second process would take turns with nobody, so nothing else may run beside it.
    for (const { close } of against.peers) close?.();
    if (newer && chosenAgain.length > 0) {
      runs.push(await runSuiteOn(newer, chosenAgain, effort, handlers(chosen.length)));
    }
  } finally {
    watch.stop();
    for (const { close } of against.peers) close?.();
  }
  for (const { machine, works: results } of runs) {
    const goals = outcomes(results);
    if (goals.length > 0) console.log(goalTable(machine.node, goals));
  }
  if (!newer) console.log('no newer Node: npm ci --prefix bench/peers brings one\n');

  /** @type {Report} */
  const report = {
    whole: chosen.length === works.length && !options.quick,
    seconds: Math.round((performance.now() - started) / 1000),
    runs,
  };
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'report.json'), JSON.stringify(report));
  const html = join(options.out, 'report.html');
  writeFileSync(html, await reportHtml(report));
  console.log(`${html}: ${report.seconds} s`);
}

await main();
