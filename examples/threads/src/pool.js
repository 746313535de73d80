// @ts-check
/** Threads that stay, since starting one takes longer than a small run. */
import { Worker } from 'node:worker_threads';

/** @import { Job } from './job.js' */

const WORKER = new URL('./worker.js', import.meta.url);

export class Pool {
  #job;
  #workers;
  /** Rejected by the first thread that fails, else pending: every wait for a thread waits for this promise too. */
  #failed;
  #isRunning = false;

  /** @param {Job} job @param {Worker[]} workers */
  constructor(job, workers) {
    this.#job = job;
    this.#workers = workers;
    this.#failed = new Promise((_, reject) => {
      for (const [index, worker] of workers.entries()) {
        worker.on('error', reject);
        // Comes after an error too, which then has been reported already.
        worker.on('exit', (code) =>
          reject(new Error(`thread ${index + 1} of ${workers.length} ended with code ${code}`)),
        );
      }
    });
    // A failure while nobody waits is for the next run to report.
    this.#failed.catch(() => {});
  }

  /**
   * @param {Job} job @param {number} threads @param {URL} [script] what runs in each
   * @returns {Promise<Pool>} once all are ready @throws whatever one of them throws
   */
  static async start(job, threads, script = WORKER) {
    const pool = new Pool(
      job,
      Array.from({ length: threads }, () => new Worker(script, { workerData: job })),
    );
    try {
      await pool.#answers();
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return pool;
  }

  get threads() {
    return this.#workers.length;
  }

  /**
   * Classifies all rows of the job.
   * @returns {Promise<number[]>} rows that each thread did @throws whatever a thread throws; the pool is of no use then
   */
  async run() {
    // Two runs would take each other's blocks.
    if (this.#isRunning) throw new Error('this pool is at work: wait for its run to end');
    this.#isRunning = true;
    try {
      Atomics.store(this.#job.nextBlock, 0, 0);
      const answers = this.#answers();
      for (const worker of this.#workers) worker.postMessage('run');
      return await answers;
    } finally {
      this.#isRunning = false;
    }
  }

  async stop() {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** The next message of every thread. @returns {Promise<number[]>} */
  #answers() {
    const answers = this.#workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
    return Promise.race([Promise.all(answers), this.#failed]);
  }
}
