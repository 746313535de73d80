import { newFloats } from './allocate.js';
import { arrayType, copyOfArray, lengthOf, lengthOfArray, type NumberArray } from './arrays.js';
import { asNumbers, checkNumber, type Float16Values, type Floats, show } from './checks.js';
import { CenterLossError, typeName } from './errors.js';
import { fromBfloat16, fromFloat16 } from './float16.js';

/**
 * Numbers with a shape, row-major: a tensor of ONNX Runtime or transformers.js, an array of `readNpy`, a tensor of
 * `fromSafetensors`.
 */
export interface TensorLike {
  /** Numbers, or the bits of float16 or bfloat16 values in a `Uint16Array` where the type says so. */
  readonly data: ArrayLike<unknown>;
  /** Sizes, as ONNX Runtime calls them. */
  readonly dims?: readonly number[];
  /** Sizes, unless there are `dims`. */
  readonly shape?: readonly number[];
  /** Type of the values, by its name in ONNX Runtime, numpy or safetensors. Default: that of the array. */
  readonly type?: string;
  /** The same, unless there is a `type`. */
  readonly dtype?: string;
  /** Scale of quantized values q: each stands for scale·(q − zeroPoint). Default 1. */
  readonly scale?: number;
  /** Default 0. */
  readonly zeroPoint?: number;
}

/**
 * Rows of numbers [B, D]: a list of B·D numbers, an array of rows, or a tensor; a tensor of rank 1 is one row. Numbers
 * become float32.
 */
export type Embeddings = Floats | readonly Floats[] | TensorLike;

/**
 * Takes rows of a known width as one list: a typed array as it is, anything else as a copy in float32. Code of the caller
 * may run (getters, proxies), which may change what was taken or checked before: {@link countRows} and the memory of an
 * object come after all inputs of a call.
 * @param name name of the rows, for messages
 * @param widthName name of the width, for messages
 * @throws CenterLossError `ERR_SHAPE`; `ERR_OPTION` for a scale or a zero point that is no finite number;
 * `ERR_OUT_OF_MEMORY`
 */
export function asRows(x: Embeddings, name: string, width: number, widthName = 'nDim'): NumberArray {
  // The usual type comes first: telling the others apart takes longer than all other work on a small batch.
  if (arrayType(x) === 'Float32Array' && lengthOf(x as Float32Array) > 0) return x as Float32Array;
  if (isArrayOfRows(x)) return joined(x, name, width, widthName);
  if (isTensor(x)) return ofTensor(x, name, width, widthName);
  const values = asList(x as Floats, name);
  countRows(values, name, width, widthName);
  return values;
}

/** Counts the rows of a list. @throws CenterLossError `ERR_SHAPE` unless all have the width */
export function countRows(values: NumberArray, name: string, width: number, widthName = 'nDim'): number {
  const length = lengthOf(values);
  if (Number.isInteger(length / width)) return length / width;
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has ${length} values, which is not a multiple of ${widthName} = ${width}`,
  );
}

/** Returns the length of a row if rows have a shape that tells it. @throws CenterLossError `ERR_SHAPE` */
export function widthOf(x: Embeddings, name: string): number | undefined {
  if (isArrayOfRows(x)) return x[0]?.length;
  return isTensor(x) ? shapeOf(x, name).at(-1) : undefined;
}

function asList(values: Floats, name: string): NumberArray {
  if (arrayType(values) === 'Float16Array') return fromFloat16(values as Float16Values);
  return asNumbers(values, name, ', or of rows, or a tensor { data, dims }', newFloats);
}

const isArrayOfRows = (x: Embeddings): x is readonly Floats[] =>
  Array.isArray(x) && typeof x[0] === 'object' && x[0] !== null;

function joined(rows: readonly Floats[], name: string, width: number, widthName: string): NumberArray {
  const length = lengthOfArray(rows);
  const values = newFloats(length * width);
  for (let i = 0; i < length; i++) {
    const row = asNumbers(rows[i] as Floats, `${name}[${i}]`);
    if (lengthOf(row) !== width) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `${name}[${i}] has ${lengthOf(row)} values; expected ${widthName} = ${width}, as many in each row`,
      );
    }
    values.set(row, i * width);
  }
  return values;
}

const isTensor = (x: Embeddings): x is TensorLike =>
  typeof x === 'object' && x !== null && 'data' in x && !ArrayBuffer.isView(x);

/** Sizes of a shape that are read: enough to show that there are too many. */
const MAX_RANK = 8;

/** Copies the first sizes of a shape. @throws CenterLossError `ERR_SHAPE` */
export const copyOfShape = <T>(shape: readonly T[]): T[] =>
  copyOfArray(shape, Math.min(lengthOfArray(shape), MAX_RANK));

/** Reads the sizes of rows, or of one row, of a width if it is known. @throws CenterLossError `ERR_SHAPE` */
function shapeOf(x: TensorLike, name: string, widthName = 'nDim', width?: number): readonly number[] {
  if (typeof (x as { dataSync?: unknown }).dataSync === 'function') {
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name} is a tensor of TensorFlow.js: pass { data: ${name}.dataSync(), shape: ${name}.shape }`,
    );
  }
  const given = x.dims ?? x.shape;
  const shape = Array.isArray(given) ? copyOfShape<number>(given) : given;
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  const isOfRows = isShape && (shape.length === 1 || shape.length === 2);
  if (isOfRows && shape.at(-1) === (width ?? shape.at(-1))) return shape;
  const wanted = width === undefined ? widthName : `${widthName} = ${width}`;
  const text = Array.isArray(shape) ? `[${shape.map(show).join(', ')}]` : show(shape);
  const advice = isShape && shape.length > 2 ? ': make one row of each example, e.g. by pooling its tokens' : '';
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has the shape ${text}; expected [B, ${wanted}], or [${wanted}] for one row${advice}`,
  );
}

function ofTensor(x: TensorLike, name: string, width: number, widthName: string): NumberArray {
  const shape = shapeOf(x, name, widthName, width);
  const rows = shape.length === 1 ? 1 : (shape[0] as number);
  const values = dequantized(tensorValues(x, name), x, name);
  if (lengthOf(values) === rows * width) return values;
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has ${lengthOf(values)} values in data, but the shape [${shape.join(', ')}] has ${rows * width}`,
  );
}

function tensorValues(x: TensorLike, name: string): NumberArray {
  const data = readData(x, name) as Floats;
  const type = x.type ?? x.dtype;
  if (type === undefined) return asList(data, `${name}.data`);
  const is = (pattern: RegExp) => typeof type === 'string' && pattern.test(type);
  const array = arrayType(data);
  if (array === 'Uint16Array') {
    const bits = data as unknown as Uint16Array;
    if (is(/^(F|float)16$/)) return fromFloat16(bits);
    if (is(/^(BF|bfloat)16$/)) return fromBfloat16(bits);
    if (is(/^(U|uint)16$/)) return new Float32Array(bits);
  } else if (is(/^([IU]|u?int)(8|16|32|64)$|^(F|float)(32|64)$/) || (array === 'Float16Array' && is(/^(F|float)16$/))) {
    return asList(data, `${name}.data`);
  }
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} is of type ${show(type)} in a ${typeName(data)}; expected float32, float64, integers, or the bits of float16 or bfloat16 in a Uint16Array`,
  );
}

/** Reads the values, which a tensor on a graphics card refuses to give. @throws CenterLossError `ERR_SHAPE` */
export function readData<V>(x: { readonly data: V }, name: string): V {
  try {
    return x.data;
  } catch (cause) {
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name}.data cannot be read (${cause instanceof Error ? cause : show(cause)}): await ${name}.getData() first`,
      {
        cause,
      },
    );
  }
}

/** Computes what quantized values stand for. @throws CenterLossError `ERR_OPTION`, `ERR_OUT_OF_MEMORY` */
function dequantized(values: NumberArray, { scale = 1, zeroPoint = 0 }: TensorLike, name: string): NumberArray {
  if (scale === 1 && zeroPoint === 0) return values;
  checkNumber(scale, `${name}.scale`, Number.isFinite, 'a finite number');
  checkNumber(zeroPoint, `${name}.zeroPoint`, Number.isFinite, 'a finite number');
  const copy = newFloats(lengthOf(values));
  for (let i = 0; i < copy.length; i++) copy[i] = scale * ((values[i] as number) - zeroPoint);
  return copy;
}
