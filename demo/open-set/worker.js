// @ts-check
/** A thread that trains: jobs come as messages, and steps and results go back. */

import { parentPort } from 'node:worker_threads';
import { startBackend } from '../backend.js';
import { loadMnist } from '../mnist.js';
import { normalization } from '../pixels.js';
import { useConvolutionGradient } from './convolution.js';
import { loadFashion } from './fashion.js';
import { runJob } from './job.js';

/** @import { Job, Trained } from './job.js' */

/** @typedef {{ steps: number } | { trained: Trained }} Message */

const STEPS_A_MESSAGE = 10;

await startBackend();
useConvolutionGradient();
const mnist = await loadMnist();
const data = { mnist, fashion: await loadFashion(), table: normalization(mnist.train) };

parentPort?.on('message', (/** @type {Job} */ job) => {
  let steps = 0;
  const send = (/** @type {Message} */ message) => parentPort?.postMessage(message);
  const trained = runJob(job, data, () => {
    steps += 1;
    if (steps % STEPS_A_MESSAGE === 0) send({ steps: STEPS_A_MESSAGE });
  });
  send({ steps: steps % STEPS_A_MESSAGE });
  send({ trained });
});
