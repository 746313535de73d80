import { Failure } from '../failure.js';

/** Labels as files have them: numbers, or the texts of a CSV. */
export type RawLabels = ArrayLike<number | bigint | string>;

/** Some rows of a file. The next block overwrites its arrays. */
export interface Block {
  readonly rows: number;
  /** Values [rows, nDim]. */
  readonly x: Float32Array;
  readonly labels?: RawLabels | undefined;
}

/** File that is read from its start to its end. */
export interface Reading {
  readonly name: string;
  readonly bytesRead: number;
  /** Number of all bytes; undefined for a pipe. */
  readonly bytes: number | undefined;
  close(): Promise<void>;
}

/** Rows of a file, from the first to the last, a block at a time. */
export interface Rows extends Reading {
  /** Number of rows; undefined for a CSV, which tells it at its end. */
  readonly nRows: number | undefined;
  readonly nDim: number;
  readonly hasLabels: boolean;
  /** Name of the file that labels come from. */
  readonly labelsName: string;
  skip(rows: number): Promise<void>;
  /** Reads the next block; undefined at the end. */
  next(): Promise<Block | undefined>;
}

/** Labels of a file, as many at once as are asked for. */
export interface Labels extends Reading {
  readonly nRows: number | undefined;
  skip(rows: number): Promise<void>;
  /** Reads the next labels, fewer than asked for only at the end. */
  next(rows: number): Promise<RawLabels>;
}

/** Bytes of a file that are in memory at once: the overhead of a call is small beside their work. */
export const BLOCK_BYTES = 2 ** 22;

/** Checks at the end of the rows that their labels end there, too. @throws Failure */
export async function checkEnd(labels: Labels | undefined, rows: string): Promise<void> {
  if (!labels || (await labels.next(1)).length === 0) return;
  throw new Failure(`${labels.name}: there are more labels than rows in ${rows}`);
}
