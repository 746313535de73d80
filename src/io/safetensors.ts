import { CenterLossError } from '../validate/errors.js';
import { isWellFormed } from '../validate/names.js';
import { asBytes, newBytes } from './bytes.js';
import { rankOf } from './dtypes.js';
import { formatError, quoted } from './errors.js';
import { LONGEST_HEADER, METADATA, PREFIX_BYTES, safetensorsHeader } from './safetensors-header.js';
import { checkTensor, StoredTensor, type Tensor, toFloats } from './tensor.js';

/** The contents of a safetensors file. */
export interface Safetensors {
  /** By name, in an object without a prototype. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** By key, in an object without a prototype. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * A tensor's values as float32, whatever real numbers it has: see {@link toFloats}.
   * @throws CenterLossError `ERR_FORMAT` if there is no such tensor, or if it has no such numbers
   */
  floats(name: string): Float32Array<ArrayBuffer>;
}

/**
 * Reads a safetensors file. A tensor's values are copied out of the file when they are first read, so that of a large
 * file only those that are used take memory beside it.
 *
 * Source: https://huggingface.co/docs/safetensors/index#format
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right in every place (see
 * {@link safetensorsHeader}); `ERR_SHAPE` if `file` is not bytes
 */
export function fromSafetensors(file: Uint8Array | ArrayBuffer): Safetensors {
  const bytes = asBytes(file, 'the file');
  const { places, metadata } = safetensorsHeader(bytes, bytes.length);
  const tensors: Record<string, Tensor> = Object.create(null);
  for (const [name, { dtype, shape, start, end }] of Object.entries(places)) {
    tensors[name] = new StoredTensor(dtype, shape, bytes.subarray(start, end));
  }
  const floats = (name: string) => {
    const tensor = tensors[name];
    if (tensor) return toFloats(tensor);
    throw formatError(`the file has no tensor ${quoted(name)}, but ${quoted(Object.keys(tensors).join(', '))}`);
  };
  return { tensors, metadata, floats };
}

/**
 * Writes a safetensors file, the same bytes that Python's `safetensors` writes (but for the order of several metadata,
 * which there is random): wide values before narrow ones and a padded header, so that each array can be mapped where it
 * stands.
 * @param tensors by name
 * @param metadata anything in words
 * @throws CenterLossError `ERR_OPTION` for names or metadata that are no well-formed strings, and for a type or shape
 * that there is not; `ERR_SHAPE` for values that do not fit them; `ERR_OUT_OF_MEMORY`
 */
export function toSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const inOrder = Object.entries(tensors);
  for (const [name, tensor] of inOrder) {
    checkText(name, 'the name of a tensor');
    if (name === METADATA) throw new CenterLossError('ERR_OPTION', `no tensor can have the name '${METADATA}'`);
    checkTensor(tensor, `tensor ${quoted(name)}`);
  }
  for (const [key, text] of Object.entries(metadata)) {
    checkText(key, 'a key of the metadata');
    checkText(text, `metadata ${quoted(key)}`);
  }
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

/** As the reference, which compares bytes: in UTF-16, surrogates would come before the last of the other characters. */
function compareUtf8(a: string, b: string): number {
  const [bytesA, bytesB] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  const first = bytesA.findIndex((byte, i) => byte !== bytesB[i]);
  return first < 0 ? bytesA.length - bytesB.length : (bytesA[first] as number) - (bytesB[first] ?? -1);
}

/** @internal By hand: an object would put names that look like numbers first, and lose `__proto__`. */
export const field = (key: string, value: unknown): string => `${JSON.stringify(key)}:${JSON.stringify(value)}`;

/** @internal The header behind its length, with spaces to a multiple of what the widest values need. */
export function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / PREFIX_BYTES) * PREFIX_BYTES;
  if (length > LONGEST_HEADER) {
    throw new CenterLossError(
      'ERR_OPTION',
      `names and metadata of ${length} bytes; more than ${LONGEST_HEADER} are not read`,
    );
  }
  const header = new Uint8Array(PREFIX_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, PREFIX_BYTES);
  return header;
}

function checkText(text: unknown, name: string): void {
  if (typeof text === 'string' && isWellFormed(text)) return;
  const given = typeof text === 'string' ? quoted(text) : String(text);
  throw new CenterLossError('ERR_OPTION', `${name} must be a string without half a surrogate pair, got ${given}`);
}
