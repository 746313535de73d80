import './fastly-build.js';
import { CenterLoss } from 'center-loss';
import { runSuite } from './suite.js';

const without = ['memory', 'properties', 'open-set/memory', 'open-set/center-loss-float64'];
// Which suites there are, the check writes in here.
const which = (suite) => suite.startsWith('PART') || ('PART' === 'others' && !suite.startsWith('files/'));
console.log(`REPORT ${JSON.stringify(await runSuite({ without, which }))}`);
addEventListener('fetch', (event) => event.respondWith(Response.json(new CenterLoss(3, 2).evaluate([1, 2], [0]))));
