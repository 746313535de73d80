// @ts-check
import { Worker } from 'node:worker_threads';

/**
 * Work of one call. All arrays are in shared memory: a message carries them to a thread without a copy.
 * @typedef {object} Job
 * @property {Float32Array} x rows [B, nDim]
 * @property {Int32Array} labels results [B]
 * @property {Float32Array} scores results [B]
 * @property {Int32Array} nextBlock [1], the first block that no thread has taken yet
 * @property {number} blockRows
 */

/** @param {number} length */
const sharedInts = (length) => new Int32Array(new SharedArrayBuffer(4 * length));
/** @param {number} length */
export const sharedFloats = (length) => new Float32Array(new SharedArrayBuffer(4 * length));

/** Threads that classify rows together. They stay between calls, since starting one takes longer than a small call. */
export class Pool {
  #nDim;
  #workers;
  /** Rejects when the first thread fails, and stays pending until then. */
  #failed;
  #isRunning = false;

  /** @param {import('center-loss').OpenSetClassifier} classifier each thread gets a copy @param {number} threads */
  constructor(classifier, threads) {
    if (!(threads >= 1)) throw new RangeError(`a pool has at least 1 thread, got ${threads}`);
    const options = { workerData: classifier.save() };
    const script = new URL('./worker.js', import.meta.url);
    this.#nDim = classifier.nDim;
    this.#workers = Array.from({ length: threads }, () => new Worker(script, options));
    this.#failed = Promise.race(
      this.#workers.map(
        (worker) =>
          new Promise((_, reject) => {
            worker.once('error', reject);
            worker.once('exit', (code) => reject(new Error(`a thread ended with code ${code}`)));
          }),
      ),
    );
    // The next call reports a failure that comes between two calls.
    this.#failed.catch(() => {});
  }

  /**
   * Gives the same labels and scores as `classifier.classify(x)`.
   * @param {Float32Array} x rows [B, nDim] in shared memory
   * @param {{ blockRows?: number }} [options] rows that a thread takes at a time: many enough that taking them costs
   * little, and few enough that the threads end at about the same time
   * @throws an error of a thread; the pool cannot be used after that
   */
  async classify(x, { blockRows = 512 } = {}) {
    if (!(x.buffer instanceof SharedArrayBuffer)) throw new TypeError('x must be in shared memory: see sharedFloats');
    // Two calls at a time would mix up the answers of the threads.
    if (this.#isRunning) throw new Error('the pool is busy: wait for the call before this one');
    this.#isRunning = true;
    try {
      // The thread that gets the last block reports rows that are not whole.
      const rows = Math.ceil(x.length / this.#nDim);
      const [labels, scores, nextBlock] = [sharedInts(rows), sharedFloats(rows), sharedInts(1)];
      const answers = this.#workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
      for (const worker of this.#workers) worker.postMessage({ x, labels, scores, nextBlock, blockRows });
      /** @type {number[]} */
      const rowsOfThreads = await Promise.race([Promise.all(answers), this.#failed]);
      return { labels, scores, rowsOfThreads };
    } finally {
      this.#isRunning = false;
    }
  }

  async stop() {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
