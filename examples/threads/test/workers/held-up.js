// @ts-check
/** One of the threads, whichever comes first, stands still in its first block until the others have taken all the rest. */
import { parentPort, workerData } from 'node:worker_threads';
import { ClassCenters } from 'center-loss';
import { classify } from '../../src/classify.js';

/** @type {import('../../src/job.js').Job & { heldUp: Int32Array }} */
const job = workerData;
const { nextBlock, heldUp, rowsAtOnce, classes } = job;

class HeldUp extends ClassCenters {
  /** @override @param {Float32Array} x @param {Float32Array} out */
  distances(x, out) {
    if (Atomics.exchange(heldUp, 0, 1) === 0) {
      while (Atomics.load(nextBlock, 0) * rowsAtOnce < classes.length) Atomics.wait(heldUp, 0, 1, 5);
    }
    return super.distances(x, out);
  }
}

const centers = new HeldUp(job.nClasses, job.nDim);
parentPort?.on('message', () => parentPort?.postMessage(classify(job, centers)));
parentPort?.postMessage(0);
