import { runSuite } from './suite-js.js';

console.log(
  `REPORT ${JSON.stringify(await runSuite({ without: ['memory', 'properties', 'open-set/memory', 'open-set/center-loss-float64'] }))}`,
);
