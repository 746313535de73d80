// @ts-check
/** Gets ready as a thread should, and ends without a word. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => process.exit(7));
parentPort?.postMessage(0);
