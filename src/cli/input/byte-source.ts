import { type FileHandle, open, stat } from 'node:fs/promises';
import { failureIn, inFile, UsageFailure } from '../failure.js';

/** Name of standard input and output on a command line. */
export const PIPE = '-';

/** Bytes that are read from a pipe at once to skip them. */
const SKIP_BYTES = 2 ** 16;

/** Bytes of a file or of standard input, from the first to the last. */
export interface ByteSource {
  /** Name for messages. */
  readonly name: string;
  /** Number of all bytes; undefined for a pipe, which tells it at its end. */
  readonly size: number | undefined;
  /** Fills `to` with the next bytes, and fewer only at the end. @returns their number */
  read(to: Uint8Array): Promise<number>;
  /** Moves to a position, which in a pipe lies ahead. */
  seek(position: number): Promise<void>;
  close(): Promise<void>;
}

/** Pipes that were read, whose bytes are gone. */
const taken = new Set<string>();

/**
 * Open files of this process. After a failure the end of the process closes them: Node would warn of those that the
 * garbage collector closes.
 */
const opened = new Set<FileHandle>();

/** @throws Failure if there is no such file, UsageFailure for a pipe that was opened before */
export async function openBytes(path: string): Promise<ByteSource> {
  // Checked before opening: a named pipe without a writer blocks.
  if (taken.has(path)) {
    const name = path === PIPE ? 'standard input' : path;
    throw new UsageFailure(`${name}: a pipe is read once, but it is asked for twice: use a file`);
  }
  if (path === PIPE) {
    taken.add(path);
    return new PipeSource();
  }
  try {
    const file = await open(path);
    opened.add(file);
    const found = await file.stat();
    if (found.isFile()) return new FileSource(path, file, found.size);
    // A named pipe or <(command) has neither a size nor positions.
    if (!found.isDirectory()) taken.add(path);
    return new PipeSource(path, file.createReadStream());
  } catch (error) {
    throw failureIn(path, error);
  }
}

/** Tells whether a path can be read only once: standard input, a named pipe, <(command). */
export async function isPipe(path: string): Promise<boolean> {
  if (path === PIPE) return true;
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #file: FileHandle;
  #position = 0;

  constructor(name: string, file: FileHandle, size: number) {
    this.name = name;
    this.size = size;
    this.#file = file;
  }

  async read(to: Uint8Array): Promise<number> {
    let length = 0;
    while (length < to.length) {
      const { bytesRead } = await inFile(this.name, () =>
        this.#file.read(to, length, to.length - length, this.#position),
      );
      if (bytesRead === 0) break;
      length += bytesRead;
      this.#position += bytesRead;
    }
    return length;
  }

  async seek(position: number): Promise<void> {
    this.#position = position;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

class PipeSource implements ByteSource {
  readonly name: string;
  readonly size = undefined;
  readonly #stream: NodeJS.ReadableStream & { destroy(): unknown };
  readonly #chunks: AsyncIterator<string | Buffer>;
  #left: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(name = 'standard input', stream: NodeJS.ReadableStream & { destroy(): unknown } = process.stdin) {
    this.name = name;
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(to: Uint8Array): Promise<number> {
    let length = 0;
    while (length < to.length) {
      if (this.#left.length === 0) {
        const { done, value } = await inFile(this.name, () => this.#chunks.next());
        if (done) break;
        this.#left = value as Buffer;
      }
      const part = this.#left.subarray(0, to.length - length);
      to.set(part, length);
      length += part.length;
      this.#left = this.#left.subarray(part.length);
    }
    this.#position += length;
    return length;
  }

  async seek(position: number): Promise<void> {
    const skipped = new Uint8Array(SKIP_BYTES);
    while (this.#position < position) {
      if ((await this.read(skipped.subarray(0, position - this.#position))) === 0) break;
    }
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }
}

/** Source with its first bytes in `head`, which are read again. */
export class PeekableSource implements ByteSource {
  readonly name: string;
  readonly size: number | undefined;
  readonly head: Uint8Array;
  readonly #source: ByteSource;
  #position = 0;

  private constructor(source: ByteSource, head: Uint8Array) {
    this.name = source.name;
    this.size = source.size;
    this.#source = source;
    this.head = head;
  }

  static async open(source: ByteSource, length: number): Promise<PeekableSource> {
    const head = new Uint8Array(length);
    const found = await source.read(head);
    return new PeekableSource(source, head.subarray(0, found));
  }

  async read(to: Uint8Array): Promise<number> {
    const part = this.head.subarray(this.#position, this.#position + to.length);
    to.set(part);
    const more = await this.#source.read(to.subarray(part.length));
    this.#position += part.length + more;
    return part.length + more;
  }

  async seek(position: number): Promise<void> {
    if (position > this.head.length || this.size !== undefined) {
      await this.#source.seek(Math.max(position, this.head.length));
    }
    this.#position = position;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
