// @ts-check
// Usage: node bench/open-set/main.js [--quick] — the losses and scores of center-loss beside PyTorch, on one
// thread each. PYTHON names the python to look for torch in.

import { parseArgs } from 'node:util';
import { columns } from '../columns.js';
import { makeData } from '../data.js';
import { measure, timed } from '../measure.js';
import { assertAgrees } from '../reference.js';
import { efforts } from '../suite.js';
import { ratios, spread } from '../summary.js';
import { duration, range } from '../table.js';
import { NO_TORCH, startTorch } from '../torch-process.js';
import { works } from './works.js';

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const effort = quick ? efforts.quick : { ...efforts.full, workMs: 1500 };

/** @type {import('../shapes.js').Shape[]} */
const SHAPES = [10, 100, 1000].map((C) => ({ B: 256, D: 128, C }));

const torch = await startTorch('open-set/torch_losses.py');
console.log(
  torch.versions ? `torch ${torch.versions.torch}, Node ${process.versions.node}, one thread each` : NO_TORCH,
);
for (const shape of SHAPES) {
  const rows = [];
  const data = { ...makeData(shape), logits: logitsOf(shape) };
  for (const { title, torch: method, ours } of works) {
    // Anew for each: some works move the centers.
    if (torch.versions) await torch.load({ shape: [shape.B, shape.D, shape.C], ...data });
    const mine = ours(shape, data);
    const peers = torch.versions ? [torch.contender('PyTorch', method)] : [];
    for (const { outcome, tolerance } of peers) {
      assertAgrees(`${title}, PyTorch`, await outcome(), mine.outcome(), tolerance);
    }
    const [own, peer] = await measure(
      [{ name: 'ours', group: 'ours', tolerance: 0, outcome: mine.outcome, time: timed(mine.run) }, ...peers],
      effort,
    );
    mine.dispose();
    if (own) {
      const times = peer ? range(ratios(peer.samples, own.samples)) : '';
      rows.push([title, duration(spread(own.samples).median), times]);
    }
  }
  console.log(
    `\n${columns([[`B = ${shape.B}, D = ${shape.D}, C = ${shape.C}`, 'ours', 'PyTorch over ours'], ...rows])}`,
  );
}
torch.close();

/** @param {import('../shapes.js').Shape} shape */
function logitsOf({ B, C }) {
  return makeData({ B, D: C, C: 1 }, 2).x;
}
