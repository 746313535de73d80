import { runSuite } from './suite-js.js';

console.log(`REPORT ${JSON.stringify(await runSuite())}`);
