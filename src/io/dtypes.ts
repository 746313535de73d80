/** Arrays that values are in, by their type. */
export type Values =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): Values;
}

interface Layout {
  /** Bits of one value in a file. */
  readonly bits: number;
  /** Type of the array of the values, or of their bits where JavaScript has no array for them. */
  readonly array: ArrayType;
}

/**
 * Types of values, by their names in the safetensors format and in the order of that library, which writes the last
 * ones first. F16 and BF16 are the bits of each value, C64 real and imaginary parts in turn, F8 one byte for each value;
 * F6 and F4 stay packed.
 *
 * Source: `Dtype` of safetensors 0.8.0.
 */
export const DTYPES = {
  BOOL: { bits: 8, array: Uint8Array },
  F4: { bits: 4, array: Uint8Array },
  F6_E2M3: { bits: 6, array: Uint8Array },
  F6_E3M2: { bits: 6, array: Uint8Array },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  F8_E5M2: { bits: 8, array: Uint8Array },
  F8_E4M3: { bits: 8, array: Uint8Array },
  F8_E8M0: { bits: 8, array: Uint8Array },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: Uint16Array },
  BF16: { bits: 16, array: Uint16Array },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  C64: { bits: 64, array: Float32Array },
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const satisfies Record<string, Layout>;

/** Type of the values of a tensor, as safetensors calls it. */
export type Dtype = keyof typeof DTYPES;

/** Position of a type in {@link DTYPES}. */
export const rankOf = (dtype: Dtype): number => Object.keys(DTYPES).indexOf(dtype);

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(DTYPES, name);

/** Most dimensions of a shape, as in numpy: a file must not make a reader keep a shape of millions. */
export const MAX_DIMENSIONS = 64;

/** Number of bytes of an array; NaN if no file can hold as many, or if its last byte is not full. */
export function byteLengthOf(dtype: Dtype, shape: readonly number[]): number {
  const { bits } = DTYPES[dtype];
  let length = 1;
  // Checked at each step, as in safetensors: a size of 0 after an overflow does not make the shape valid.
  for (const size of shape) {
    length *= size;
    if (length > Number.MAX_SAFE_INTEGER / bits) return Number.NaN;
  }
  const bytes = (length * bits) / 8;
  return Number.isInteger(bytes) ? bytes : Number.NaN;
}
