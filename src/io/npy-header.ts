import { checkChoice, checkOptions } from '../validate/checks.js';
import { asBytes } from './bytes.js';
import { Cursor } from './cursor.js';
import { byteLengthOf, type Dtype, MAX_DIMENSIONS } from './dtypes.js';
import { formatError, quoted } from './errors.js';

// Written here because npyjs 1.2.0, the best maintained library, ignores the byte order and Fortran order of arrays,
// takes any shape for any number of values, and brings a polyfill of `fetch`.

/** Header of a .npy file. */
export interface NpyHeader {
  /** Type of the values. */
  readonly dtype: Dtype;
  /** Sizes of the dimensions; empty for a single value. */
  readonly shape: readonly number[];
  /** True if the first index runs fastest. */
  readonly fortranOrder: boolean;
  /** True if each value has its highest byte first. */
  readonly bigEndian: boolean;
  /** Bytes of the file that hold the values: from `start` to before `end`. */
  readonly start: number;
  /** Place of the first byte after the values. */
  readonly end: number;
}

/** First bytes of every file, \x93NUMPY. */
export const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Most bytes of a header that numpy reads by default: it takes a longer one for an attack. */
const MAX_HEADER = 10_000;
/** Most texts without a character: a file of no bytes would hold any number. */
const MAX_EMPTY_TEXTS = 2 ** 16;
/** Bytes at the start of a file that hold every header that is read, to read a file piece by piece. */
export const NPY_HEADER_BYTES = 12 + MAX_HEADER;

/** Types of numpy, kind and bytes, with their names in safetensors. */
export const NPY_DTYPES: Readonly<Record<string, Dtype>> = {
  b1: 'BOOL',
  u1: 'U8',
  i1: 'I8',
  u2: 'U16',
  i2: 'I16',
  f2: 'F16',
  u4: 'U32',
  i4: 'I32',
  f4: 'F32',
  u8: 'U64',
  i8: 'I64',
  f8: 'F64',
  c8: 'C64',
};

/** Reading of values whose type the file does not tell. */
export interface NpyOptions {
  /**
   * Type of values that numpy has no type for. bfloat16 is told by itself where the file says `<V2`, as ml_dtypes and
   * JAX write it; numpy makes `|V2` of it, and others keep its bits, or those of float16, in 16-bit integers.
   */
  readonly dtype?: 'BF16' | 'F16' | undefined;
}

/** Layout of an array: a header, or one of an array of texts, whose `shape` ends with the bytes of a text. */
export interface NpyLayout extends NpyHeader {
  /** Bytes of a character: 4 for `<U` (code points), 1 for `S`; undefined for numbers. */
  readonly characterBytes?: 1 | 4 | undefined;
}

/**
 * Reads the header of a .npy file, versions 1.0 to 3.0; the values are the bytes `start` … `end`. Arrays of Python
 * objects and with fields are refused; `readNpyNames` reads arrays of strings.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @param begin the file, or its start: {@link NPY_HEADER_BYTES} are always enough
 * @throws CenterLossError `ERR_FORMAT`; `ERR_SHAPE` if it is not bytes, `ERR_OPTION`
 */
export function npyHeader(begin: Uint8Array | ArrayBuffer, options: NpyOptions = {}): NpyHeader {
  checkOptions(options, ['dtype']);
  if (options.dtype !== undefined) checkChoice(options.dtype, 'dtype', ['BF16', 'F16']);
  const { characterBytes, ...header } = npyLayout(begin, options.dtype);
  if (characterBytes) throw formatError('an array of strings has no numbers: readNpyNames reads it');
  return header;
}

/** Reads the header of an array of numbers or of strings. */
export function npyLayout(begin: Uint8Array | ArrayBuffer, dtype?: NpyOptions['dtype']): NpyLayout {
  const head = asBytes(begin, 'the start of the file');
  if (head.length < 12 || MAGIC.some((byte, i) => head[i] !== byte)) {
    throw formatError(`a file of ${head.length} bytes without \\x93NUMPY and a header at its start is not a .npy file`);
  }
  const [major = 0, minor = 0] = head.subarray(6, 8);
  if (major < 1 || major > 3 || minor !== 0) throw formatError(`version ${major}.${minor} of .npy files is not known`);
  const view = new DataView(head.buffer, head.byteOffset, 12);
  const [textStart, length] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER) throw formatError(`the header has ${length} bytes; more than ${MAX_HEADER} are not read`);
  const start = textStart + length;
  if (head.length < start) {
    throw formatError(`the header ends at byte ${start} of the file, but only ${head.length} are given`);
  }
  return parse(ascii(head.subarray(textStart, start)), start, dtype);
}

/** Decodes a header in ASCII: only names of fields may have other characters, and arrays with fields are refused. */
function ascii(bytes: Uint8Array): string {
  const other = bytes.findIndex((byte) => byte > 0x7e);
  if (other >= 0) throw formatError(`the header has the byte ${bytes[other]} at ${other}, which is not ASCII`);
  return String.fromCharCode(...bytes);
}

/** Reads a dictionary as Python writes it, with these three keys. */
function parse(text: string, start: number, dtype: NpyOptions['dtype']): NpyLayout {
  const at = new Cursor(text, 'the header');
  let type: NpyType | undefined;
  let fortranOrder: boolean | undefined;
  let shape: number[] | undefined;
  at.expect('{');
  while (!at.take('}')) {
    const key = parseString(at);
    at.expect(':');
    if (key === 'descr' && type === undefined) type = parseType(at, dtype);
    else if (key === 'fortran_order' && fortranOrder === undefined) fortranOrder = parseBoolean(at);
    else if (key === 'shape' && shape === undefined) shape = parseShape(at);
    else throw formatError(`the header has a key ${quoted(key)} too many`);
    if (at.take(',')) continue;
    at.expect('}');
    break;
  }
  at.expectEnd();
  if (type === undefined || fortranOrder === undefined || shape === undefined) {
    throw formatError('the header lacks its descr, fortran_order or shape');
  }
  const { textBytes, ...kind } = type;
  const sizes = textBytes === undefined ? shape : [...shape, textBytes];
  const bytes = byteLengthOf(type.dtype, sizes);
  const emptyTexts = textBytes === 0 ? byteLengthOf('U8', shape) : 0;
  if (Number.isNaN(bytes) || emptyTexts > MAX_EMPTY_TEXTS) {
    throw formatError(`no file can hold an array of shape (${shape.join(', ')})`);
  }
  return { ...kind, shape: sizes, fortranOrder, start, end: start + bytes };
}

function parseString(at: Cursor): string {
  const text = at.quotation(`'"`);
  if (text.includes('\\')) throw formatError(`the header: ${quoted(text)} has a backslash`);
  return text.slice(1, -1);
}

interface NpyType extends Pick<NpyLayout, 'dtype' | 'bigEndian' | 'characterBytes'> {
  /** Bytes of a text. */
  readonly textBytes?: number;
}

/** Reads a type as numpy does: one byte has any mark of its order or none, and the order `=` is that of this machine. */
function parseType(at: Cursor, wanted: NpyOptions['dtype']): NpyType {
  if (at.peek() === '[') throw formatError('an array with fields is not read');
  const descr = parseString(at);
  const [, order, kind = ''] = /^([<>|=]?)([a-zA-Z]\d+|\?)$/.exec(descr) ?? [];
  const bigEndian = order === '>';
  const [, text, length] = /^([USa])(\d+)$/.exec(kind) ?? [];
  if (text) {
    const characterBytes = text === 'U' ? 4 : 1;
    return { dtype: 'U8', bigEndian, characterBytes, textBytes: characterBytes * Number(length) };
  }
  if (wanted !== undefined && /^[Vui]2$/.test(kind)) return { dtype: wanted, bigEndian };
  if (kind === 'V2' && (order === '<' || order === '>')) return { dtype: 'BF16', bigEndian };
  const dtype = kind === '?' ? 'BOOL' : Object.hasOwn(NPY_DTYPES, kind) ? NPY_DTYPES[kind] : undefined;
  if (dtype !== undefined) return { dtype, bigEndian };
  const advice =
    kind === 'O' || descr.endsWith('O')
      ? 'it has Python objects: save array.astype(str) or array.astype(float)'
      : kind === 'V2'
        ? "if its values are bfloat16, say so by { dtype: 'BF16' }"
        : `the types are ${Object.keys(NPY_DTYPES).join(', ')}, and U and S for names`;
  throw formatError(`an array of ${quoted(descr)} is not read; ${advice}`);
}

function parseBoolean(at: Cursor): boolean {
  if (at.take('True')) return true;
  at.expect('False');
  return false;
}

/** Reads a tuple; one of a single number needs its comma. */
function parseShape(at: Cursor): number[] {
  const shape: number[] = [];
  at.expect('(');
  while (!at.take(')')) {
    if (shape.length === MAX_DIMENSIONS) throw formatError(`a shape of more than ${MAX_DIMENSIONS} sizes is not read`);
    shape.push(at.natural());
    // Python 2 marks long integers.
    at.take('L');
    if (at.take(',')) continue;
    if (shape.length === 1) throw at.unexpected("','");
    at.expect(')');
    break;
  }
  return shape;
}
