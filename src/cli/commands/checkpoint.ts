import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { ClassStatistics, fromSafetensors, toSafetensors } from '../../index.js';
import { Failure, inFile } from '../failure.js';
import { openBytes } from '../input/byte-source.js';
import { writeOutput } from '../output/output.js';

/** Bytes at the start and at the end of a file that are compared, since reading all of a large file takes long. */
const SAMPLE_BYTES = 2 ** 16;

/** State of a fit after some rows. */
export interface FitState {
  readonly statistics: ClassStatistics;
  readonly rows: number;
  /** Rows without a class. */
  readonly unknown: number;
}

/**
 * File from which an interrupted fit continues: the statistics of the first rows as `save()` writes them. Its metadata
 * `checkpoint` (JSON) say which rows these are.
 */
export class Checkpoint {
  readonly #path: string;
  /** Hash of inputs and settings. */
  readonly #work: string;

  private constructor(path: string, work: string) {
    this.#path = path;
    this.#work = work;
  }

  /**
   * @param inputs files that rows and labels come from
   * @param settings other values that the result depends on
   */
  static async at(path: string, inputs: readonly string[], settings: unknown): Promise<Checkpoint> {
    const files = await Promise.all(inputs.map(sampleOf));
    return new Checkpoint(path, digest(JSON.stringify({ files, settings })));
  }

  /**
   * Reads the state that was saved; undefined without one.
   * @throws Failure if the state belongs to other rows or settings
   */
  async load(): Promise<FitState | undefined> {
    return inFile(this.#path, async () => {
      const bytes = await readFile(this.#path).catch((error) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (bytes === undefined) return undefined;
      const { work, rows, unknown } = this.#progressIn(fromSafetensors(bytes).metadata.checkpoint);
      if (work !== this.#work) {
        throw new Failure(
          `${this.#path}: the checkpoint is of other rows or of other options: remove it to start again`,
        );
      }
      return { statistics: ClassStatistics.load(bytes), rows, unknown };
    });
  }

  async save({ statistics, rows, unknown }: FitState): Promise<void> {
    const { tensors, metadata } = fromSafetensors(statistics.save());
    const checkpoint = JSON.stringify({ work: this.#work, rows, unknown });
    const bytes = toSafetensors(tensors, { ...metadata, checkpoint });
    await writeOutput(this.#path, (output) => output.write(bytes));
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  #progressIn(json: string | undefined): { work: string; rows: number; unknown: number } {
    const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
    try {
      const { work, rows, unknown } = JSON.parse(json ?? '');
      if (typeof work === 'string' && isCount(rows) && isCount(unknown)) return { work, rows, unknown };
    } catch {
      // Reported below.
    }
    throw new Failure(`${this.#path}: not a checkpoint of this version of center-loss fit`);
  }
}

const digest = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

async function sampleOf(path: string): Promise<unknown> {
  const source = await openBytes(path);
  try {
    const { size } = source;
    if (size === undefined)
      throw new Failure(`${source.name}: a pipe or a compressed file cannot be resumed: --checkpoint needs files`);
    const samples: string[] = [];
    for (const start of [0, Math.max(0, size - SAMPLE_BYTES)]) {
      const bytes = new Uint8Array(SAMPLE_BYTES);
      await source.seek(start);
      samples.push(digest(bytes.subarray(0, await source.read(bytes))));
    }
    // The time shows that a file was changed between the samples.
    const { mtimeMs } = await stat(path);
    return { size, mtimeMs, samples };
  } finally {
    await source.close();
  }
}
