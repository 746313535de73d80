// @ts-check

import { parseArgs } from 'node:util';
import { OUT, writeFigure } from '../figure.js';
import { host } from '../machine.js';
import { progress } from '../progress.js';
import { GRID, QUICK_GRID, shapesOf } from './grid.js';
import { efficiencyPlot } from './plot.js';
import { byKind, coldest } from './report.js';
import { survey } from './survey.js';

const usage = `usage: node bench/efficiency/main.js [--quick] [--docs] [--out FOLDER]

  --quick  18 shapes in place of 700
  --docs   the picture into docs/, too
  --out    where shapes.json and shapes.png go (default bench/out)`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    out: { type: 'string', default: OUT },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** @type {import('../measure.js').Effort} */
const effort = { warmMs: 1, sampleMs: 0.2, workMs: 20, minRounds: 3, maxRounds: 10 };
const SWEEPS = 2;

async function main() {
  const shapes = shapesOf(options.quick ? QUICK_GRID : GRID);
  const machine = host();
  const machineText = `${machine.cpu}, Node ${machine.node}`;
  console.log(`${machineText}, load ${machine.load.toFixed(1)}\n`);
  const watch = progress(shapes.length * SWEEPS);
  let done = 0;
  try {
    const spots = await survey(shapes, effort, SWEEPS, ({ B, D, C }) => watch.show(done++, `${B} × ${D} × ${C}`));
    watch.print(`${byKind(spots)}\n\n${coldest(spots, 10)}`);
    await writeFigure('shapes', { machine, spots }, efficiencyPlot(spots, machineText), options);
  } finally {
    watch.stop();
  }
}

if (options.help) console.log(usage);
else await main();
