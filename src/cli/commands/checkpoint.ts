import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { ClassStatistics } from '../../index.js';
import { Failure, inFile } from '../failure.js';
import { openBytes, readAll } from '../input/byte-source.js';
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

/** Text before the statistics, on a line with the hash of all that follows the hash. */
interface Head {
  readonly work: string;
  readonly rows: number;
  readonly unknown: number;
}

/** Characters of a hash. */
const HASH_BYTES = 64;
/** Bytes that hold the first line of every checkpoint. */
const HEAD_BYTES = 512;
const NEWLINE = 0x0a;

/** Most bytes of a checkpoint: as many as fit in an array of bytes everywhere. */
const MAX_BYTES = 2 ** 32;

/**
 * File from which an interrupted fit continues: a line of text, and the statistics of the first rows as `save()` writes
 * them. Fits of the same rows and options may share a checkpoint, for their states are equal after equal rows; a fit of
 * others neither reads nor replaces it.
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
   * @throws Failure if the file is damaged, or belongs to other rows or settings
   */
  load(): Promise<FitState | undefined> {
    return inFile(this.#path, async () => {
      const bytes = await ifThere(() => readAll(this.#path, MAX_BYTES));
      if (bytes === undefined) return undefined;
      const { work, rows, unknown } = this.#headOf(bytes);
      const [hash, hashed] = [bytes.subarray(0, HASH_BYTES), bytes.subarray(HASH_BYTES)];
      if (Buffer.compare(hash, Buffer.from(digest(hashed))) !== 0) throw this.#refused('the checkpoint is damaged');
      this.#checkWork(work);
      return { statistics: ClassStatistics.load(bytes.subarray(bytes.indexOf(NEWLINE) + 1)), rows, unknown };
    });
  }

  /** @throws Failure if another fit has put its own checkpoint there */
  save({ statistics, rows, unknown }: FitState): Promise<void> {
    return inFile(this.#path, async () => {
      const found = await this.#headAtPath();
      if (found) this.#checkWork(found.work);
      // Another run of the same fit is ahead.
      if (found && found.rows > rows) return;
      const head = ` ${JSON.stringify({ work: this.#work, rows, unknown } satisfies Head)}\n`;
      const bytes = statistics.save();
      await writeOutput(this.#path, async (output) => {
        await output.write(digest(head, bytes) + head);
        await output.write(bytes);
      });
    });
  }

  /** Removes the file, unless another fit has put its own there: the work of this one is done. */
  async remove(): Promise<void> {
    const found = await this.#headAtPath().catch(() => undefined);
    if (found?.work === this.#work) await inFile(this.#path, () => rm(this.#path, { force: true }));
  }

  /** @throws Failure for a file that is no checkpoint */
  async #headAtPath(): Promise<Head | undefined> {
    const begin = await ifThere(async () => {
      const source = await openBytes(this.#path);
      return source.peek(HEAD_BYTES).finally(() => source.close());
    });
    return begin && this.#headOf(begin);
  }

  #headOf(bytes: Uint8Array): Head {
    const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
    const line = new TextDecoder().decode(bytes.subarray(HASH_BYTES, Math.min(HEAD_BYTES, bytes.indexOf(NEWLINE))));
    try {
      const { work, rows, unknown } = JSON.parse(line);
      if (typeof work === 'string' && isCount(rows) && isCount(unknown)) return { work, rows, unknown };
    } catch {
      // Reported below.
    }
    throw this.#refused('not a checkpoint of this version of center-loss fit, or a damaged one');
  }

  #checkWork(work: string): void {
    if (work !== this.#work) throw this.#refused('the checkpoint is of other rows or of other options');
  }

  #refused(problem: string): Failure {
    return new Failure(`${this.#path}: ${problem}: remove the file to start again, or name another by --checkpoint`);
  }
}

/** Reads a file, undefined if there is none. */
async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
    throw error;
  }
}

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

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
