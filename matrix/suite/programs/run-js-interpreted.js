import { runSuite } from './suite-js.js';

console.log(
  `REPORT ${JSON.stringify(await runSuite({ without: ['memory', 'properties', 'open-set/center-loss-float64'] }))}`,
);
