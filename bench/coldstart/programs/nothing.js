import { report } from './data.js';

await report(async () => () => 0);
