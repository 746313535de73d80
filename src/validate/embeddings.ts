import { newFloats } from './allocate.js';
import { arrayType, checkFloats, checkNumber, type Float16Values, type Floats, show } from './checks.js';
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

/** Values of rows as they are copied to WebAssembly memory. */
export type FlatRows = Exclude<Floats, Float16Values>;

/**
 * Returns rows of a known width as one list: a list as it is, anything else as a copy in float32.
 * @param name name of the rows, for messages
 * @param widthName name of the width, for messages
 * @throws CenterLossError `ERR_SHAPE`; `ERR_OPTION` for a scale or a zero point that is no finite number;
 * `ERR_OUT_OF_MEMORY`
 */
export function asRows(x: Embeddings, name: string, width: number, widthName = 'nDim'): FlatRows {
  // The usual type comes first: telling the others apart takes longer than all other work on a small batch.
  if (!(x instanceof Float32Array)) {
    if (isArrayOfRows(x)) return joined(x, name, width, widthName);
    if (isTensor(x)) return ofTensor(x, name, width, widthName);
  }
  const values = asList(x, name);
  if (Number.isInteger(values.length / width)) return values;
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has ${values.length} values, which is not a multiple of ${widthName} = ${width}`,
  );
}

/** Returns the length of a row if rows have a shape that tells it. @throws CenterLossError `ERR_SHAPE` */
export function widthOf(x: Embeddings, name: string): number | undefined {
  if (isArrayOfRows(x)) return x[0]?.length;
  return isTensor(x) ? shapeOf(x, name).at(-1) : undefined;
}

function asList(values: Floats, name: string): FlatRows {
  if (!(values instanceof Float32Array) && arrayType(values) === 'Float16Array') {
    return fromFloat16(values as Float16Values);
  }
  checkFloats(values, name, ', or of rows, or a tensor { data, dims }');
  return values as FlatRows;
}

const isArrayOfRows = (x: Embeddings): x is readonly Floats[] =>
  Array.isArray(x) && typeof x[0] === 'object' && x[0] !== null;

function joined(rows: readonly Floats[], name: string, width: number, widthName: string): FlatRows {
  const values = newFloats(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Floats;
    checkFloats(row, `${name}[${i}]`);
    if (row.length !== width) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `${name}[${i}] has ${row.length} values; expected ${widthName} = ${width}, as many in each row`,
      );
    }
    values.set(row, i * width);
  }
  return values;
}

const isTensor = (x: Embeddings): x is TensorLike =>
  typeof x === 'object' && x !== null && 'data' in x && !ArrayBuffer.isView(x);

/** Reads the sizes of rows, or of one row, of a width if it is known. @throws CenterLossError `ERR_SHAPE` */
function shapeOf(x: TensorLike, name: string, widthName = 'nDim', width?: number): readonly number[] {
  if (typeof (x as { dataSync?: unknown }).dataSync === 'function') {
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name} is a tensor of TensorFlow.js: pass { data: ${name}.dataSync(), shape: ${name}.shape }`,
    );
  }
  const shape = x.dims ?? x.shape;
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  const isOfRows = isShape && (shape.length === 1 || shape.length === 2);
  if (isOfRows && shape.at(-1) === (width ?? shape.at(-1))) return shape;
  const wanted = width === undefined ? widthName : `${widthName} = ${width}`;
  const given = Array.isArray(shape) ? `[${shape.slice(0, 8).map(show).join(', ')}]` : show(shape);
  const advice = isShape && shape.length > 2 ? ': make one row of each example, e.g. by pooling its tokens' : '';
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has the shape ${given}; expected [B, ${wanted}], or [${wanted}] for one row${advice}`,
  );
}

function ofTensor(x: TensorLike, name: string, width: number, widthName: string): FlatRows {
  const shape = shapeOf(x, name, widthName, width);
  const rows = shape.length === 1 ? 1 : (shape[0] as number);
  const values = dequantized(tensorValues(x, name), x, name);
  if (values.length === rows * width) return values;
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has ${values.length} values in data, but the shape [${shape.join(', ')}] has ${rows * width}`,
  );
}

function tensorValues(x: TensorLike, name: string): FlatRows {
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
    throw new CenterLossError('ERR_SHAPE', `${name}.data cannot be read (${cause}): await ${name}.getData() first`, {
      cause,
    });
  }
}

/** Computes what quantized values stand for. @throws CenterLossError `ERR_OPTION`, `ERR_OUT_OF_MEMORY` */
function dequantized(values: FlatRows, { scale = 1, zeroPoint = 0 }: TensorLike, name: string): FlatRows {
  if (scale === 1 && zeroPoint === 0) return values;
  checkNumber(scale, `${name}.scale`, Number.isFinite, 'a finite number');
  checkNumber(zeroPoint, `${name}.zeroPoint`, Number.isFinite, 'a finite number');
  const copy = newFloats(values.length);
  for (let i = 0; i < copy.length; i++) copy[i] = scale * ((values[i] as number) - zeroPoint);
  return copy;
}
