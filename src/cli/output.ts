import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { openPart, type Part } from './atomic.js';
import { PIPE } from './byte-source.js';
import { failureIn } from './failure.js';

/** Where results go: a file, which appears when it is complete, or standard output. */
export interface Output {
  readonly isPipe: boolean;
  write(bytes: Uint8Array | string): Promise<void>;
  /** Writes over what is there already; not in a pipe. */
  rewrite(bytes: Uint8Array, position: number): Promise<void>;
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** Gives what `write` makes of the output, which is complete then; after a failure it is as it was before. */
export async function writeOutput<T>(path: string, write: (output: Output) => Promise<T>): Promise<T> {
  const output = path === PIPE ? new Pipe() : await File.open(path);
  try {
    const result = await write(output);
    await output.finish();
    return result;
  } catch (error) {
    await output.abort();
    throw error;
  }
}

class Pipe implements Output {
  readonly isPipe = true;

  async write(bytes: Uint8Array | string): Promise<void> {
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
  }

  async rewrite(): Promise<void> {
    throw new Error('a pipe can not be rewritten');
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {}
}

class File implements Output {
  readonly isPipe = false;
  readonly #path: string;
  readonly #part: Part;

  private constructor(path: string, part: Part) {
    this.#path = path;
    this.#part = part;
  }

  static async open(path: string): Promise<File> {
    return new File(path, await openPart(path));
  }

  write(bytes: Uint8Array | string): Promise<void> {
    return this.#try((file) => file.writeFile(bytes));
  }

  async rewrite(bytes: Uint8Array, position: number): Promise<void> {
    await this.#try((file) => file.write(bytes, 0, bytes.length, position));
  }

  finish(): Promise<void> {
    return this.#part.finish();
  }

  abort(): Promise<void> {
    return this.#part.abort();
  }

  async #try<T>(act: (file: FileHandle) => Promise<T>): Promise<T> {
    try {
      return await act(this.#part.file);
    } catch (error) {
      throw failureIn(this.#path, error);
    }
  }
}
