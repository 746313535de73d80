import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { Failure, printable, quoted } from '../failure.js';
import type { ByteSource } from './byte-source.js';
import type { LabelReader, RawLabels, RowReader } from './rows.js';

export interface CsvOptions {
  /** Text between columns. */
  readonly delimiter: string;
  /** Column of labels, by its name or its number from 0. Default: the column that has a usual name of labels. */
  readonly labelColumn?: string | undefined;
}

const NAMES_OF_LABELS = ['label', 'labels', 'target', 'class', 'y'];
const CHUNK_BYTES = 2 ** 16;
/** Values of a block. Their texts take several times the memory of the numbers. */
const VALUES_AT_ONCE = 2 ** 18;

/** CSV that is opened: its first record, and the records after it. */
interface OpenedCsv {
  readonly source: ByteSource;
  readonly first: string[];
  /** True if the first record names the columns. */
  readonly isHeader: boolean;
  readonly records: AsyncIterator<string[]>;
  /** Count of the bytes that the parser was given. */
  readonly counter: { readonly bytesRead: number };
}

async function openCsv(source: ByteSource, { delimiter, labelColumn }: CsvOptions): Promise<OpenedCsv> {
  const counter = { bytesRead: 0 };
  const parser = parse({ bom: true, delimiter, skip_empty_lines: true, trim: true });
  const input = Readable.from(chunks(source, counter));
  input.on('error', (error) => parser.destroy(error));
  const records = input.pipe(parser)[Symbol.asyncIterator]();
  const first = await nextOf(records, source.name);
  if (first === undefined) throw new Failure(`${source.name}: the file has no row`);
  return { source, first, isHeader: isHeader(first, labelColumn), records, counter };
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
 * Tells whether a first record names the columns. A record without any number does, except in a list of names of
 * classes, which {@link CsvLabels} recognizes. Other columns than labels may be called 0, 1, 2 …, as in pandas.
 */
function isHeader(first: readonly string[], labelColumn: string | undefined): boolean {
  const numbers = first.filter(isNumber);
  if (numbers.length === 0) return true;
  if (labelColumn !== undefined && !/^\d+$/.test(labelColumn)) return first.includes(labelColumn);
  return first.some(isNameOfLabels) && numbers.every((text, column) => text === `${column}`);
}

/** Reader of the records of a CSV. */
class CsvReader {
  readonly name: string;
  readonly nRows = undefined;
  readonly bytes: number | undefined;
  /** First record, if it names the columns. */
  readonly header: readonly string[] | undefined;
  readonly nColumns: number;
  /** Number of the record that was read last. */
  protected row = -1;
  readonly #csv: OpenedCsv;
  /** First record, if it is a row that was not read yet. */
  #first: string[] | undefined;

  constructor(csv: OpenedCsv) {
    this.#csv = csv;
    this.name = csv.source.name;
    this.bytes = csv.source.size;
    this.nColumns = csv.first.length;
    this.header = csv.isHeader ? csv.first : undefined;
    this.#first = csv.isHeader ? undefined : csv.first;
  }

  get bytesRead(): number {
    return this.#csv.counter.bytesRead;
  }

  /** Makes the first record a row. */
  protected useHeaderAsRow(): void {
    this.#first = this.#csv.first;
  }

  protected async record(): Promise<string[] | undefined> {
    const record = this.#first ?? (await nextOf(this.#csv.records, this.name));
    this.#first = undefined;
    if (record) this.row++;
    return record;
  }

  /** Reads the label of a record. @throws Failure for text that is not UTF-8: two names could become the same */
  protected labelIn(record: readonly string[], column: number): string {
    const label = record[column] as string;
    if (!label.includes('\ufffd')) return label;
    throw new Failure(`${this.name}: row ${this.row} has the label ${quoted(label)}, which is not UTF-8`);
  }

  /** Finds the column of a name, or of a usual name of labels; −1 without one. */
  protected columnNamed(wanted: string | undefined): number {
    return this.header?.findIndex((name) => (wanted === undefined ? isNameOfLabels(name) : name === wanted)) ?? -1;
  }

  /** Finds the column of labels; −1 without one. @throws Failure if there is no such column as is `wanted` */
  protected labelColumn(wanted: string | undefined): number {
    const named = this.columnNamed(wanted);
    if (named >= 0 || wanted === undefined) return named;
    const column = /^\d+$/.test(wanted) ? Number(wanted) : -1;
    if (column >= 0 && column < this.nColumns) return column;
    const columns = this.header ? quoted(this.header.join(', ')) : `${this.nColumns} without names`;
    throw new Failure(`${this.name}: there is no column ${quoted(wanted)} among its columns, ${columns}`);
  }

  async skip(rows: number): Promise<void> {
    for (let i = 0; i < rows; i++) {
      if (!(await this.record())) return;
    }
  }

  async close(): Promise<void> {
    await this.#csv.records.return?.();
    await this.#csv.source.close();
  }
}

/** Reader of rows in a CSV, with a column of labels or without. */
export class CsvRows extends CsvReader implements RowReader {
  readonly nDim: number;
  readonly hasLabels: boolean;
  readonly #labelAt: number;
  readonly #atOnce: number;
  readonly #x: Float32Array;

  private constructor(csv: OpenedCsv, labelColumn: string | undefined, hasOtherCsv: boolean) {
    super(csv);
    // With labels in another CSV, `labelColumn` is a column there. A column of that name here is not part of the rows.
    this.#labelAt = hasOtherCsv ? this.columnNamed(labelColumn) : this.labelColumn(labelColumn);
    this.hasLabels = this.#labelAt >= 0;
    this.nDim = this.nColumns - (this.hasLabels ? 1 : 0);
    if (this.#labelAt !== 0 && this.header?.[0] === '') {
      throw new Failure(
        `${this.name}: the first column has no name, like the row numbers that pandas writes: leave them out (index=False)`,
      );
    }
    if (this.nDim === 0) throw new Failure(`${this.name}: there is no column beside that of the labels`);
    this.#atOnce = Math.max(1, Math.floor(VALUES_AT_ONCE / this.nDim));
    this.#x = new Float32Array(this.#atOnce * this.nDim);
  }

  /** @param hasOtherCsv true if labels come from another CSV */
  static async open(source: ByteSource, options: CsvOptions, hasOtherCsv: boolean): Promise<CsvRows> {
    return new CsvRows(await openCsv(source, options), options.labelColumn, hasOtherCsv);
  }

  async next(): Promise<{ x: Float32Array; labels?: string[] } | undefined> {
    const labels: string[] = [];
    let rows = 0;
    while (rows < this.#atOnce) {
      const record = await this.record();
      if (!record) break;
      this.#write(record, rows);
      if (this.hasLabels) labels.push(this.labelIn(record, this.#labelAt));
      rows++;
    }
    if (rows === 0) return undefined;
    return { x: this.#x.subarray(0, rows * this.nDim), ...(this.hasLabels && { labels }) };
  }

  #write(record: string[], row: number): void {
    let at = row * this.nDim;
    for (let column = 0; column < record.length; column++) {
      if (column === this.#labelAt) continue;
      const text = record[column] as string;
      const value = numberOf(text);
      if (Number.isNaN(value) && !NOT_A_NUMBER.test(text)) {
        const name = this.header?.[column];
        const where = name === undefined ? `column ${column}` : `column ${quoted(name)}`;
        throw new Failure(`${this.name}: row ${this.row}, ${where} is ${quoted(text)}, which is not a number`);
      }
      this.#x[at++] = value;
    }
  }
}

/** Reader of a column of labels in a CSV, or of its only column. */
export class CsvLabels extends CsvReader implements LabelReader {
  readonly #at: number;

  private constructor(csv: OpenedCsv, labelColumn: string | undefined) {
    super(csv);
    const named = this.labelColumn(labelColumn);
    const isList = named < 0 && this.nColumns === 1;
    if (named < 0 && !isList) {
      throw new Failure(`${this.name}: no column is called label: name one by --label-column`);
    }
    // A list of names of classes has no header.
    if (isList) this.useHeaderAsRow();
    this.#at = isList ? 0 : named;
  }

  static async open(source: ByteSource, options: CsvOptions): Promise<CsvLabels> {
    return new CsvLabels(await openCsv(source, options), options.labelColumn);
  }

  async next(rows: number): Promise<RawLabels> {
    const labels: string[] = [];
    while (labels.length < rows) {
      const record = await this.record();
      if (!record) break;
      labels.push(this.labelIn(record, this.#at));
    }
    return labels;
  }
}
