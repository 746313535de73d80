import { runSuite } from './suite.js';

console.log(`REPORT ${JSON.stringify(await runSuite())}`);
