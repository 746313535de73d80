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

/**
 * Reads the header of a .npy file, versions 1.0 to 3.0; the values are the bytes `start` … `end`. Arrays of Python
 * objects, of strings and with fields are refused.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @param begin the file, or its start: {@link NPY_HEADER_BYTES} are always enough
 * @throws CenterLossError `ERR_FORMAT`; `ERR_SHAPE` if it is not bytes
 */
export function npyHeader(begin: Uint8Array | ArrayBuffer): NpyHeader {
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
  return parse(ascii(head.subarray(textStart, start)), start);
}

/** Decodes a header in ASCII: only names of fields may have other characters, and arrays with fields are refused. */
function ascii(bytes: Uint8Array): string {
  const other = bytes.findIndex((byte) => byte > 0x7e);
  if (other >= 0) throw formatError(`the header has the byte ${bytes[other]} at ${other}, which is not ASCII`);
  return String.fromCharCode(...bytes);
}

/** Reads a dictionary as Python writes it, with these three keys. */
function parse(text: string, start: number): NpyHeader {
  const at = new Cursor(text, 'the header');
  let type: { dtype: Dtype; bigEndian: boolean } | undefined;
  let fortranOrder: boolean | undefined;
  let shape: number[] | undefined;
  at.expect('{');
  while (!at.take('}')) {
    const key = parseString(at);
    at.expect(':');
    if (key === 'descr' && type === undefined) type = parseType(at);
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
  const bytes = byteLengthOf(type.dtype, shape);
  if (Number.isNaN(bytes)) throw formatError(`no file can hold an array of shape (${shape.join(', ')})`);
  return { ...type, shape, fortranOrder, start, end: start + bytes };
}

function parseString(at: Cursor): string {
  const text = at.quotation(`'"`);
  if (text.includes('\\')) throw formatError(`the header: ${quoted(text)} has a backslash`);
  return text.slice(1, -1);
}

function parseType(at: Cursor): { dtype: Dtype; bigEndian: boolean } {
  if (at.peek() === '[') throw formatError('an array with fields is not read');
  const descr = parseString(at);
  const [, order, kind = ''] = /^([<>|])([a-z]\d)$/.exec(descr) ?? [];
  const dtype = Object.hasOwn(NPY_DTYPES, kind) ? NPY_DTYPES[kind] : undefined;
  // Types of one byte have no byte order, and all others have one.
  if (dtype === undefined || (order === '|') !== kind.endsWith('1')) {
    throw formatError(`an array of ${quoted(descr)} is not read; the types are ${Object.keys(NPY_DTYPES).join(', ')}`);
  }
  return { dtype, bigEndian: order === '>' };
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
