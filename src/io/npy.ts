import { arrayType } from '../validate/arrays.js';
import { checkOptions } from '../validate/checks.js';
import { CenterLossError, typeName } from '../validate/errors.js';
import { asBytes, copyBytes, newBytes } from './bytes.js';
import { DTYPES, type Dtype, type Values } from './dtypes.js';
import { formatError } from './errors.js';
import { encodeHeader } from './npy-encode.js';
import { type NpyOptions, npyHeader, npyLayout } from './npy-header.js';
import { checkTensor, type Tensor, valuesOf } from './tensor.js';

/**
 * Reads a .npy file: its values row-major and in the byte order of this machine, whatever order the file has.
 * The result is taken wherever embeddings are; labels are its `data`, whatever integers they are.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right, also with bytes after its array, and for
 * types that {@link npyHeader} does not read; `ERR_SHAPE` if `file` is not bytes, `ERR_OPTION`
 */
export function readNpy(file: Uint8Array | ArrayBuffer, options: NpyOptions = {}): Tensor {
  const bytes = asBytes(file, 'the file');
  const { dtype, shape, bigEndian, fortranOrder, start, end } = npyHeader(bytes, options);
  checkEnd(bytes, dtype, shape, end);
  const stored = copyBytes(bytes.subarray(start), 'the array');
  return { dtype, shape, data: orderedValues(dtype, stored, shape, { bigEndian, fortranOrder }) };
}

/** Makes values row-major and in the byte order of this machine; `bytes` may be overwritten. */
export function orderedValues(
  dtype: Dtype,
  bytes: Uint8Array<ArrayBuffer>,
  shape: readonly number[],
  { bigEndian, fortranOrder }: { readonly bigEndian?: boolean; readonly fortranOrder?: boolean },
): Values {
  if (bigEndian) reverseEach(bytes, DTYPES[dtype].array.BYTES_PER_ELEMENT);
  const values = valuesOf(dtype, bytes);
  return fortranOrder && shape.length > 1 ? rowMajor(dtype, values, shape) : values;
}

function checkEnd(file: Uint8Array, dtype: Dtype, shape: readonly number[], end: number): void {
  if (file.length === end) return;
  throw formatError(
    `an array of ${dtype} of shape (${shape.join(', ')}) ends at byte ${end}, but the file has ${file.length}`,
  );
}

/**
 * Reads names of classes, one for each row, from a .npy file of strings: `np.save(file, np.array(['cat', 'dog']))`.
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right, for numbers, more than one dimension, and
 * bytes that are no text; `ERR_SHAPE` if `file` is not bytes
 */
export function readNpyNames(file: Uint8Array | ArrayBuffer): string[] {
  const bytes = asBytes(file, 'the file');
  const { dtype, shape, bigEndian, characterBytes, start, end } = npyLayout(bytes);
  const [rows = 0, textBytes = 0] = shape;
  if (!characterBytes) throw formatError(`an array of ${dtype} has no names: readNpy reads it`);
  if (shape.length !== 2) {
    throw formatError(
      `an array of strings of shape (${shape.slice(0, -1).join(', ')}); expected one name for each row`,
    );
  }
  checkEnd(bytes, dtype, shape, end);
  return decodeNames(bytes.subarray(start), rows, textBytes, characterBytes, bigEndian);
}

/**
 * Decodes texts of the same number of bytes, which zeros fill up.
 * @throws CenterLossError `ERR_FORMAT` for code points that do not exist, and bytes that are not UTF-8
 */
export function decodeNames(
  bytes: Uint8Array,
  rows: number,
  textBytes: number,
  characterBytes: 1 | 4,
  bigEndian: boolean,
): string[] {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return Array.from({ length: rows }, (_, row) => {
    const text = bytes.subarray(row * textBytes, (row + 1) * textBytes);
    try {
      return (characterBytes === 1 ? utf8.decode(text) : utf32(text, bigEndian)).replace(/\0+$/, '');
    } catch (cause) {
      throw formatError(`the name of row ${row} is not ${characterBytes === 1 ? 'UTF-8' : 'Unicode'}`, { cause });
    }
  });
}

function utf32(bytes: Uint8Array, bigEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes = Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, !bigEndian));
  return String.fromCodePoint(...codes);
}

/** Options of {@link writeNpy}. */
export interface WriteNpyOptions {
  /** Type of the values where the array does not tell it: 'F16' for the bits in a Uint16Array, 'BOOL', 'C64'. */
  readonly dtype?: Dtype;
}

/**
 * Writes a .npy file, the same bytes that `numpy.save` writes (version 1.0; numpy 1.23 or newer).
 * @param values row-major
 * @param shape default: that of a list
 * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` if the values do not fit the shape, `ERR_OUT_OF_MEMORY`
 */
export function writeNpy(
  values: Values,
  shape?: readonly number[],
  options: WriteNpyOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions(options, ['dtype']);
  const dtype = options.dtype ?? ofArray(values);
  const sizes = shape ?? [arrayType(values) === undefined ? 0 : values.length];
  checkTensor({ dtype, shape: sizes, data: values }, 'the array');
  const header = encodeHeader(dtype, sizes);
  const file = newBytes(header.length + values.byteLength, 'the file');
  file.set(header);
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length);
  return file;
}

/** Finds the type of values by the type of their array. */
function ofArray(values: Values): Dtype {
  const plain = ['U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'F32', 'F64', 'U64', 'I64'] as const;
  const dtype = plain.find((name) => arrayType(values) === DTYPES[name].array.name);
  if (dtype) return dtype;
  throw new CenterLossError('ERR_SHAPE', `the array must be a typed array, got ${typeName(values)}`);
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) {
    for (let i = start, j = start + width - 1; i < j; i++, j--) {
      const byte = bytes[i] as number;
      bytes[i] = bytes[j] as number;
      bytes[j] = byte;
    }
  }
}

/** Reorders values whose first index runs fastest, so that the last one does. */
function rowMajor(dtype: Dtype, values: Values, shape: readonly number[]): Values {
  const ordered = newBytes(values.byteLength, 'the array');
  // Moved as integers: a NaN may lose its bits when it is moved as a float.
  const Units = values.BYTES_PER_ELEMENT > 2 ? Uint32Array : values.BYTES_PER_ELEMENT > 1 ? Uint16Array : Uint8Array;
  const units = DTYPES[dtype].bits / 8 / Units.BYTES_PER_ELEMENT;
  const [from, to] = [new Units(values.buffer), new Units(ordered.buffer)];
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, units));
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let target = 0; target < to.length; target += units) {
    for (let unit = 0; unit < units; unit++) to[target + unit] = from[source + unit] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [step, size] = [steps[axis] as number, shape[axis] as number];
      index[axis] = (index[axis] as number) + 1;
      source += step;
      if ((index[axis] as number) < size) break;
      source -= step * size;
      index[axis] = 0;
    }
  }
  return valuesOf(dtype, ordered);
}
