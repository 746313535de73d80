import { CenterLossError } from '../validate/errors.js';
import type { Dtype } from './dtypes.js';
import { MAGIC, NPY_DTYPES } from './npy-header.js';

/** Digits that numpy reserves for the first size, so that a header can be rewritten when rows are appended. */
const MAX_SIZE_DIGITS = 21;
/** Bytes that the length of the header is a multiple of, so that the values can be memory-mapped. */
const ALIGNMENT = 64;

/**
 * Makes the header of a .npy file, as `numpy.save` writes it.
 * @throws CenterLossError `ERR_OPTION` for a type that numpy does not have
 */
export function encodeHeader(dtype: Dtype, shape: readonly number[]): Uint8Array {
  const kind = Object.keys(NPY_DTYPES).find((name) => NPY_DTYPES[name] === dtype);
  if (kind === undefined) throw new CenterLossError('ERR_OPTION', `numpy has no type for ${dtype}`);
  const descr = `${kind.endsWith('1') ? '|' : '<'}${kind}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const room = shape.length === 0 ? '' : ' '.repeat(MAX_SIZE_DIGITS - `${shape[0]}`.length);
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${room}`;
  const length = Math.ceil((MAGIC.length + 4 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(length).fill(0x20);
  header.set([...MAGIC, 1, 0]);
  new DataView(header.buffer).setUint16(MAGIC.length + 2, length - MAGIC.length - 4, true);
  header.set(new TextEncoder().encode(text), MAGIC.length + 4);
  header[length - 1] = 0x0a;
  return header;
}
