import { report } from './report.js';

report(async () => (await import('./suite.js')).runSuite());
