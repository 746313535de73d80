import { type FileHandle, open, stat } from 'node:fs/promises';
import { failureIn, inFile, UsageFailure } from './failure.js';

/** The name of standard input and output on a command line. */
export const PIPE = '-';

/** How much of a pipe is asked for at once. */
const AT_ONCE = 2 ** 16;

/** The bytes of a file or of standard input, from the first to the last. */
export interface ByteSource {
  /** What messages call it. */
  readonly name: string;
  /** Bytes in all; undefined for a pipe, which tells it at its end. */
  readonly size: number | undefined;
  /** The next bytes, as many as `to` has room for, and fewer only at the end. @returns how many */
  read(to: Uint8Array): Promise<number>;
  /** Bytes from a place on, which of a pipe must lie ahead. */
  seek(position: number): Promise<void>;
  close(): Promise<void>;
}

/** Pipes that were read, whose bytes are gone. */
const taken = new Set<string>();

/**
 * The few files of this process. After a failure its end closes them, and not the garbage collector, of which Node would
 * warn the person who reads the message.
 */
const opened = new Set<FileHandle>();

/** @throws Failure if there is no such file, UsageFailure for a pipe that was opened before */
export async function openBytes(path: string): Promise<ByteSource> {
  // Before it is opened: one that nobody writes to any more would be waited for without end.
  if (taken.has(path)) {
    const name = path === PIPE ? 'standard input' : path;
    throw new UsageFailure(`${name}: a pipe is read once, but it is asked for twice: use a file`);
  }
  if (path === PIPE) {
    taken.add(path);
    return new Pipe();
  }
  try {
    const file = await open(path);
    opened.add(file);
    const found = await file.stat();
    if (found.isFile()) return new File(path, file, found.size);
    // What is no file, such as a named pipe or <(command), has neither a size nor places.
    if (!found.isDirectory()) taken.add(path);
    return new Pipe(path, file.createReadStream());
  } catch (error) {
    throw failureIn(path, error);
  }
}

/** Whether what a path stands for can be read once only: standard input, a named pipe, <(command). */
export async function isPipe(path: string): Promise<boolean> {
  if (path === PIPE) return true;
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}

class File implements ByteSource {
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

class Pipe implements ByteSource {
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
    const skipped = new Uint8Array(AT_ONCE);
    while (this.#position < position) {
      if ((await this.read(skipped.subarray(0, position - this.#position))) === 0) break;
    }
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }
}

/** A source whose first bytes were looked at, and are read again. */
export class Peeked implements ByteSource {
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

  static async open(source: ByteSource, length: number): Promise<Peeked> {
    const head = new Uint8Array(length);
    const found = await source.read(head);
    return new Peeked(source, head.subarray(0, found));
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
