// @ts-check
/** A thread: it classifies blocks of rows that all threads share, with an engine of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { OpenSetClassifier } from 'center-loss';

/** @import { Job } from './pool.js' */

const classifier = OpenSetClassifier.load(workerData);

/** Takes blocks until none is left. @param {Job} job @returns {number} rows that this thread did */
function classifyBlocks({ x, labels, scores, nextBlock, blockRows }) {
  const { nDim } = classifier;
  for (let done = 0; ; ) {
    // The addition is atomic, so no two threads get the same block.
    const first = Atomics.add(nextBlock, 0, 1) * blockRows;
    if (first >= labels.length) return done;
    const end = Math.min(first + blockRows, labels.length);
    const block = classifier.classify(x.subarray(first * nDim, end * nDim));
    labels.set(block.labels, first);
    scores.set(block.scores, first);
    done += end - first;
  }
}

parentPort?.on('message', (job) => parentPort?.postMessage(classifyBlocks(job)));
