import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { failureIn } from '../failure.js';
import { PIPE } from '../input/byte-source.js';
import { openTempFile, type TempFile } from './temp-file.js';

/** Destination of results: a file, which appears when it is complete, or standard output. */
export interface Output {
  readonly isPipe: boolean;
  write(bytes: Uint8Array | string): Promise<void>;
  /** Overwrites bytes of a file. */
  rewrite(bytes: Uint8Array, position: number): Promise<void>;
  finish(): Promise<void>;
  /** Leaves the destination as it was. */
  abort(): Promise<void>;
}

/** Runs `write` on an output, which is complete after that; after a failure it is as it was before. */
export async function writeOutput<T>(path: string, write: (output: Output) => Promise<T>): Promise<T> {
  const output = path === PIPE ? new PipeOutput() : await FileOutput.open(path);
  try {
    const result = await write(output);
    await output.finish();
    return result;
  } catch (error) {
    await output.abort();
    throw error;
  }
}

class PipeOutput implements Output {
  readonly isPipe = true;

  async write(bytes: Uint8Array | string): Promise<void> {
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
  }

  async rewrite(): Promise<void> {
    throw new Error('a pipe cannot be rewritten');
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {}
}

class FileOutput implements Output {
  readonly isPipe = false;
  readonly #path: string;
  readonly #temporary: TempFile;

  private constructor(path: string, temporary: TempFile) {
    this.#path = path;
    this.#temporary = temporary;
  }

  static async open(path: string): Promise<FileOutput> {
    return new FileOutput(path, await openTempFile(path));
  }

  write(bytes: Uint8Array | string): Promise<void> {
    return this.#try((file) => file.writeFile(bytes));
  }

  async rewrite(bytes: Uint8Array, position: number): Promise<void> {
    await this.#try((file) => file.write(bytes, 0, bytes.length, position));
  }

  finish(): Promise<void> {
    return this.#temporary.finish();
  }

  abort(): Promise<void> {
    return this.#temporary.abort();
  }

  async #try<T>(act: (file: FileHandle) => Promise<T>): Promise<T> {
    try {
      return await act(this.#temporary.file);
    } catch (error) {
      throw failureIn(this.#path, error);
    }
  }
}
