// @ts-check

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openRoofline } from './contenders/roofline.js';
import { openTfjs } from './contenders/tfjs.js';
import { openTorch } from './contenders/torch.js';
import { describe, machine } from './machine.js';
import { progress } from './progress.js';
import { run } from './run.js';
import { works } from './shapes.js';
import { table } from './table.js';

const usage = `usage: node bench/main.js [--quick] [--json FILE] [FILTER...]

  --quick      fewer rounds, under 40 seconds
  --json FILE  write every figure and sample
  FILTER       only works whose name contains one of these: gradients, 256x128x960, predict-1x ...

PYTHON names the python to look for torch in (default python3).`;

const legend = `time      median over the rounds; in a round each takes its turn
× form    time over that form's in the same round: median (least–most)
of bound  the least this machine needs (bytes in and out at its read rate, or multiply-adds) over the time`;

/** @type {{ full: import('./measure.js').Effort, quick: import('./measure.js').Effort }} */
const efforts = {
  full: { warmMs: 120, sampleMs: 4, workMs: 6500, minRounds: 5, maxRounds: 200 },
  quick: { warmMs: 15, sampleMs: 1, workMs: 350, minRounds: 3, maxRounds: 50 },
};

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function main() {
  const chosen = works.filter(({ id }) => filters.length === 0 || filters.some((filter) => id.includes(filter)));
  if (options.help || chosen.length === 0) {
    console.log(options.help ? usage : `no work matches; there are ${works.map(({ id }) => id).join(', ')}`);
    process.exitCode = options.help ? 0 : 2;
    return;
  }

  process.stderr.write('starting PyTorch and tfjs\n');
  // Python takes seconds to import torch, the others start meanwhile.
  const torchOpening = openTorch();
  const peers = { tfjs: await openTfjs(), torch: await torchOpening, roofline: await openRoofline() };
  try {
    const facts = machine(peers);
    console.log(`${describe(facts)}\n\n${legend}\n`);
    const effort = options.quick ? efforts.quick : efforts.full;
    const watch = progress(chosen.length);
    /** @type {import('./run.js').Result[]} */
    const results = [];
    try {
      for (const work of chosen) {
        const result = await run(work, peers, effort, (done) => watch.show(results.length + done, work.id));
        results.push(result);
        watch.print(table(result));
      }
    } finally {
      watch.stop();
    }
    if (options.json) writeFileSync(options.json, JSON.stringify({ machine: facts, effort, works: results }));
  } finally {
    peers.torch.close();
  }
}

await main();
