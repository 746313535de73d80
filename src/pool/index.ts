/**
 * Classifies large sets of rows on several cores.
 * @packageDocumentation
 * @module center-loss/pool
 */
import { compiledModule } from '../engine/engine.js';
import { type Classification, type Embeddings, OpenSetClassifier } from '../index.js';
import { Disposable, disposedError } from '../memory/dispose.js';
import { newFloats, newIntegers } from '../validate/allocate.js';
import { arrayType, bufferOf, lengthOf, partOf } from '../validate/arrays.js';
import { checkNumber, checkOptions, show } from '../validate/checks.js';
import { asRows, countRows } from '../validate/embeddings.js';
import { CenterLossError, typeName } from '../validate/errors.js';
import { nameOf, namesOf } from '../validate/names.js';
import type { Answer, Block, Start } from './messages.js';
import { cores, startThreads, type Thread } from './threads.js';

/** Options of {@link ClassifierPool.create}. */
export interface ClassifierPoolOptions {
  /** Number of threads, from 1 to 1024. Default: one for each core that the runtime lets the program use. */
  readonly workers?: number;
}

/** Bytes of the rows of a message. A quarter of it makes a set take 4 % more processor time; more is more memory of copies. */
const BLOCK_BYTES = 2 ** 23;
/** Minimum rows of a message: a kernel takes as many through the centers together. */
const MIN_ROWS = 64;
/** Messages for each thread into which a smaller set is divided, so that the threads end at about the same time. */
const BLOCKS_PER_THREAD = 4;

/** Question that a thread has not answered. */
interface Task {
  resolve(answer: Answer): void;
  reject(error: CenterLossError): void;
}

/** A thread, with its tasks in the order of its answers. */
interface Lane {
  readonly thread: Thread;
  readonly tasks: Task[];
}

/**
 * Threads that classify large sets of rows together, with the results of `classifier.classify` to the last bit.
 *
 * ```js
 * const pool = await ClassifierPool.create(classifier);
 * const x = new Float32Array(new SharedArrayBuffer(4 * rows * classifier.nDim)); // fill it
 * const { names, labels, scores } = await pool.classify(x);
 * pool.dispose();
 * ```
 *
 * A `Float32Array` in shared memory is not copied; other rows are, block by block. Where there are no threads (edge
 * runtimes, `center-loss/js`, Node before 20.16) the pool computes in place, and `workers` is 0. A pool that waits for
 * nothing does not keep Node from ending.
 */
export class ClassifierPool extends Disposable {
  /** Number of threads; 0 if the pool computes in place. */
  readonly workers: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
  private readonly _names: readonly string[] | undefined;
  private readonly _lanes: readonly Lane[];
  /** Copy of the classifier that computes in place. */
  private readonly _local: OpenSetClassifier | undefined;
  /** Reason for which the pool can do no more. */
  private _end: CenterLossError | undefined;

  private constructor(copy: OpenSetClassifier, threads: number) {
    super();
    const listeners = Array.from({ length: compiledModule() ? threads : 0 }, (_, i) => ({
      onAnswer: (answer: Answer) => this._accept(this._lanes[i] as Lane, answer),
      onEnd: (reason: string) => this._fail(reason),
    }));
    this._lanes = startThreads(listeners).map((thread) => ({ thread, tasks: [] }));
    this._names = copy.names;
    this._local = this._lanes.length > 0 ? undefined : copy;
    this.nDim = copy.nDim;
    this.workers = this._lanes.length;
  }

  /**
   * Starts threads, each with a copy of the classifier: later changes of the classifier do not reach them.
   * @throws CenterLossError `ERR_OPTION`, also if a radius or a precision is missing; `ERR_NOT_INITIALIZED` if the
   * classifier has to be fitted; `ERR_WORKER` if a thread cannot start; `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  static async create(classifier: OpenSetClassifier, options: ClassifierPoolOptions = {}): Promise<ClassifierPool> {
    checkOptions(options, ['workers']);
    const { workers = cores() } = options;
    checkNumber(workers, 'workers', (n) => Number.isInteger(n) && n >= 1 && n <= 1024, 'a whole number from 1 to 1024');
    if (!(classifier instanceof OpenSetClassifier)) {
      throw new CenterLossError('ERR_OPTION', `classifier must be an OpenSetClassifier, got ${show(classifier)}`);
    }
    const copy = OpenSetClassifier.load(classifier.save());
    const { centers, settings } = copy._decider();
    const { nClasses, nDim, params } = centers;
    const pool = new ClassifierPool(copy, workers);
    try {
      const start = {
        module: compiledModule() as WebAssembly.Module,
        nClasses,
        nDim,
        params: params.slice(),
        settings,
      };
      await Promise.all(pool._lanes.map((lane) => pool._ask(lane, start)));
      return pool;
    } catch (error) {
      pool.dispose();
      throw error;
    } finally {
      if (pool.workers > 0) copy.dispose();
    }
  }

  /**
   * Decides for each row, as `OpenSetClassifier.classify`. Calls may overlap. The rows must stay as they are until the
   * results are there.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, also for rows that lose their memory before they are read; `ERR_WORKER` if a
   * thread has ended, after which the pool can do no more; `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  async classify(x: Embeddings): Promise<Classification> {
    if (this._end) throw this._end;
    if (this._local) return this._local.classify(x);
    const { nDim, workers } = this;
    const values = asRows(x, 'x', nDim);
    const rows = countRows(values, 'x', nDim);
    const [labels, scores, nearest] = [newIntegers(rows), newFloats(rows), newIntegers(rows)];
    const most = Math.max(MIN_ROWS, Math.floor(BLOCK_BYTES / (4 * nDim)));
    const blockRows = Math.min(rows, most, Math.max(MIN_ROWS, Math.ceil(rows / (BLOCKS_PER_THREAD * workers))));
    // A page that is not isolated has shared memory of WebAssembly, but cannot send it.
    const isShared = 'SharedArrayBuffer' in globalThis && typeName(bufferOf(values)) === 'SharedArrayBuffer';
    const isLent = !(isShared && arrayType(values) === 'Float32Array');
    let next = 0;
    /** Has a thread classify blocks, one after the other, until none is left. */
    const feed = async (lane: Lane): Promise<void> => {
      let memory: Float32Array<ArrayBuffer> | undefined;
      while (next < rows) {
        const [start, end] = [next, Math.min(next + blockRows, rows)];
        next = end;
        if (lengthOf(values) !== rows * nDim) throw new CenterLossError('ERR_SHAPE', LOST);
        const part = partOf(values, start * nDim, end * nDim);
        let block = part as Float32Array;
        if (isLent) {
          memory ??= newFloats(blockRows * nDim);
          block = memory.subarray(0, lengthOf(part));
          block.set(part);
        }
        const answer = await this._ask(lane, { x: block, isLent }, isLent ? [block.buffer as ArrayBuffer] : []);
        labels.set(answer.labels as Int32Array, start);
        scores.set(answer.scores as Float32Array, start);
        nearest.set(answer.nearest as Int32Array, start);
        memory = answer.x && new Float32Array(answer.x.buffer);
      }
    };
    const { _lanes: lanes } = this;
    try {
      // Each thread has two blocks: it goes on with the second while the answer to the first is on its way.
      await Promise.all([...lanes, ...lanes].map(feed));
    } finally {
      // After an error no more blocks are sent.
      next = rows;
    }
    const names = namesOf(labels, (label) => nameOf(this._names, label));
    return { labels, names, scores, nearest };
  }

  /** Ends the threads. Calls without results are rejected with `ERR_DISPOSED`. Further calls have no effect. */
  dispose(): void {
    this._close(disposedError('ClassifierPool'));
    this._local?.dispose();
  }

  /** Sends a message to a thread. */
  private async _ask({ thread, tasks }: Lane, message: Start | Block, transfer: ArrayBuffer[] = []): Promise<Answer> {
    if (this._end) throw this._end;
    thread.post(message, transfer);
    thread.hold(true);
    return new Promise((resolve, reject) => tasks.push({ resolve, reject }));
  }

  private _accept({ thread, tasks }: Lane, answer: Answer): void {
    const task = tasks.shift();
    if (tasks.length === 0) thread.hold(false);
    if (answer.error) task?.reject(new CenterLossError(answer.error.code, answer.error.message));
    else task?.resolve(answer);
  }

  private _fail(reason: string): void {
    this._close(new CenterLossError('ERR_WORKER', `a thread of the pool has ended (${reason}): make another pool`));
  }

  private _close(error: CenterLossError): void {
    if (this._end) return;
    this._end = error;
    for (const { thread, tasks } of this._lanes) {
      thread.terminate();
      for (const { reject } of tasks) reject(error);
    }
  }
}

const LOST =
  'x has lost its memory while the pool read it: keep rows in place, and unchanged, until the results are there';
