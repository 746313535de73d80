import { once } from 'node:events';
import { rmSync, type Stats } from 'node:fs';
import { access, constants, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Failure, inFile, UsageFailure } from '../failure.js';
import { PIPE } from '../input/byte-source.js';

/** Destination of results: a file, which appears when it is complete, or standard output. */
export interface Output {
  readonly isPipe: boolean;
  write(bytes: Uint8Array | string): Promise<void>;
  /** Overwrites the first bytes of a file. */
  rewriteStart(bytes: Uint8Array): Promise<void>;
}

/** Runs `write` on an output, which is complete after that; after a failure a file is as it was before. */
export async function writeOutput<T>(path: string, write: (output: Output) => Promise<T>): Promise<T> {
  if (path === PIPE) return write(STANDARD_OUTPUT);
  const output = await FileOutput.open(path);
  try {
    const result = await write(output);
    await output.finish();
    return result;
  } catch (error) {
    await output.abort();
    throw error;
  }
}

/** Checks, before much work is done for a file, that it can be made at all. @throws Failure */
export async function checkWritable(path: string): Promise<void> {
  if (path === PIPE) return;
  await existingAt(path);
  await inFile(path, () => access(dirname(path), constants.W_OK));
}

/**
 * Finds the format that the extension of a file name tells; undefined without an extension.
 * @throws UsageFailure for an extension of no format
 */
export function formatOfOutput<F extends string>(path: string, formats: readonly F[]): F | undefined {
  const extension = path === PIPE ? '' : extname(path).slice(1).toLowerCase();
  const found = formats.find((format) => format === extension);
  if (found || extension === '') return found;
  const known = formats.map((format) => `.${format}`).join(', ');
  throw new UsageFailure(`${path}: this command does not write .${extension}; expected ${known}`);
}

const STANDARD_OUTPUT: Output = {
  isPipe: true,
  async write(bytes) {
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
  },
  async rewriteStart() {
    throw new Error('a pipe cannot be rewritten');
  },
};

/** Unfinished files of this process, which are removed when it ends. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true });
});

/** File that is written beside its destination, and moved there when it is complete. */
class FileOutput implements Output {
  readonly isPipe = false;
  readonly #path: string;
  readonly #file: FileHandle;
  /** Unfinished file, and the place it is moved to; undefined if `#file` is the destination. */
  readonly #move: { readonly from: string; readonly to: string } | undefined;

  private constructor(path: string, file: FileHandle, move?: { readonly from: string; readonly to: string }) {
    this.#path = path;
    this.#file = file;
    this.#move = move;
  }

  static open(path: string): Promise<FileOutput> {
    return inFile(path, async () => {
      const found = await existingAt(path);
      // A device or a named pipe is written to, not replaced by a file.
      if (found && !found.isFile()) return new FileOutput(path, await open(path, 'w'));
      // A link stays a link: the file that it points to is replaced.
      const to = found ? await realpath(path) : path;
      const from = `${to}.${process.pid}.part`;
      const rights = found && found.mode & 0o777;
      const file = await open(from, 'w', rights);
      unfinished.add(from);
      // The umask may have taken rights that the file had before.
      if (rights !== undefined) await file.chmod(rights).catch(() => {});
      return new FileOutput(path, file, { from, to });
    });
  }

  write(bytes: Uint8Array | string): Promise<void> {
    return inFile(this.#path, () => this.#file.writeFile(bytes));
  }

  async rewriteStart(bytes: Uint8Array): Promise<void> {
    await inFile(this.#path, () => this.#file.write(bytes, 0, bytes.length, 0));
  }

  /** Moves the file to its destination. */
  finish(): Promise<void> {
    return inFile(this.#path, async () => {
      // The bytes are on the disk before the name is: the file is whole even if the machine stops.
      if (this.#move) await this.#file.sync();
      await this.#file.close();
      if (!this.#move) return;
      await rename(this.#move.from, this.#move.to);
      unfinished.delete(this.#move.from);
    });
  }

  /** Leaves the destination as it was. */
  async abort(): Promise<void> {
    await this.#file.close().catch(() => {});
    if (this.#move) await rm(this.#move.from, { force: true });
  }
}

/** Finds the file that is at a destination already; undefined without one. @throws Failure for a directory */
async function existingAt(path: string): Promise<Stats | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new Failure(`${path}: is a directory, not a file`);
  return found;
}
