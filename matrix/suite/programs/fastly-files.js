import './fastly-build.js';
import { runSuite } from './suite.js';

console.log(`REPORT ${JSON.stringify(await runSuite({ which: (suite) => suite.startsWith('files/') }))}`);
addEventListener('fetch', (event) => event.respondWith(new Response()));
