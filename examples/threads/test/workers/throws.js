// @ts-check
/** Gets ready as a thread should, and fails at its work. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => {
  throw new TypeError('no such row');
});
parentPort?.postMessage(0);
