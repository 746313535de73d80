import { report } from './report.js';

report(async () => (await import('./suite-js.js')).runSuite());
