import { Failure } from '../failure.js';

/** Labels as files have them: numbers, or the texts of a CSV. */
export type RawLabels = ArrayLike<number | bigint | string>;

/** File that is read from its start to its end. */
export interface Reader {
  readonly name: string;
  /** Number of rows; undefined for a CSV, which has to be read to its end to count them. */
  readonly nRows: number | undefined;
  readonly bytesRead: number;
  /** Number of all bytes; undefined for a pipe. */
  readonly bytes: number | undefined;
  /** Names of the columns of a CSV, if it has any. */
  readonly header?: readonly string[] | undefined;
  /** Passes over the next rows. */
  skip(rows: number): Promise<void>;
  close(): Promise<void>;
}

/** Reader of embeddings. */
export interface RowReader extends Reader {
  readonly nDim: number;
  /** True if the file has a column of labels. */
  readonly hasLabels: boolean;
  /** Name of the column of ids, if there is one. */
  readonly idName?: string | undefined;
  /** Reads some rows [rows, nDim]; undefined at the end. The next call overwrites the arrays. */
  next(): Promise<
    { readonly x: Float32Array; readonly labels?: RawLabels; readonly ids?: readonly string[] } | undefined
  >;
}

/** Reader of labels. */
export interface LabelReader extends Reader {
  /** Reads the next labels, fewer than asked for only at the end. */
  next(rows: number): Promise<RawLabels>;
}

/** Bytes of a file that are in memory at once: the overhead of a call is small beside the work on such a block. */
export const BLOCK_BYTES = 2 ** 22;

/** Most values of a row: a header may claim more than ever arrive, and memory for one row is taken before it is read. */
export const MAX_ROW_VALUES = 2 ** 22;

/** Some rows of a file. The next block overwrites its arrays. */
export interface Block {
  /** Number of the first row in the file. */
  readonly first: number;
  readonly rows: number;
  /** Values [rows, nDim]. */
  readonly x: Float32Array;
  readonly labels: RawLabels | undefined;
  /** Ids of the rows, where a column has them. */
  readonly ids: readonly string[] | undefined;
}

/** Rows with their labels, which may come from another file, a block at a time. */
export class Rows {
  readonly reader: RowReader;
  readonly name: string;
  readonly nRows: number | undefined;
  readonly nDim: number;
  readonly hasLabels: boolean;
  /** Name of the file that labels come from. */
  readonly labelsName: string;
  /** True if a file of labels begins with the name of its column; undefined without such a file. */
  readonly labelsHeader: boolean | undefined;
  readonly #labels: LabelReader | undefined;
  #first = 0;

  /** @param labels labels of another file, in place of a column */
  constructor(reader: RowReader, labels: LabelReader | undefined) {
    this.reader = reader;
    this.name = reader.name;
    this.nRows = reader.nRows;
    this.nDim = reader.nDim;
    this.hasLabels = labels !== undefined || reader.hasLabels;
    this.labelsName = labels?.name ?? reader.name;
    this.labelsHeader = labels && labels.header !== undefined;
    this.#labels = labels;
  }

  async skip(rows: number): Promise<void> {
    await this.reader.skip(rows);
    await this.#labels?.skip(rows);
    this.#first += rows;
  }

  /** Reads the next block; undefined at the end. @throws Failure unless there are as many labels as rows */
  async next(): Promise<Block | undefined> {
    const read = await this.reader.next();
    if (!read) {
      if (!this.#labels || (await this.#labels.next(1)).length === 0) return undefined;
      throw new Failure(`${this.labelsName}: there are more labels than rows in ${this.name}`);
    }
    const first = this.#first;
    const rows = read.x.length / this.nDim;
    const labels = this.#labels ? await this.#labels.next(rows) : read.labels;
    if (labels && labels.length < rows) {
      throw new Failure(`${this.labelsName}: there are fewer labels than rows in ${this.name}`);
    }
    this.#first += rows;
    return { first, rows, x: read.x, labels, ids: read.ids };
  }

  async close(): Promise<void> {
    await this.reader.close();
    await this.#labels?.close();
  }
}
