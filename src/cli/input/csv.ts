import { Readable } from 'node:stream';
import { type Parser, parse } from 'csv-parse';
import { Failure, note, quoted } from '../failure.js';
import type { ByteSource } from './byte-source.js';
import { hasDecimalComma, isInteger, isList, isMissing, isNumber, itemsOf, numberOf } from './cells.js';
import {
  type ColumnOptions,
  type Columns,
  findColumns,
  findLabels,
  isHeader,
  isNameOfLabels,
  type LabelPlace,
} from './columns.js';
import { encodingOf } from './kinds.js';
import type { LabelReader, RawLabels, RowReader } from './rows.js';

export interface CsvOptions extends ColumnOptions {
  /** Text between columns. Default: found in the first lines. */
  readonly delimiter?: string | undefined;
  /** True if a list of labels begins with the name of its column, where this is known. */
  readonly labelsHeader?: boolean | undefined;
}

const CHUNK_BYTES = 2 ** 16;
/**
 * Most bytes of a line, which is in memory as a whole, each cell of it as an object. A quote that is never closed makes one
 * line of all others.
 */
const MAX_LINE = 2 ** 23;
/** Values of a block. Their texts take several times the memory of the numbers. */
const VALUES_AT_ONCE = 2 ** 18;
/** Characters that separate columns: one that stands before another is found before it. */
const DELIMITERS = ['\t', ';', '|', ','];

/** CSV that is opened: its first records, and the records after them. */
interface OpenedCsv {
  readonly source: ByteSource;
  readonly delimiter: string;
  /** First two records, fewer in a shorter file. */
  readonly begin: readonly string[][];
  readonly parser: Parser;
  readonly records: AsyncIterator<string[]>;
  /** Count of the bytes that the parser was given. */
  readonly counter: { bytesRead: number };
}

async function openCsv(source: ByteSource, options: CsvOptions): Promise<OpenedCsv> {
  const counter = { bytesRead: 0 };
  const head = await source.peek(CHUNK_BYTES);
  const encoding = encodingOf(head);
  const { delimiter, preamble } = dialectOf(
    new TextDecoder(encoding, { ignoreBOM: true }).decode(head),
    head.length === CHUNK_BYTES,
    options.delimiter,
  );
  await source.read(new Uint8Array(Buffer.byteLength(preamble, encoding === 'utf-8' ? 'utf8' : 'utf16le')));
  const hasSpaces = delimiter === ' ';
  const parser = parse({
    ...{ bom: true, delimiter, skip_empty_lines: true, trim: !hasSpaces, comment: '#', comment_no_infix: true },
    // Joined files may have several of these.
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_LINE,
    // The readers count the columns: several spaces between two numbers are one.
    relax_column_count: true,
  });
  const input = Readable.from(encoding === 'utf-8' ? chunks(source, counter) : decoded(source, counter, encoding));
  input.on('error', (error) => parser.destroy(error));
  const records = input.pipe(parser)[Symbol.asyncIterator]();
  const begin: string[][] = [];
  while (begin.length < 2) {
    const record = await nextOf(records, source.name, hasSpaces);
    if (!record) break;
    begin.push(record);
  }
  noteComments(source.name, parser);
  if (begin.length === 0) throw new Failure(`${source.name}: the file has no row`);
  return { source, delimiter, begin, parser, records, counter };
}

function noteComments(file: string, { info }: Parser): void {
  if (info.comment_lines > 0) note(file, 'lines that begin with # are comments, and are left out');
}

async function* chunks(source: ByteSource, counter: { bytesRead: number }): AsyncGenerator<Uint8Array> {
  let line = 0;
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const length = await source.read(chunk);
    counter.bytesRead += length;
    // The parser counts the characters of cells, but not the cells.
    const end = Math.max(chunk.lastIndexOf(0x0a), chunk.lastIndexOf(0x0d));
    line = end < 0 ? line + length : length - end - 1;
    if (line > MAX_LINE) throw tooLong(source.name);
    if (length > 0) yield chunk.subarray(0, length);
    if (length < CHUNK_BYTES) return;
  }
}

const tooLong = (file: string): Failure =>
  new Failure(`${file}: a line has more than ${MAX_LINE} bytes: a line end or the end of a quotation may be missing`);

async function* decoded(source: ByteSource, counter: { bytesRead: number }, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks(source, counter)) yield Buffer.from(decoder.decode(chunk, { stream: true }));
}

/**
 * Finds how a CSV is written in the text of its first lines: its delimiter, and a first line that names it, as Excel
 * writes and reads.
 * @param isCut true if the last line may not be whole
 */
function dialectOf(text: string, isCut: boolean, wanted: string | undefined): { delimiter: string; preamble: string } {
  const [preamble = '', named] = /^\ufeff?sep=(.)\r?\n/.exec(text) ?? [];
  if (wanted !== undefined || named !== undefined) return { delimiter: wanted ?? (named as string), preamble };
  const lines = text
    .replaceAll(/"[^"]*"/g, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .slice(0, 20);
  if (isCut && lines.length > 1) lines.pop();
  const counts = (mark: string) => lines.map((line) => line.split(mark).length - 1);
  const isEven = (mark: string) => counts(mark).every((count, _, [first]) => count > 0 && count === first);
  const found = DELIMITERS.find(isEven) ?? DELIMITERS.find((mark) => (counts(mark)[0] ?? 0) > 0);
  return { delimiter: found ?? (isSpaced(lines) ? ' ' : ','), preamble };
}

/** Tells lines of as many numbers each with spaces between them, below names or not. */
function isSpaced(lines: readonly string[]): boolean {
  const [first = [], ...others] = lines.map((line) => line.trim().split(/\s+/));
  const areNumbers = (cells: readonly string[]) => cells.length === first.length && cells.every(isNumber);
  return first.length > 1 && others.every(areNumbers) && (others.length > 0 || areNumbers(first));
}

async function nextOf(
  records: AsyncIterator<string[]>,
  name: string,
  hasSpaces: boolean,
): Promise<string[] | undefined> {
  try {
    const { done, value } = await records.next();
    if (done) return undefined;
    return hasSpaces ? (value as string[]).filter((cell) => cell !== '') : value;
  } catch (error) {
    if (error instanceof Failure) throw error;
    if ((error as NodeJS.ErrnoException).code === 'CSV_MAX_RECORD_SIZE') throw tooLong(name);
    throw new Failure(`${name}: ${(error as Error).message.slice(0, 200)}`, { cause: error });
  }
}

/** Reader of the records of a CSV. */
class CsvReader {
  readonly name: string;
  readonly nRows = undefined;
  readonly bytes: number | undefined;
  /** First record, if it names the columns. */
  readonly header: readonly string[] | undefined;
  readonly nColumns: number;
  /** Text between columns. */
  protected readonly delimiter: string;
  /** Number of the record that was read last. */
  protected row = -1;
  readonly #csv: OpenedCsv;
  /** Records that were read ahead. */
  readonly #ahead: string[][];

  constructor(csv: OpenedCsv, hasHeader: boolean) {
    this.#csv = csv;
    this.name = csv.source.name;
    this.bytes = csv.source.size;
    this.delimiter = csv.delimiter;
    const [first = []] = csv.begin;
    this.nColumns = first.length;
    this.header = hasHeader ? first : undefined;
    this.#ahead = csv.begin.slice(hasHeader ? 1 : 0);
  }

  get bytesRead(): number {
    return this.#csv.counter.bytesRead;
  }

  protected async record(): Promise<string[] | undefined> {
    for (;;) {
      const record = this.#ahead.shift() ?? (await nextOf(this.#csv.records, this.name, this.delimiter === ' '));
      if (!record) {
        noteComments(this.name, this.#csv.parser);
        return undefined;
      }
      this.row++;
      if (record.length !== this.nColumns) {
        throw new Failure(`${this.name}: row ${this.row} has ${record.length} columns, expected ${this.nColumns}`);
      }
      if (!this.#isLeftOut(record)) return record;
      this.row--;
    }
  }

  /** Tells a row of empty cells, as Excel writes it, and the header in the middle of joined files. */
  #isLeftOut(record: readonly string[]): boolean {
    if (this.nColumns > 1 && record[0] === '' && record.every((cell) => cell === '')) {
      note(this.name, 'rows of empty cells are left out');
      return true;
    }
    if (record[0] !== this.header?.[0] || record.some((cell, i) => cell !== this.header?.[i])) return false;
    if (record.every((cell) => cell === '' || isNumber(cell))) return false;
    note(this.name, 'lines that repeat the names of the columns are left out');
    return true;
  }

  /** Reads the label of a record. @throws Failure for text that is not UTF-8: two names could become the same */
  protected labelIn(record: readonly string[], column: number): string {
    const label = record[column] as string;
    if (!label.includes('\ufffd')) return label;
    throw new Failure(
      `${this.name}: row ${this.row} has the label ${quoted(label)}, which is not UTF-8: save the file as UTF-8`,
    );
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

/** Columns of a CSV of rows, and its first record of values. */
function planOf(csv: OpenedCsv, options: CsvOptions, labels: LabelPlace) {
  const [first = [], second] = csv.begin;
  const { name } = csv.source;
  const hasHeader = isHeader(name, first, second, options);
  const sample = hasHeader ? (second ?? first.map(() => '0')) : first;
  return { hasHeader, sample, columns: findColumns(name, hasHeader ? first : undefined, sample, options, labels) };
}

/** Reader of rows in a CSV, with a column of labels or without. */
export class CsvRows extends CsvReader implements RowReader {
  readonly nDim: number;
  readonly hasLabels: boolean;
  readonly idName: string | undefined;
  readonly #columns: Columns;
  /** True if one cell of each record has a whole row. */
  readonly #isList: boolean;
  readonly #atOnce: number;
  readonly #x: Float32Array;
  /** Mark between the whole and the fraction of numbers, once it was seen where it may be a comma. */
  #decimal: '.' | ',' | undefined;

  private constructor(csv: OpenedCsv, options: CsvOptions, labels: LabelPlace) {
    const { hasHeader, sample, columns } = planOf(csv, options, labels);
    super(csv, hasHeader);
    this.#columns = columns;
    this.hasLabels = columns.label >= 0;
    this.idName = columns.id < 0 ? undefined : (this.header?.[columns.id] ?? 'id');
    const list = sample[columns.features[0] as number] as string;
    this.#isList = columns.features.length === 1 && isList(list);
    this.nDim = this.#isList ? itemsOf(list).length : columns.features.length;
    if (this.nDim === 0) throw new Failure(`${this.name}: row 0 is an empty list`);
    this.#atOnce = Math.max(1, Math.floor(VALUES_AT_ONCE / this.nDim));
    this.#x = new Float32Array(this.#atOnce * this.nDim);
  }

  static async open(source: ByteSource, options: CsvOptions, labels: LabelPlace): Promise<CsvRows> {
    return new CsvRows(await openCsv(source, options), options, labels);
  }

  /** Tells that a column which nobody named is taken for labels, and not read. */
  noteUnusedLabels({ labelColumn }: CsvOptions): void {
    if (!this.hasLabels || labelColumn !== undefined) return;
    const name = quoted(this.header?.[this.#columns.label] ?? `${this.#columns.label}`);
    note(this.name, `the column ${name} is taken for labels, and is not part of the rows (--features to use it)`);
  }

  async next(): Promise<{ x: Float32Array; labels?: string[]; ids?: string[] } | undefined> {
    const labels: string[] = [];
    const ids: string[] = [];
    const { label, id } = this.#columns;
    let rows = 0;
    while (rows < this.#atOnce) {
      const record = await this.record();
      if (!record) break;
      this.#write(record, rows * this.nDim);
      if (label >= 0) labels.push(this.labelIn(record, label));
      if (id >= 0) ids.push(record[id] as string);
      rows++;
    }
    if (rows === 0) return undefined;
    return { x: this.#x.subarray(0, rows * this.nDim), ...(label >= 0 && { labels }), ...(id >= 0 && { ids }) };
  }

  #write(record: string[], start: number): void {
    const { features, empty } = this.#columns;
    for (const column of empty) {
      if (record[column] !== '') throw this.#wrong(column, record[column] as string, 'but the column has no name');
    }
    if (this.#isList) {
      const column = features[0] as number;
      const items = itemsOf(record[column] as string);
      if (items.length !== this.nDim) {
        throw this.#wrong(column, record[column] as string, `a list of ${items.length} values, expected ${this.nDim}`);
      }
      for (const [k, item] of items.entries()) this.#x[start + k] = this.#value(item, column);
      return;
    }
    for (let k = 0; k < features.length; k++) {
      const column = features[k] as number;
      this.#x[start + k] = this.#value(record[column] as string, column);
    }
  }

  #value(text: string, column: number): number {
    const value = numberOf(text);
    if (this.#decimal === ',' && text.includes('.')) throw this.#mixed(column, text);
    if (!Number.isNaN(value)) {
      if (this.delimiter !== ',' && this.#decimal === undefined && text.includes('.')) this.#decimal = '.';
      return value;
    }
    if (isMissing(text)) {
      if (!/nan/i.test(text)) note(this.name, 'empty cells and marks of gaps (NA, null, ?) are read as NaN');
      return Number.NaN;
    }
    if (this.delimiter !== ',' && hasDecimalComma(text)) {
      if (this.#decimal === '.') throw this.#mixed(column, text);
      this.#decimal = ',';
      note(this.name, 'numbers have decimal commas: 1,5 is read as 1.5');
      return numberOf(text.replace(',', '.'));
    }
    const how =
      text === '...' || text === '…'
        ? 'the list was cut off when it was written'
        : 'keep a column of text by --id-column, or leave it out by --drop';
    throw this.#wrong(column, text, `which is not a number: ${how}`);
  }

  #mixed(column: number, text: string): Failure {
    return this.#wrong(column, text, 'but numbers before it have another decimal mark: write all with points');
  }

  #wrong(column: number, text: string, problem: string): Failure {
    const name = this.header?.[column];
    const where = name ? `column ${quoted(name)}` : `column ${column}`;
    return new Failure(`${this.name}: row ${this.row}, ${where} is ${quoted(text)}, ${problem}`);
  }
}

/** Facts about the rows that a list of labels belongs to: they tell whether its first line is a name. */
export interface RowsFacts {
  readonly count: () => Promise<number | undefined>;
  readonly hasHeader: boolean;
}

/** Reader of a column of labels in a CSV, or of its only column. */
export class CsvLabels extends CsvReader implements LabelReader {
  readonly #at: number;

  private constructor(csv: OpenedCsv, hasHeader: boolean, at: number) {
    super(csv, hasHeader);
    this.#at = at;
  }

  /** Opens the labels that stand beside rows. */
  static async beside(source: ByteSource, options: CsvOptions): Promise<CsvLabels> {
    const csv = await openCsv(source, options);
    const { hasHeader, columns } = planOf(csv, options, 'here');
    return new CsvLabels(csv, hasHeader, columns.label);
  }

  /** Opens a file of labels. @param again opens it once more; undefined for a pipe */
  static async open(
    source: ByteSource,
    options: CsvOptions,
    facts?: RowsFacts,
    again?: () => Promise<ByteSource>,
  ): Promise<CsvLabels> {
    const csv = await openCsv(source, options);
    const { name } = source;
    const [first = [], second] = csv.begin;
    const { labelColumn, labelsHeader, header } = options;
    // --header may be said of the rows, which have another file.
    const isNamed = first.some((cell) => isNameOfLabels(cell, first) || cell === labelColumn);
    if (first.length > 1) {
      const hasHeader = isNamed || (header ?? isHeader(name, first, second, { labelColumn }));
      const at = findLabels(name, hasHeader ? first : undefined, first.length, labelColumn);
      if (at >= 0) return new CsvLabels(csv, hasHeader, at);
      throw new Failure(`${name}: no column is called label: name one by --label-column`);
    }
    if (!isNamed && labelColumn !== undefined) findLabels(name, undefined, 1, labelColumn);
    const hasHeader = labelsHeader ?? (isNamed || (await beginsWithName(csv, options, facts, again)));
    if (hasHeader && !isNamed)
      note(name, `the first line, ${quoted(first[0] as string)}, is taken for the name of the column`);
    return new CsvLabels(csv, hasHeader, 0);
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

/** Tells whether a list of labels begins with the name of its column: `0`, as pandas writes it, or a word. */
async function beginsWithName(
  { begin: [[first = ''] = []] }: OpenedCsv,
  options: CsvOptions,
  facts: RowsFacts | undefined,
  again: (() => Promise<ByteSource>) | undefined,
): Promise<boolean> {
  // Another number and a gap are labels.
  if ((isNumber(first) && first !== '0') || isMissing(first)) return false;
  if (!again) return options.header ?? false;
  const csv = await openCsv(await again(), options);
  const records = [...csv.begin];
  let [labels, numbers, same] = [0, 0, 0];
  // A word that comes again is a class.
  while (isNumber(first) || same < 2) {
    const [label] = records.shift() ?? (await nextOf(csv.records, csv.source.name, csv.delimiter === ' ')) ?? [];
    if (label === undefined) break;
    labels++;
    if (isInteger(label) || isMissing(label)) numbers++;
    if (label === first) same++;
  }
  await csv.source.close();
  if (!isNumber(first) && same > 1) return false;
  const others = labels - 1;
  if (others > 0 && isNumber(first) && numbers === 1) return true;
  if (others > 0 && !isNumber(first) && numbers === others) return true;
  const rows = await facts?.count();
  return rows === undefined ? (options.header ?? facts?.hasHeader ?? false) && others > 0 : rows === others;
}
