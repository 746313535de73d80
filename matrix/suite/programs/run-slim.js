import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { init, initOpenSet } from 'center-loss/slim/open-set';
import { runSuite } from './suite-slim.js';

const file = (/** @type {string} */ name) => readFile(fileURLToPath(import.meta.resolve(name)));
await init(file('center-loss/center-loss.wasm'));
await initOpenSet(file('center-loss/open-set.wasm'));
console.log(`REPORT ${JSON.stringify(await runSuite())}`);
