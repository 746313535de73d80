import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { Failure, printable, quoted } from '../failure.js';
import type { ByteSource } from './byte-source.js';
import { type Block, checkEnd, type Labels, type RawLabels, type Reading, type Rows } from './rows.js';

export interface CsvOptions {
  /** Text between columns. */
  readonly delimiter: string;
  /** Column of labels, by its name or its number from 0. Default: the column that is called as labels usually are. */
  readonly labelColumn?: string | undefined;
}

const NAMES_OF_LABELS = ['label', 'labels', 'target', 'class', 'y'];
const CHUNK_BYTES = 2 ** 16;
/** Values that are in memory at once, as numbers: their texts take more. */
const VALUES_AT_ONCE = 2 ** 18;

/** Records of a CSV file, of which the first may name the columns. */
class Records implements Reading {
  readonly name: string;
  readonly bytes: number | undefined;
  /** First record, if it names the columns. */
  readonly header: readonly string[] | undefined;
  readonly nColumns: number;
  row = 0;
  #first: string[] | undefined;
  readonly #source: ByteSource;
  readonly #records: AsyncIterator<string[]>;
  readonly #counter: { readonly bytesRead: number };

  private constructor(
    source: ByteSource,
    first: string[],
    isHeader: boolean,
    records: AsyncIterator<string[]>,
    counter: { readonly bytesRead: number },
  ) {
    this.name = source.name;
    this.bytes = source.size;
    this.#source = source;
    this.#records = records;
    this.#counter = counter;
    this.nColumns = first.length;
    this.header = isHeader ? first : undefined;
    this.#first = isHeader ? undefined : first;
  }

  static async open(source: ByteSource, { delimiter, labelColumn }: CsvOptions): Promise<Records> {
    const counter = { bytesRead: 0 };
    const parser = parse({ bom: true, delimiter, skip_empty_lines: true, trim: true });
    const input = Readable.from(chunks(source, counter));
    input.on('error', (error) => parser.destroy(error));
    const records = input.pipe(parser)[Symbol.asyncIterator]();
    const first = await nextOf(records, source.name);
    if (first === undefined) throw new Failure(`${source.name}: the file has no row`);
    return new Records(source, first, isHeader(first, labelColumn), records, counter);
  }

  get bytesRead(): number {
    return this.#counter.bytesRead;
  }

  /** Makes the header a row. */
  withoutHeader(): this {
    this.#first = this.header as string[] | undefined;
    return this;
  }

  async next(): Promise<string[] | undefined> {
    const record = this.#first ?? (await nextOf(this.#records, this.name));
    this.#first = undefined;
    if (record) this.row++;
    return record;
  }

  /** Reads the label of a record. @throws Failure for text that is not UTF-8: two names could become the same */
  labelOf(record: readonly string[], column: number): string {
    const label = record[column] as string;
    if (!label.includes('\ufffd')) return label;
    throw new Failure(`${this.name}: row ${this.row - 1} has the label ${quoted(label)}, which is not UTF-8`);
  }

  async close(): Promise<void> {
    await this.#records.return?.();
    await this.#source.close();
  }

  /** Finds the column of a name, or of one that labels usually have; −1 without one. */
  columnNamed(wanted: string | undefined): number {
    return this.header?.findIndex((name) => (wanted === undefined ? isNameOfLabels(name) : name === wanted)) ?? -1;
  }

  /** Finds the column of labels; −1 without one. @throws Failure if there is no column as it is `wanted` */
  labelColumn(wanted: string | undefined): number {
    const named = this.columnNamed(wanted);
    if (named >= 0 || wanted === undefined) return named;
    const place = /^\d+$/.test(wanted) ? Number(wanted) : -1;
    if (place >= 0 && place < this.nColumns) return place;
    const columns = this.header ? quoted(this.header.join(', ')) : `${this.nColumns} without names`;
    throw new Failure(`${this.name}: there is no column ${quoted(wanted)} among its columns, ${columns}`);
  }
}

async function* chunks(source: ByteSource, counter: { bytesRead: number }): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const length = await source.read(chunk);
    counter.bytesRead += length;
    if (length > 0) yield chunk.subarray(0, length);
    if (length < CHUNK_BYTES) return;
  }
}

async function nextOf(records: AsyncIterator<string[]>, name: string): Promise<string[] | undefined> {
  try {
    const { done, value } = await records.next();
    return done ? undefined : value;
  } catch (error) {
    throw new Failure(`${name}: ${printable((error as Error).message)}`, { cause: error });
  }
}

const NOT_A_NUMBER = /^[+-]?nan$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;

/** Reads a number as programs write it, also `inf`; NaN for anything else. */
function numberOf(text: string): number {
  const [isInfinite, sign] = INFINITE.exec(text) ?? [];
  if (isInfinite) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text === '' || /^[+-]?0[xob]/i.test(text) ? Number.NaN : Number(text);
}

const isNumber = (text: string): boolean => !Number.isNaN(numberOf(text)) || NOT_A_NUMBER.test(text);
const isNameOfLabels = (text: string): boolean => NAMES_OF_LABELS.includes(text.toLowerCase());

/**
 * Tells whether a first record names the columns. Names are not numbers, while a row has at least one; a list of names of
 * classes has none either. Beside the name of the labels, columns may be called 0, 1, 2 …, as pandas does.
 */
function isHeader(first: readonly string[], labelColumn: string | undefined): boolean {
  const numbers = first.filter(isNumber);
  if (numbers.length === 0) return true;
  if (labelColumn !== undefined && !/^\d+$/.test(labelColumn)) return first.includes(labelColumn);
  return first.some(isNameOfLabels) && numbers.every((text, column) => text === `${column}`);
}

/** Rows of a CSV, with a column of labels or without. */
export class CsvRows implements Rows {
  readonly nRows = undefined;
  readonly nDim: number;
  readonly hasLabels: boolean;
  readonly #records: Records;
  readonly #labelAt: number;
  readonly #labels: Labels | undefined;
  readonly #atOnce: number;
  #x: Float32Array;

  private constructor(records: Records, labelAt: number, labels: Labels | undefined) {
    this.#records = records;
    this.#labelAt = labelAt;
    this.#labels = labels;
    this.hasLabels = labels !== undefined || labelAt >= 0;
    this.nDim = records.nColumns - (labelAt >= 0 ? 1 : 0);
    if (labelAt !== 0 && records.header?.[0] === '') {
      throw new Failure(
        `${records.name}: the first column has no name, as row numbers that pandas writes: leave them out (index=False)`,
      );
    }
    if (this.nDim === 0) throw new Failure(`${records.name}: there is no column beside that of the labels`);
    this.#atOnce = Math.max(1, Math.floor(VALUES_AT_ONCE / this.nDim));
    this.#x = new Float32Array(this.#atOnce * this.nDim);
  }

  /** @param labels labels of another file, in place of a column */
  static async open(source: ByteSource, options: CsvOptions, labels?: Labels): Promise<CsvRows> {
    const records = await Records.open(source, options);
    // `labelColumn` is a column of the other CSV; a column of that name here is not part of the rows, either.
    const isElsewhere = labels instanceof CsvLabels;
    const { labelColumn } = options;
    const labelAt = isElsewhere ? records.columnNamed(labelColumn) : records.labelColumn(labelColumn);
    return new CsvRows(records, labelAt, labels);
  }

  get name(): string {
    return this.#records.name;
  }

  get bytesRead(): number {
    return this.#records.bytesRead;
  }

  get bytes(): number | undefined {
    return this.#records.bytes;
  }

  get labelsName(): string {
    return this.#labels?.name ?? this.name;
  }

  async skip(rows: number): Promise<void> {
    for (let i = 0; i < rows; i++) {
      if (!(await this.#records.next())) break;
    }
    await this.#labels?.skip(rows);
  }

  async next(): Promise<Block | undefined> {
    const own: string[] = [];
    let rows = 0;
    while (rows < this.#atOnce) {
      const record = await this.#records.next();
      if (!record) break;
      this.#write(record, rows);
      if (this.#labelAt >= 0) own.push(this.#records.labelOf(record, this.#labelAt));
      rows++;
    }
    if (rows === 0) {
      await checkEnd(this.#labels, this.name);
      return undefined;
    }
    const labels = this.#labels ? await this.#labels.next(rows) : this.#labelAt >= 0 ? own : undefined;
    return { rows, x: this.#x.subarray(0, rows * this.nDim), labels };
  }

  async close(): Promise<void> {
    await this.#records.close();
    await this.#labels?.close();
  }

  #write(record: string[], row: number): void {
    let at = row * this.nDim;
    for (let column = 0; column < record.length; column++) {
      if (column === this.#labelAt) continue;
      const text = record[column] as string;
      const value = numberOf(text);
      if (Number.isNaN(value) && !NOT_A_NUMBER.test(text)) {
        const name = this.#records.header?.[column];
        const where = name === undefined ? `column ${column}` : `column ${quoted(name)}`;
        throw new Failure(
          `${this.name}: row ${this.#records.row - 1}, ${where} is ${quoted(text)}, which is not a number`,
        );
      }
      this.#x[at++] = value;
    }
  }
}

/** Column of labels of a CSV, or the only column. */
export class CsvLabels implements Labels {
  readonly nRows = undefined;
  readonly #records: Records;
  readonly #at: number;

  private constructor(records: Records, at: number) {
    this.#records = records;
    this.#at = at;
  }

  static async open(source: ByteSource, options: CsvOptions): Promise<CsvLabels> {
    const records = await Records.open(source, options);
    const named = records.labelColumn(options.labelColumn);
    const isList = named < 0 && records.nColumns === 1;
    const at = isList ? 0 : named;
    if (isList && records.header) records.withoutHeader();
    if (at < 0) throw new Failure(`${source.name}: no column is called label: name one by --label-column`);
    return new CsvLabels(records, at);
  }

  get name(): string {
    return this.#records.name;
  }

  get bytesRead(): number {
    return this.#records.bytesRead;
  }

  get bytes(): number | undefined {
    return this.#records.bytes;
  }

  async skip(rows: number): Promise<void> {
    await this.next(rows);
  }

  async next(rows: number): Promise<RawLabels> {
    const labels: string[] = [];
    while (labels.length < rows) {
      const record = await this.#records.next();
      if (!record) break;
      labels.push(this.#records.labelOf(record, this.#at));
    }
    return labels;
  }

  close(): Promise<void> {
    return this.#records.close();
  }
}
