import { arrayType } from '../validate/arrays.js';
import { checkAttached, show } from '../validate/checks.js';
import { CenterLossError, typeName } from '../validate/errors.js';
import { fromBfloat16, fromFloat16 } from '../validate/float16.js';
import { copyBytes, newBytes } from './bytes.js';
import { byteLengthOf, DTYPES, type Dtype, isDtype, MAX_DIMENSIONS, type Values } from './dtypes.js';
import { formatError } from './errors.js';

/** Array with a shape, row-major. */
export interface Tensor {
  /** Type of the values. */
  readonly dtype: Dtype;
  /** Sizes, outermost first; none for a single value. */
  readonly shape: readonly number[];
  /** Values in the array of their type; those of F16 and BF16 as bits. */
  readonly data: Values;
}

/** Tensor in a file, whose values are copied when they are first read. */
export class StoredTensor implements Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  private readonly _bytes: Uint8Array;
  private _data: Values | undefined;

  constructor(dtype: Dtype, shape: readonly number[], bytes: Uint8Array) {
    this.dtype = dtype;
    this.shape = shape;
    this._bytes = bytes;
  }

  get data(): Values {
    this._data ??= valuesOf(this.dtype, copyBytes(this._bytes, 'a tensor'));
    return this._data;
  }
}

/** Makes an array of values on their bytes. */
export function valuesOf(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Values {
  return new DTYPES[dtype].array(bytes.buffer);
}

/**
 * Converts values to the nearest float32; those of an F32 tensor are its own array, not a copy.
 * @throws CenterLossError `ERR_FORMAT` for types other than integers, F16, BF16, F32 and F64
 */
export function toFloats(tensor: Tensor): Float32Array<ArrayBuffer> {
  const { dtype, data } = tensor;
  switch (dtype) {
    case 'F32':
      return data as Float32Array<ArrayBuffer>;
    case 'F16':
      return fromFloat16(data as Uint16Array);
    case 'BF16':
      return fromBfloat16(data as Uint16Array);
    case 'I64':
    case 'U64':
      return Float32Array.from(data as BigInt64Array, Number);
    case 'F64':
    case 'I32':
    case 'U32':
    case 'I16':
    case 'U16':
    case 'I8':
    case 'U8': {
      const floats = new Float32Array(newBytes(4 * data.length, 'the values').buffer);
      floats.set(data as Float64Array);
      return floats;
    }
    default:
      throw formatError(`values of type ${dtype} are not read as float32`);
  }
}

/**
 * @throws CenterLossError `ERR_OPTION` for an unknown type or an impossible shape, `ERR_SHAPE` for values of another array
 * type or number
 */
export function checkTensor(tensor: Tensor, name: string): void {
  const { dtype, shape, data } = tensor ?? {};
  if (!isDtype(dtype)) {
    const types = Object.keys(DTYPES).join(', ');
    throw new CenterLossError('ERR_OPTION', `the dtype of ${name} must be one of ${types}, got ${show(dtype)}`);
  }
  checkShape(shape, name);
  const { array } = DTYPES[dtype];
  if (arrayType(data) !== array.name) {
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name} of type ${dtype} must be in a ${array.name}, got ${typeName(data)}`,
    );
  }
  checkAttached(data, name);
  const bytes = byteLengthOf(dtype, shape);
  if (data.byteLength !== bytes) {
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name} has ${data.byteLength} bytes of values, but ${dtype} of shape [${shape.join(', ')}] has ${bytes}`,
    );
  }
}

function checkShape(shape: unknown, name: string): asserts shape is readonly number[] {
  const fits = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (Array.isArray(shape) && shape.length <= MAX_DIMENSIONS && Array.from(shape).every(fits)) return;
  const given = Array.isArray(shape)
    ? `[${shape
        .slice(0, MAX_DIMENSIONS + 1)
        .map(show)
        .join(', ')}]`
    : show(shape);
  throw new CenterLossError(
    'ERR_OPTION',
    `the shape of ${name} must be an array of up to ${MAX_DIMENSIONS} whole numbers ≥ 0, got ${given}`,
  );
}
