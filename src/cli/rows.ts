import { Failure } from './failure.js';

/** Labels as files have them: numbers, or the texts of a CSV. */
export type RawLabels = ArrayLike<number | bigint | string>;

/** Some rows of a file. Its arrays are written over by the next. */
export interface Block {
  readonly rows: number;
  /** [rows, nFeatures] */
  readonly x: Float32Array;
  readonly labels?: RawLabels | undefined;
}

/** How far a file has been read. */
export interface Reading {
  readonly name: string;
  /** Bytes that have been read, and that there are; undefined for a pipe. */
  readonly bytesRead: number;
  readonly bytes: number | undefined;
  close(): Promise<void>;
}

/** The rows of a file, from the first to the last, a block at a time. */
export interface Rows extends Reading {
  /** Undefined for a CSV, which tells it at its end. */
  readonly nRows: number | undefined;
  readonly nFeatures: number;
  readonly hasLabels: boolean;
  /** The file that labels come from. */
  readonly labelsName: string;
  /** Leaves out rows. */
  skip(rows: number): Promise<void>;
  /** Undefined at the end. */
  next(): Promise<Block | undefined>;
}

/** The labels of a file, as many at once as are asked for. */
export interface Labels extends Reading {
  readonly nRows: number | undefined;
  skip(rows: number): Promise<void>;
  /** Fewer than asked for at the end only. */
  next(rows: number): Promise<RawLabels>;
}

/** How much of a file is in memory at once: enough that the time of a call does not show. */
export const BLOCK_BYTES = 2 ** 22;

/** At the end of rows: whether their labels end there, too. */
export async function checkEnd(labels: Labels | undefined, rows: string): Promise<void> {
  if (!labels || (await labels.next(1)).length === 0) return;
  throw new Failure(`${labels.name}: there are more labels than rows in ${rows}`);
}
