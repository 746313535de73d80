// @ts-check
/** Jobs over threads. Which thread does a job does not change what it gives. */

import { Worker } from 'node:worker_threads';

/** @import { Job, Trained } from './job.js' */
/** @import { Message } from './worker.js' */

/**
 * @param {Job[]} jobs done from the first to the last
 * @param {number} threads
 * @param {{ onSteps: (steps: number) => void, onTrained: (job: Job, trained: Trained) => void }} report
 * @returns {Promise<void>} rejects with the first error of a thread; all others are stopped then
 */
export async function runJobs(jobs, threads, { onSteps, onTrained }) {
  const waiting = [...jobs];
  /** @type {Worker[]} */
  const workers = [];
  const work = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.js', import.meta.url));
      workers.push(worker);
      /** @type {Job | undefined} */
      let job;
      const next = () => {
        job = waiting.shift();
        if (job) worker.postMessage(job);
        else resolve(undefined);
      };
      worker.on('error', reject);
      worker.on('message', (/** @type {Message} */ message) => {
        if ('steps' in message) {
          onSteps(message.steps);
        } else if (job) {
          onTrained(job, message.trained);
          next();
        }
      });
      next();
    });
  try {
    await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
