// @ts-check
// Usage: node bench/init/main.js [--quick] — new CenterLoss with initial values beside torch.nn.init, on one thread
// each. Ours includes the memory and the object; PyTorch fills a tensor that is there. PYTHON names the python to look
// for torch in.

import { parseArgs } from 'node:util';
import { CenterLoss } from 'center-loss';
import { columns } from '../columns.js';
import { measure, timed } from '../measure.js';
import { efforts } from '../suite.js';
import { ratios, spread } from '../summary.js';
import { duration, range } from '../table.js';
import { NO_TORCH, startTorch } from '../torch-process.js';

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const effort = quick ? efforts.quick : { ...efforts.full, workMs: 3000 };

/** Most time of ours, over PyTorch's. LAPACK has wider vectors than WebAssembly. */
const GOALS = { normal: 1, orthogonal: 2 };
/** @type {{ init: 'normal' | 'orthogonal', C: number, D: number }[]} */
const WORKS = [
  { init: 'normal', C: 960, D: 128 },
  { init: 'normal', C: 10_000, D: 512 },
  { init: 'orthogonal', C: 128, D: 128 },
  { init: 'orthogonal', C: 500, D: 512 },
  { init: 'orthogonal', C: 1000, D: 512 },
];

const torch = await startTorch('init/torch_init.py');
console.log(
  torch.versions ? `torch ${torch.versions.torch}, Node ${process.versions.node}, one thread each` : NO_TORCH,
);
const rows = [];
for (const { init, C, D } of WORKS) {
  if (torch.versions) await torch.load({ shape: [1, D, C] });
  const run = () => {
    const loss = new CenterLoss(C, D, { init, seed: 1 });
    loss.dispose();
    return loss;
  };
  const peers = torch.versions ? [torch.contender('PyTorch', init)] : [];
  const [own, peer] = await measure(
    [{ name: 'ours', group: 'ours', tolerance: 0, outcome: () => ({}), time: timed(run) }, ...peers],
    effort,
  );
  if (!own) continue;
  const times = peer ? ratios(own.samples, peer.samples) : undefined;
  const mark = times ? (times.median <= GOALS[init] ? '✓' : '✗') : '';
  rows.push([
    `${init} ${C} × ${D}`,
    duration(spread(own.samples).median),
    peer ? duration(spread(peer.samples).median) : '',
    times ? range(times) : '',
    times ? `≤ ${GOALS[init]} ${mark}` : '',
  ]);
}
console.log(`\n${columns([['init', 'ours', 'PyTorch', 'ours over PyTorch', 'goal'], ...rows])}`);
torch.close();
