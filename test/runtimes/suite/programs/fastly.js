import './fastly-build.js';
import { CenterLoss } from 'center-loss';
import { runSuite } from './suite.js';

// Too long for an interpreter, or ('files/centers') more than the heap of this engine holds. The check writes in here what
// else it leaves out, and which part of how many this is.
const without = [
  'memory',
  'properties',
  'open-set/memory',
  'open-set/center-loss-float64',
  'files/centers',
  ...'ALSO_WITHOUT'.split(' '),
];
const which = (_, index) => index % Number('ALL_PARTS') === Number('THIS_PART');
console.log(`REPORT ${JSON.stringify(await runSuite({ without, which }))}`);
addEventListener('fetch', (event) => event.respondWith(Response.json(new CenterLoss(3, 2).evaluate([1, 2], [0]))));
