import { extname } from 'node:path';
import { NPY_HEADER_BYTES, type SafetensorsHeader, safetensorsHeader } from '../../index.js';
import { type NpyLayout, npyLayout } from '../../io/npy-header.js';
import { parseStrings } from '../../io/saved-object.js';
import { Failure, inFile, quoted, UsageFailure } from '../failure.js';
import { type ByteSource, isPipe, MemorySource, openBytes, openWhole } from './byte-source.js';
import { CsvLabels, type CsvOptions, CsvRows, type RowsFacts } from './csv.js';
import { type ArrayLocation, DenseLabels, DenseNames, DenseRows } from './dense.js';
import { beginsAsNpz, foreignKind } from './kinds.js';
import { type LabelReader, type RowReader, Rows } from './rows.js';
import { arraysIn } from './unpack.js';

/** Formats that are written and read. */
export const FORMATS = ['npy', 'safetensors', 'csv'] as const;
export type Format = (typeof FORMATS)[number];
/** Formats that are read. */
export const INPUT_FORMATS = [...FORMATS, 'npz'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];
/** Types that `--dtype` gives the 16-bit values of a .npy file. */
export const BIT_TYPES = { bfloat16: 'BF16', float16: 'F16' } as const;

/** Options that say where rows and their labels are. */
export interface InputOptions extends CsvOptions {
  /** File of labels. Default: labels beside the rows, where there are any. False: there are none. */
  readonly labels?: string | boolean | undefined;
  readonly format?: InputFormat | undefined;
  /** Type of the 16-bit values of a .npy file. */
  readonly dtype?: keyof typeof BIT_TYPES | undefined;
  readonly tensor?: string | undefined;
  readonly labelTensor?: string | undefined;
  /** True or false to show progress or not; default: on a terminal. */
  readonly progress?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Need for labels: it is an error if there are none, they are read if there are any, or they are not read. */
export type LabelMode = 'needed' | 'optional' | 'none';

/** Usual names of a tensor of rows. */
export const NAMES_OF_ROWS = ['embeddings', 'features', 'x', 'centers'];
const NAMES_OF_LABELS = ['labels', 'label', 'targets', 'target', 'y'];

/** Role of an array in a file: its usual names, its dimensions, and the option that names it. */
interface Role {
  readonly what: string;
  readonly usual: readonly string[];
  readonly rank: number;
  readonly option: string;
}
const ROWS: Role = { what: 'rows', usual: NAMES_OF_ROWS, rank: 2, option: '--tensor' };
const LABELS: Role = { what: 'labels', usual: NAMES_OF_LABELS, rank: 1, option: '--label-tensor' };

/**
 * Opens rows with their labels.
 * @throws Failure for a file that cannot be read, for labels of another number, and without labels where they are needed
 */
export async function openRows(path: string, options: InputOptions, mode: LabelMode): Promise<Rows> {
  const labelsPath = mode === 'none' ? undefined : labelsFileOf(options);
  const source = await openBytes(path);
  const [reader, beside] = await inFile(source.name, async (): Promise<[RowReader, LabelReader | undefined]> => {
    const head = await source.peek(NPY_HEADER_BYTES);
    const format = formatOf(source.name, head, options.format);
    if (format === 'csv') {
      const place = labelsPath !== undefined ? 'elsewhere' : options.labels === false ? 'nowhere' : 'here';
      const rows = await CsvRows.open(source, options, place);
      if (labelsPath !== undefined || mode === 'none') rows.noteUnusedLabels(options);
      return [rows, undefined];
    }
    for (const name of ['features', 'drop', 'labelColumn', 'idColumn'] as const) {
      // With a file of labels, --label-column is a column there.
      if (options[name] === undefined || (name === 'labelColumn' && labelsPath !== undefined)) continue;
      throw new UsageFailure(
        `--${name.replace(/[A-Z]/, '-$&').toLowerCase()} is for columns of a CSV: ${path} has none`,
      );
    }
    if (format === 'npy') return [await denseRows(path, source, npyLayout(head, bitsOf(options))), undefined];
    const readsBeside = labelsPath === undefined && mode !== 'none' && options.labels !== false;
    const tensors = await tensorsOf(path, source, head, format, options);
    const { layout, open } = chosen(tensors, options.tensor, ROWS, source.name);
    const isUsual = (name: string) => NAMES_OF_LABELS.includes(name.toLowerCase());
    const hasLabels = options.labelTensor !== undefined || Object.keys(tensors.byName).some(isUsual);
    const labels = readsBeside && hasLabels ? await openLabels(path, options) : undefined;
    return [await denseRows(path, await open(), layout), labels];
  });
  const facts = { hasHeader: reader.header !== undefined, count: () => countRows(path, reader, options) };
  const labels = labelsPath === undefined ? beside : await openLabels(labelsPath, options, facts);
  const rows = new Rows(reader, labels);
  if (mode === 'needed' && !rows.hasLabels) {
    throw new Failure(
      `${rows.name}: there are no labels beside the rows${columnsText(rows)}: name a file of labels by --labels, a column by --label-column (its name, or its number from 0) or a tensor by --label-tensor`,
    );
  }
  if (labels?.nRows !== undefined && rows.nRows !== undefined && labels.nRows !== rows.nRows) {
    throw new Failure(`${labels.name} has ${labels.nRows} labels, but ${rows.name} has ${rows.nRows} rows`);
  }
  return rows;
}

/** Names the columns of a CSV, for messages. */
export const columnsText = ({ reader }: Rows): string =>
  reader.header ? ` (its columns are ${quoted(reader.header.join(', '))})` : '';

export const labelsFileOf = ({ labels }: InputOptions): string | undefined =>
  typeof labels === 'string' ? labels : undefined;

const bitsOf = ({ dtype }: InputOptions) => dtype && BIT_TYPES[dtype];

/** Opens an array of rows; one that a pipe has column by column is read as a whole. */
async function denseRows(path: string, source: ByteSource, layout: NpyLayout | ArrayLocation): Promise<DenseRows> {
  if ('characterBytes' in layout) throw new Failure(`${source.name}: an array of strings; expected numbers (N, D)`);
  const isWhole = layout.fortranOrder === true && source.size === undefined;
  return new DenseRows(isWhole ? await openWhole(path, source) : source, layout);
}

/** Counts rows, reading a CSV once more; undefined for a pipe. */
export async function countRows(
  path: string,
  reader: { readonly nRows: number | undefined } | undefined,
  options: InputOptions,
): Promise<number | undefined> {
  if (reader?.nRows !== undefined || (await isPipe(path))) return reader?.nRows;
  const rows = await openRows(path, { ...options, labels: undefined }, 'none');
  let count = 0;
  for (let block = await rows.next(); block; block = await rows.next()) count += block.rows;
  await rows.close();
  return count;
}

/** Opens labels alone, in a file of their own or beside rows. @param facts rows that they belong to */
export async function openLabels(path: string, options: InputOptions, facts?: RowsFacts): Promise<LabelReader> {
  const source = await openBytes(path);
  const isAlone = options.labels === path;
  return inFile<LabelReader>(source.name, async () => {
    const head = await source.peek(NPY_HEADER_BYTES);
    // `format` is that of the rows, unless the labels are beside them.
    const format = formatOf(source.name, head, isAlone ? undefined : options.format);
    if (format === 'csv') {
      if (!isAlone) return CsvLabels.beside(source, options);
      const again = (await isPipe(path)) ? undefined : () => openBytes(path);
      return CsvLabels.open(source, options, facts, again);
    }
    if (format === 'npy') return denseLabels(source, npyLayout(head));
    const tensors = await tensorsOf(path, source, head, format, options);
    const { layout, open } = chosen(tensors, options.labelTensor, LABELS, source.name);
    return denseLabels(await open(), layout, tensors.classNames);
  });
}

const denseLabels = (source: ByteSource, layout: NpyLayout | ArrayLocation, names?: readonly string[]): LabelReader =>
  'characterBytes' in layout ? new DenseNames(source, layout) : new DenseLabels(source, layout, names);

/**
 * Reads the names of classes that `convert` puts beside labels. Another file, or a model, may have the same names in
 * another order.
 */
function classNamesIn({ names }: SafetensorsHeader['metadata']): readonly string[] | undefined {
  try {
    return parseStrings(names ?? '');
  } catch {
    return undefined;
  }
}

/** Arrays of one file, by their names. */
interface Tensors {
  readonly byName: Readonly<Record<string, NpyLayout | ArrayLocation>>;
  readonly open: (name: string) => Promise<ByteSource>;
  readonly classNames?: readonly string[] | undefined;
}

/** Reads which arrays a file has. A pipe of safetensors, and every .npz, is read as a whole. */
async function tensorsOf(
  path: string,
  source: ByteSource,
  head: Uint8Array,
  format: 'safetensors' | 'npz',
  options: InputOptions,
): Promise<Tensors> {
  const whole = format === 'npz' || source.size === undefined ? await openWhole(path, source) : source;
  if (format === 'safetensors') {
    const { places, metadata } = await headerOf(whole, head);
    return { byName: places, open: async () => whole, classNames: classNamesIn(metadata) };
  }
  const arrays = arraysIn(await whole.peek(whole.size as number), source.name);
  const byName: Record<string, NpyLayout> = {};
  for (const [name, file] of Object.entries(arrays)) {
    try {
      byName[name] = npyLayout(file, bitsOf(options));
    } catch (error) {
      // Python objects, say, beside the rows: nobody asked for them.
      if (name === options.tensor || name === options.labelTensor) throw error;
    }
  }
  return { byName, open: async (name) => new MemorySource(source.name, arrays[name] as Uint8Array) };
}

/** Recognizes a safetensors file: eight bytes with the length of its header, which is below 16 MB, and `{`. */
export const beginsAsSafetensors = (head: Uint8Array): boolean =>
  head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);

/** Finds a format that the extension of a file name tells. */
export function formatByName<F extends string>(formats: readonly F[], path: string): F | undefined {
  const extension = extname(path).slice(1).toLowerCase();
  return formats.find((format) => format === extension);
}

/** Finds the format of a file: the one that is given, or by its first bytes, or by its extension. */
export function formatOf(name: string, head: Uint8Array, format?: InputFormat): InputFormat {
  if (format) return format;
  if (String.fromCharCode(...head.subarray(0, 6)) === '\x93NUMPY') return 'npy';
  if (beginsAsSafetensors(head)) return 'safetensors';
  if (beginsAsNpz(head)) return 'npz';
  const kind = foreignKind(head);
  if (kind !== undefined) throw new Failure(`${name}: ${kind}`);
  // If the extension is wrong, the reader of that format says so.
  return formatByName(FORMATS, name.replace(/\.gz$/i, '')) ?? 'csv';
}

/** Reads the header of a safetensors file, of which `head` has the first bytes. */
export async function headerOf(source: ByteSource, head: Uint8Array): Promise<SafetensorsHeader> {
  const length = head.length < 8 ? 0 : Number(new DataView(head.buffer).getBigUint64(0, true));
  // `safetensorsHeader` refuses a longer header before it reads it.
  const begin = length > 2 ** 24 ? head : await source.peek(8 + length);
  return safetensorsHeader(begin, source.size ?? 0);
}

/** Finds the array of rows or labels: the named one, one of the usual names, or the only one that fits. */
function chosen(
  { byName, open }: Tensors,
  wanted: string | undefined,
  { what, usual, rank, option }: Role,
  file: string,
): { layout: NpyLayout | ArrayLocation; open: () => Promise<ByteSource> } {
  const names = Object.keys(byName);
  const rankOf = (layout: NpyLayout | ArrayLocation) => layout.shape.length - ('characterBytes' in layout ? 1 : 0);
  const fitting = names.filter((name) => rankOf(byName[name] as ArrayLocation) === rank);
  const usualName = usual.flatMap((one) => fitting.filter((name) => name.toLowerCase() === one))[0];
  const name = wanted ?? usualName ?? (fitting.length === 1 ? fitting[0] : undefined);
  const layout = name === undefined || !names.includes(name) ? undefined : byName[name];
  if (layout && name !== undefined) return { layout, open: () => open(name) };
  const problem =
    wanted === undefined ? `the tensor of the ${what} is not clear` : `there is no tensor ${quoted(wanted)}`;
  throw new Failure(`${file}: ${problem} among ${quoted(names.join(', '))}: name it by ${option}`);
}
