import './fastly-build.js';
import { CenterLoss } from 'center-loss';
import { runSuite } from './suite.js';

console.log(
  `REPORT ${JSON.stringify(await runSuite({ without: ['memory', 'properties', 'open-set/memory', 'open-set/center-loss-float64'] }))}`,
);
addEventListener('fetch', (event) => event.respondWith(Response.json(new CenterLoss(3, 2).evaluate([1, 2], [0]))));
