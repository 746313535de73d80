import { extname } from 'node:path';
import {
  NPY_HEADER_BYTES,
  npyHeader,
  type SafetensorsHeader,
  safetensorsHeader,
  type TensorPlace,
} from '../../index.js';
import { Failure, inFile, quoted } from '../failure.js';
import { type ByteSource, openBytes, PIPE } from './byte-source.js';
import { CsvLabels, type CsvOptions, CsvRows } from './csv.js';
import { type ArrayLocation, DenseLabels, DenseRows } from './dense.js';
import { type LabelReader, type RowReader, Rows } from './rows.js';

export const FORMATS = ['npy', 'safetensors', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** Options that say where rows and their labels are. */
export interface InputOptions extends CsvOptions {
  /** File of labels. Default: labels beside the rows, where there are any. */
  readonly labels?: string | undefined;
  readonly format?: Format | undefined;
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

/**
 * Opens rows with their labels.
 * @throws Failure for a file that cannot be read, for labels of another number, and without labels where they are needed
 */
export async function openRows(path: string, options: InputOptions, mode: LabelMode): Promise<Rows> {
  const named = options.labels !== undefined && mode !== 'none' ? await openLabels(options.labels, options) : undefined;
  const source = await openBytes(path);
  const [reader, labels] = await inFile(source.name, async (): Promise<[RowReader, LabelReader | undefined]> => {
    const head = await source.peek(NPY_HEADER_BYTES);
    switch (formatOf(source.name, head, options.format)) {
      case 'npy':
        return [new DenseRows(source, npyHeader(head)), named];
      case 'csv':
        return [await CsvRows.open(source, options, named instanceof CsvLabels), named];
      case 'safetensors': {
        const { places } = await headerOf(source, head);
        const place = chosen(places, options.tensor, NAMES_OF_ROWS, 'rows', source.name, (shape) => shape.length === 2);
        const beside = named ?? (mode === 'none' ? undefined : await labelsBeside(path, places, options));
        return [new DenseRows(source, place), beside];
      }
    }
  });
  const rows = new Rows(reader, labels);
  if (mode === 'needed' && !rows.hasLabels) {
    throw new Failure(`${rows.name}: there are no labels beside the rows: name a file of labels by --labels`);
  }
  if (labels?.nRows !== undefined && rows.nRows !== undefined && labels.nRows !== rows.nRows) {
    throw new Failure(`${labels.name} has ${labels.nRows} labels, but ${rows.name} has ${rows.nRows} rows`);
  }
  return rows;
}

/** Opens labels alone, in a file of their own or beside rows. */
export async function openLabels(path: string, options: InputOptions): Promise<LabelReader> {
  const source = await openBytes(path);
  return inFile<LabelReader>(source.name, async () => {
    const head = await source.peek(NPY_HEADER_BYTES);
    // `format` is that of the rows, unless the labels are beside them.
    switch (formatOf(source.name, head, options.labels === path ? undefined : options.format)) {
      case 'npy':
        return new DenseLabels(source, npyHeader(head));
      case 'csv':
        return CsvLabels.open(source, options);
      case 'safetensors': {
        const { places, metadata } = await headerOf(source, head);
        const isList = (shape: readonly number[]) => shape.length === 1;
        const place = chosen(places, options.labelTensor, NAMES_OF_LABELS, 'labels', source.name, isList);
        return new DenseLabels(source, place, classNamesIn(metadata));
      }
    }
  });
}

/**
 * Reads the names of classes that `convert` puts beside labels. Another file, or a model, may have the same names in
 * another order.
 */
function classNamesIn({ names }: SafetensorsHeader['metadata']): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(names ?? '');
    return Array.isArray(list) && list.every((name) => typeof name === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** Opens the labels of a file of rows by a second reader; undefined without labels. */
async function labelsBeside(
  path: string,
  places: Readonly<Record<string, TensorPlace>>,
  options: InputOptions,
): Promise<LabelReader | undefined> {
  if (options.labelTensor === undefined && !NAMES_OF_LABELS.some((name) => name in places)) return undefined;
  if (path === PIPE) throw new Failure('standard input: two tensors of one pipe cannot be read at once: use a file');
  return openLabels(path, options);
}

/** Recognizes a safetensors file: eight bytes with the length of its header, which is below 16 MB, and `{`. */
export const beginsAsSafetensors = (head: Uint8Array): boolean =>
  head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);

/** Formats that hold other files. Without this list they would be read as a CSV. */
const PACKED = [
  { magic: [0x50, 0x4b, 0x03, 0x04], advice: 'is an archive, as .npz is: np.save writes one array alone' },
  { magic: [0x1f, 0x8b], advice: 'is compressed: let zcat unpack it into a pipe' },
];

/** Finds a format that the extension of a file name tells. */
export function formatByName<F extends string>(formats: readonly F[], path: string): F | undefined {
  const extension = extname(path).slice(1).toLowerCase();
  return formats.find((format) => format === extension);
}

/** Finds the format of a file: the one that is given, or by its first bytes, or by its extension. */
export function formatOf(name: string, head: Uint8Array, format?: Format): Format {
  if (format) return format;
  if (String.fromCharCode(...head.subarray(0, 6)) === '\x93NUMPY') return 'npy';
  if (beginsAsSafetensors(head)) return 'safetensors';
  const packed = PACKED.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
  if (packed) throw new Failure(`${name}: ${packed.advice}`);
  // If the extension is wrong, the reader of that format says so.
  return formatByName(FORMATS, name) ?? 'csv';
}

/** Reads the header of a safetensors file, of which `head` has the first bytes. */
export async function headerOf(source: ByteSource, head: Uint8Array): Promise<SafetensorsHeader> {
  if (source.size === undefined) {
    throw new Failure(`${source.name}: a safetensors file cannot be checked before its end: use a file, or .npy`);
  }
  const length = head.length < 8 ? 0 : Number(new DataView(head.buffer).getBigUint64(0, true));
  // `safetensorsHeader` refuses a longer header before it reads it.
  const begin = length > 2 ** 24 ? head : await source.peek(8 + length);
  return safetensorsHeader(begin, source.size);
}

/** Finds the tensor of rows or labels: the named one, one of the usual names, or the only one that fits. */
function chosen(
  places: Readonly<Record<string, TensorPlace>>,
  wanted: string | undefined,
  usual: readonly string[],
  what: string,
  file: string,
  fits: (shape: readonly number[]) => boolean,
): ArrayLocation {
  const names = Object.keys(places);
  const fitting = names.filter((name) => fits(places[name]?.shape ?? []));
  const name =
    wanted ?? usual.find((usualName) => fitting.includes(usualName)) ?? (fitting.length === 1 ? fitting[0] : undefined);
  const place = name === undefined ? undefined : places[name];
  if (place) return place;
  const problem =
    wanted === undefined ? `the tensor of the ${what} is not clear` : `there is no tensor ${quoted(wanted)}`;
  const option = what === 'rows' ? '--tensor' : '--label-tensor';
  throw new Failure(`${file}: ${problem} among ${quoted(names.join(', '))}: name it by ${option}`);
}
