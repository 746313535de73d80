import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { init } from 'center-loss/slim';
import { runSuite } from './suite-slim.js';

await init(readFile(fileURLToPath(import.meta.resolve('center-loss/center-loss.wasm'))));
console.log(`REPORT ${JSON.stringify(await runSuite())}`);
