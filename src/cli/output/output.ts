import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { close, constants, fchmodSync, fchownSync, fsync, open, openSync, type Stats, write } from 'node:fs';
import { access, lstat, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, inFile, linesPrintable, UsageFailure } from '../failure.js';
import { PIPE } from '../input/byte-source.js';
import { keepFile, removeAtEnd } from '../signals.js';

const openFile = promisify(open);
const writeFile = promisify(write);
const syncFile = promisify(fsync);
const closeFile = promisify(close);

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
  await inFile(path, async () => {
    const place = await placeOf(path);
    if (place) await access(dirname(place.path), constants.W_OK);
  });
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
    // A terminal would obey names of classes and the bytes of arrays; a pipe and a file get them as they are.
    const isTerminal = process.stdout.isTTY;
    if (isTerminal && typeof bytes !== 'string') {
      throw new UsageFailure('binary data is not written to a terminal: name a file, or use a pipe');
    }
    const shown = isTerminal ? linesPrintable(bytes as string) : bytes;
    if (!process.stdout.write(shown)) await once(process.stdout, 'drain');
  },
  async rewriteStart() {
    throw new Error('a pipe cannot be rewritten');
  },
};

/** Paths of the descriptors of a process: what they lead to is written to, not replaced. */
const DESCRIPTORS = /^\/(proc\/|dev\/(fd\/|stdin$|stdout$|stderr$))/;

/** Flags of an unfinished file: a new one, and no link that somebody put there. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Place of a file that is written: its directory, and the file that is there already. */
interface Place {
  readonly path: string;
  readonly found: Stats | undefined;
}

/**
 * Finds the place of an output; undefined for a device, a named pipe or a descriptor, which is written to directly. A link
 * stays a link: the file that it points to is the place.
 * @throws Failure for a directory, and for a link to nothing
 */
async function placeOf(path: string): Promise<Place | undefined> {
  const [link, found] = await Promise.all([lstat(path), stat(path)].map((each) => each.catch(() => undefined)));
  if (found?.isDirectory()) throw new Failure(`${path}: is a directory, not a file`);
  if (DESCRIPTORS.test(path) || (found && !found.isFile())) return undefined;
  if (link?.isSymbolicLink() && !found) throw new Failure(`${path}: is a link to a file that does not exist`);
  try {
    // The system says whether this file may be written: links of others in a shared directory may not be followed.
    if (found) await closeFile(await openFile(path, constants.O_WRONLY));
    return { path: link?.isSymbolicLink() ? await realpath(path) : path, found };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Another process removed the file since.
    return placeOf(path);
  }
}

/**
 * File that is written beside its destination, and moved there when it is complete. Own code, since write-file-atomic 7.0
 * takes a whole file at once, names its unfinished file so that others can guess it, and opens what has this name already.
 */
class FileOutput implements Output {
  readonly isPipe = false;
  readonly #path: string;
  readonly #file: number;
  #isOpen = true;
  /** Unfinished file, and the place it is moved to; undefined if `#file` is the destination. */
  readonly #move: { readonly from: string; readonly to: string } | undefined;

  private constructor(path: string, file: number, move?: { readonly from: string; readonly to: string }) {
    this.#path = path;
    this.#file = file;
    this.#move = move;
  }

  static open(path: string): Promise<FileOutput> {
    return inFile(path, async () => {
      const place = await placeOf(path);
      if (!place) return new FileOutput(path, await openFile(path, 'w'));
      const { path: to, found } = place;
      const from = join(dirname(to), `.center-loss-${randomBytes(8).toString('hex')}.part`);
      removeAtEnd(from);
      try {
        // Without a wait, so that a signal is not handled while the file is made.
        const file = openSync(from, NEW_FILE, found ? found.mode & 0o777 : 0o666);
        if (found) takeRights(file, found);
        return new FileOutput(path, file, { from, to });
      } catch (error) {
        keepFile(from);
        throw error;
      }
    });
  }

  write(bytes: Uint8Array | string): Promise<void> {
    return inFile(this.#path, () => writeAll(this.#file, bytes));
  }

  rewriteStart(bytes: Uint8Array): Promise<void> {
    return inFile(this.#path, () => writeAll(this.#file, bytes, 0));
  }

  /** Moves the file to its destination. */
  finish(): Promise<void> {
    return inFile(this.#path, async () => {
      // The bytes are on the disk before the name is: the file is whole even if the machine stops.
      if (this.#move) await syncFile(this.#file);
      await this.#close();
      if (!this.#move) return;
      const { from, to } = this.#move;
      await rename(from, to);
      keepFile(from);
      await syncFolder(dirname(to));
    });
  }

  /** Leaves the destination as it was. */
  async abort(): Promise<void> {
    await this.#close().catch(() => {});
    if (!this.#move) return;
    await rm(this.#move.from, { force: true });
    keepFile(this.#move.from);
  }

  /** Closes the file once: its number may be that of another file then. */
  async #close(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false;
      await closeFile(this.#file);
    }
  }
}

/** Gives a new file the owner and the permissions of that which it replaces, as far as this user may. */
function takeRights(file: number, { uid, gid, mode }: Stats): void {
  for (const take of [() => fchownSync(file, uid, gid), () => fchmodSync(file, mode & 0o777)]) {
    try {
      take();
    } catch {
      // Only the owner may, and some file systems have neither.
    }
  }
}

/** @param position place of the first byte; default: behind what was written before */
async function writeAll(file: number, bytes: Uint8Array | string, position: number | null = null): Promise<void> {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < data.length; ) {
    at += (await writeFile(file, data, at, data.length - at, position === null ? null : position + at)).bytesWritten;
  }
}

/** Writes the names of a directory to the disk, where the system can. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await openFile(path, constants.O_RDONLY);
    await syncFile(folder).finally(() => closeFile(folder));
  } catch {
    // The file is there, but after a crash of the machine its name may be lost.
  }
}
