// @ts-check

import { parseArgs } from 'node:util';
import { OUT, writeFigure } from '../figure.js';
import { host } from '../machine.js';
import { progress } from '../progress.js';
import { scalingPlot } from './plot.js';
import { axisTable, offTheLine } from './report.js';
import { AXES, BASE, sweep } from './sweep.js';

const usage = `usage: node bench/scaling/main.js [--quick] [--docs] [--out FOLDER]

  --quick  sizes up to 1,000 in seconds
  --docs   the picture into docs/, too
  --out    where scaling.json and scaling.png go (default bench/out)`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    out: { type: 'string', default: OUT },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** @type {{ full: import('../measure.js').Effort, quick: import('../measure.js').Effort }} */
const efforts = {
  full: { warmMs: 20, sampleMs: 2, workMs: 120, minRounds: 3, maxRounds: 40 },
  quick: { warmMs: 2, sampleMs: 0.5, workMs: 10, minRounds: 2, maxRounds: 10 },
};
const SWEEPS = 2;

async function main() {
  // Two a decade, so that some are no multiple of four.
  const sizes = Array.from({ length: options.quick ? 7 : 13 }, (_, half) => Math.round(10 ** (half / 2)));
  const machine = host();
  const machineText = `${machine.cpu}, Node ${machine.node}`;
  console.log(`${machineText}, load ${machine.load.toFixed(1)}; B = D = C = ${BASE.B} but for the one that varies\n`);
  const watch = progress(AXES.length * sizes.length * SWEEPS);
  let done = 0;
  try {
    const curves = await sweep(sizes, options.quick ? efforts.quick : efforts.full, SWEEPS, (axis, n) =>
      watch.show(done++, `${axis} = ${n}`),
    );
    for (const axis of AXES) watch.print(`${axisTable(curves.filter((curve) => curve.axis === axis))}\n`);
    watch.print(offTheLine(curves));
    await writeFigure('scaling', { machine, base: BASE, curves }, scalingPlot(curves, machineText), options);
  } finally {
    watch.stop();
  }
}

if (options.help) console.log(usage);
else await main();
