import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { fromSafetensors, toSafetensors } from '../files/index.js';
import type { ClassStatistics as Statistics } from '../open-set/api.js';
import { ClassStatistics } from '../open-set.js';
import { writeAtomically } from './atomic.js';
import { openBytes } from './byte-source.js';
import { Failure, failureIn, inFile } from './failure.js';

const FORMAT = 'center-loss/checkpoint';
const VERSION = '1';
/** Of the begin and of the end of a file: what tells it from another without reading it. */
const LOOK_BYTES = 2 ** 16;

/** How far a fit had come. */
export interface State {
  readonly statistics: Statistics;
  readonly rows: number;
  /** Rows without a class. */
  readonly unknown: number;
}

/** Where an interrupted fit goes on from: statistics of the first rows, and what they are rows of. */
export class Checkpoint {
  readonly #path: string;
  readonly #work: string;

  private constructor(path: string, work: string) {
    this.#path = path;
    this.#work = work;
  }

  /**
   * @param inputs the files that rows and labels come from
   * @param settings what else decides what comes out
   */
  static async at(path: string, inputs: readonly string[], settings: unknown): Promise<Checkpoint> {
    const files = await Promise.all(inputs.map(lookOf));
    return new Checkpoint(path, digest(JSON.stringify({ files, settings })));
  }

  /**
   * What was saved, or undefined if nothing was.
   * @throws Failure if it is of other rows or settings
   */
  async load(): Promise<State | undefined> {
    const bytes = await readFile(this.#path).catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw failureIn(this.#path, error);
    });
    if (bytes === undefined) return undefined;
    return inFile(this.#path, () => {
      const { tensors, metadata } = fromSafetensors(bytes);
      const { statistics } = tensors;
      if (metadata.format !== FORMAT || metadata.version !== VERSION || statistics?.dtype !== 'U8') {
        throw new Failure(`${this.#path}: no checkpoint of this version of center-loss fit`);
      }
      if (metadata.work !== this.#work) {
        throw new Failure(
          `${this.#path}: the checkpoint is of other rows or of other options: remove it to begin anew`,
        );
      }
      return {
        statistics: ClassStatistics.fromBytes(statistics.data as Uint8Array),
        rows: Number(metadata.rows),
        unknown: Number(metadata.unknown),
      };
    });
  }

  async save({ statistics, rows, unknown }: State): Promise<void> {
    const data = statistics.toBytes();
    const bytes = toSafetensors(
      { statistics: { dtype: 'U8', shape: [data.length], data } },
      { format: FORMAT, version: VERSION, work: this.#work, rows: `${rows}`, unknown: `${unknown}` },
    );
    await writeAtomically(this.#path, bytes);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

const digest = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

async function lookOf(path: string): Promise<unknown> {
  const source = await openBytes(path);
  try {
    const { size } = source;
    if (size === undefined) throw new Failure(`${source.name}: a pipe can not be resumed: --checkpoint needs files`);
    const looks: string[] = [];
    for (const start of [0, Math.max(0, size - LOOK_BYTES)]) {
      const bytes = new Uint8Array(LOOK_BYTES);
      await source.seek(start);
      looks.push(digest(bytes.subarray(0, await source.read(bytes))));
    }
    // What was changed in its middle alone has another time.
    const { mtimeMs } = await stat(path);
    return { size, mtimeMs, looks };
  } finally {
    await source.close();
  }
}
