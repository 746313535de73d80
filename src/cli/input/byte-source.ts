import { constants, openSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Failure, inFile, UsageFailure } from '../failure.js';
import { gunzipped, MAX_WHOLE_BYTES } from './unpack.js';

/** Name of standard input and output on a command line. */
export const PIPE = '-';

/** Bytes of a pipe that are read at once to skip them. */
const SKIP_BYTES = 2 ** 16;
/** Bytes that `readAll` reads at once. */
const CHUNK_BYTES = 2 ** 20;

/** Bytes of a file or of standard input, from the first to the last. */
export interface ByteSource {
  /** Name for messages. */
  readonly name: string;
  /** Number of all bytes; undefined for a pipe. */
  readonly size: number | undefined;
  /** Fills `to` with the next bytes, and fewer only at the end. @returns their number */
  read(to: Uint8Array): Promise<number>;
  /** Returns the next bytes, fewer than `length` only at the end. They are read again. */
  peek(length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Moves to a position, which in a pipe lies ahead. */
  seek(position: number): Promise<void>;
  close(): Promise<void>;
}

/** Paths of the pipes that were opened: their bytes come once. */
const taken = new Set<string>();
/** Files that were read as a whole, by their paths. */
const wholes = new Map<string, Uint8Array>();

/** Streams of the pipes that were opened. */
const pipes = new Set<{ destroy(): unknown }>();

/** Closes the pipes after a failure: the process ends without a wait for their writers. */
export function closePipes(): void {
  for (const stream of pipes) stream.destroy();
}

/**
 * Files of this process. After a failure the end of the process closes them: this set keeps them from the garbage
 * collector, since Node warns of a file that it closes.
 */
const opened = new Set<FileHandle>();

/**
 * Opens a file or a pipe, and unpacks what gzip packed.
 * @throws Failure if there is no such file, UsageFailure for a pipe that was opened before
 */
export async function openBytes(path: string): Promise<ByteSource> {
  const whole = wholes.get(path);
  if (whole) return new MemorySource(path === PIPE ? 'standard input' : path, whole);
  const source = await openPacked(path);
  const [first, second] = await source.peek(2);
  if (first !== 0x1f || second !== 0x8b) return source;
  return new PipeSource(source.name, gunzipped(chunksOf(source), source.name));
}

async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const found = await source.read(chunk);
      if (found > 0) yield chunk.subarray(0, found);
      if (found < CHUNK_BYTES) return;
    }
  } finally {
    await source.close();
  }
}

/**
 * Reads a source as a whole, so that it can be read in any order and again.
 * @throws Failure if it has more than `MAX_WHOLE_BYTES`
 */
export async function openWhole(path: string, source: ByteSource): Promise<ByteSource> {
  if (!wholes.has(path)) wholes.set(path, await allOf(source, MAX_WHOLE_BYTES));
  return openBytes(path);
}

async function openPacked(path: string): Promise<ByteSource> {
  // Checked before opening: a named pipe without a writer blocks.
  if (taken.has(path)) {
    const name = path === PIPE ? 'standard input' : path;
    throw new UsageFailure(`${name}: a pipe is read once, but it is asked for twice: use a file`);
  }
  if (path === PIPE) {
    taken.add(path);
    return new PipeSource();
  }
  return inFile(path, async () => {
    if ((await stat(path)).isFIFO()) {
      taken.add(path);
      return new PipeSource(path, namedPipe(path));
    }
    const file = await open(path);
    opened.add(file);
    const found = await file.stat();
    if (found.isFile()) return new FileSource(path, file, found.size);
    // A named pipe or <(command) has neither a size nor positions.
    if (!found.isDirectory()) taken.add(path);
    return new PipeSource(path, file.createReadStream());
  });
}

/** Opens a named pipe without a wait: a thread that waits for its writer would keep the process from ending. */
const namedPipe = (path: string): Socket =>
  new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });

/** Reads all bytes of a file or of a pipe. @throws Failure if there are more than `maxBytes` */
export async function readAll(path: string, maxBytes: number): Promise<Uint8Array> {
  return allOf(await openBytes(path), maxBytes);
}

/** Reads a source to its end, and closes it. */
async function allOf(source: ByteSource, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(source)) {
    length += chunk.length;
    if (Math.max(length, source.size ?? 0) > maxBytes) {
      throw new Failure(`${source.name}: expected at most ${maxBytes} bytes, got more`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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

  async peek(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const position = this.#position;
    const bytes = new Uint8Array(length);
    const found = await this.read(bytes);
    this.#position = position;
    return bytes.subarray(0, found);
  }

  async seek(position: number): Promise<void> {
    this.#position = position;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Bytes in memory. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  async read(to: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(this.#position, this.#position + to.length);
    to.set(part);
    this.#position += part.length;
    return part.length;
  }

  async peek(length: number): Promise<Uint8Array<ArrayBuffer>> {
    return Uint8Array.from(this.#bytes.subarray(this.#position, this.#position + length));
  }

  async seek(position: number): Promise<void> {
    this.#position = position;
  }

  async close(): Promise<void> {}
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
    pipes.add(stream);
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

  async peek(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    const found = await this.read(bytes);
    const head = bytes.subarray(0, found);
    this.#left = Buffer.concat([head, this.#left]);
    this.#position -= found;
    return head;
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
