import './fastly-build.js';
import { CenterLoss } from 'center-loss';
import { runSuite } from './suite.js';

const without = ['memory', 'properties', 'open-set/memory', 'open-set/center-loss-float64'];
const which = (suite) => !suite.startsWith('files/');
console.log(`REPORT ${JSON.stringify(await runSuite({ without, which }))}`);
addEventListener('fetch', (event) => event.respondWith(Response.json(new CenterLoss(3, 2).evaluate([1, 2], [0]))));
