// @ts-check
/** A thread: an engine of its own, over memory that all share. */
import { parentPort, workerData } from 'node:worker_threads';
import { ClassCenters } from 'center-loss';
import { classify } from './classify.js';

if (parentPort === null) throw new Error('worker.js runs in a thread: start src/main.js');
const port = parentPort;

/** @type {import('./job.js').Job} */
const job = workerData;
const centers = new ClassCenters(job.nClasses, job.nDim);
port.on('message', () => port.postMessage(classify(job, centers)));
// The first message says that the engine is ready.
port.postMessage(0);
