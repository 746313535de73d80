import { checkOptions, show } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { isWellFormed } from '../validate/names.js';
import { asBytes, newBytes } from './bytes.js';
import { rankOf } from './dtypes.js';
import { formatError, quoted } from './errors.js';
import { MAX_HEADER, METADATA, PREFIX_BYTES, safetensorsHeader } from './safetensors-header.js';
import { checkTensor, StoredTensor, type Tensor, toFloats } from './tensor.js';

/** Tensors and metadata of a safetensors file. */
export interface TensorFile {
  /** Tensors by name, in an object without a prototype. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Texts by key, in an object without a prototype. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Contents of a safetensors file. */
export interface Safetensors extends TensorFile {
  /**
   * Reads the values of a tensor as float32, rounded to the nearest; those of an F32 tensor are its own array, not a copy.
   * @throws CenterLossError `ERR_FORMAT` if there is no such tensor, or if its values are not real numbers
   */
  floats(name: string): Float32Array<ArrayBuffer>;
}

/**
 * Reads a safetensors file. The values of a tensor are copied when they are first read, so that only tensors that are
 * used take memory beside the file.
 *
 * Source: https://huggingface.co/docs/safetensors/index#format
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right (see {@link safetensorsHeader});
 * `ERR_SHAPE` if `file` is not bytes
 */
export function fromSafetensors(file: Uint8Array | ArrayBuffer): Safetensors {
  const { tensors, metadata } = readTensors(file);
  const floats = (name: string) => {
    const tensor = tensors[name];
    if (tensor) return toFloats(tensor);
    throw formatError(`the file has no tensor ${quoted(name)}, but ${quoted(Object.keys(tensors).join(', '))}`);
  };
  return { tensors, metadata, floats };
}

/** Reads a file as {@link fromSafetensors}, without the code that converts values. */
export function readTensors(file: Uint8Array | ArrayBuffer): TensorFile {
  const bytes = asBytes(file, 'the file');
  const { places, metadata } = safetensorsHeader(bytes, bytes.length);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype, shape, start, end }] of Object.entries(places)) {
    tensors[name] = new StoredTensor(dtype, shape, bytes.subarray(start, end));
  }
  return { tensors, metadata };
}

/**
 * Writes a safetensors file, the same bytes that Python's `safetensors` writes (except for the order of several metadata,
 * which is random there): wide values before narrow ones and a padded header, so that each array can be memory-mapped.
 * @param tensors tensors by name
 * @param metadata texts by key
 * @throws CenterLossError `ERR_OPTION` for names or metadata that are not well-formed strings, and for an unknown type or
 * an impossible shape; `ERR_SHAPE` for values that do not fit them; `ERR_OUT_OF_MEMORY`
 */
export function toSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  if (typeof tensors !== 'object' || tensors === null) {
    throw new CenterLossError('ERR_SHAPE', `tensors must be an object of tensors by name, got ${show(tensors)}`);
  }
  checkOptions(metadata, Object.keys(metadata ?? {}));
  for (const [name, tensor] of Object.entries(tensors)) {
    checkText(name, 'the name of a tensor');
    if (name === METADATA) throw new CenterLossError('ERR_OPTION', `a tensor cannot have the name '${METADATA}'`);
    checkTensor(tensor, `tensor ${quoted(name)}`);
  }
  for (const [key, text] of Object.entries(metadata)) {
    checkText(key, 'a key of the metadata');
    checkText(text, `metadata ${quoted(key)}`);
  }
  return writeTensors({ tensors, metadata });
}

/** Writes a file as {@link toSafetensors}, of tensors and metadata that were checked. */
export function writeTensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  const inOrder = Object.entries(tensors);
  inOrder.sort(([nameA, a], [nameB, b]) => rankOf(b.dtype) - rankOf(a.dtype) || compareUtf8(nameA, nameB));
  let end = 0;
  const fields = inOrder.map(([name, { dtype, shape, data }]) => {
    const start = end;
    end += data.byteLength;
    return field(name, { dtype, shape, data_offsets: [start, end] });
  });
  if (Object.keys(metadata).length > 0) fields.unshift(field(METADATA, metadata));
  const header = encodeHeader(`{${fields.join(',')}}`);
  const file = newBytes(header.length + end, 'the file');
  file.set(header);
  let at = header.length;
  for (const [, { data }] of inOrder) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** Compares names as bytes, like the reference: UTF-16 sorts surrogates before the last of the other characters. */
function compareUtf8(a: string, b: string): number {
  const [bytesA, bytesB] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  const first = bytesA.findIndex((byte, i) => byte !== bytesB[i]);
  return first < 0 ? bytesA.length - bytesB.length : (bytesA[first] as number) - (bytesB[first] ?? -1);
}

/** @internal Writes a field of an object. An object would put names that look like numbers first, and lose `__proto__`. */
export const field = (key: string, value: unknown): string => `${JSON.stringify(key)}:${JSON.stringify(value)}`;

/** @internal Makes the header behind its length, padded by spaces to the alignment of the widest values. */
export function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / PREFIX_BYTES) * PREFIX_BYTES;
  if (length > MAX_HEADER) {
    throw new CenterLossError(
      'ERR_OPTION',
      `names and metadata of ${length} bytes; more than ${MAX_HEADER} are not read`,
    );
  }
  const header = new Uint8Array(PREFIX_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, PREFIX_BYTES);
  return header;
}

function checkText(text: unknown, name: string): void {
  if (typeof text === 'string' && isWellFormed(text)) return;
  throw new CenterLossError('ERR_OPTION', `${name} must be a string without half a surrogate pair, got ${show(text)}`);
}
