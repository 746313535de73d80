/** The arrays that values come in, one array for a type of values. */
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
  /** Of one value in a file. */
  readonly bits: number;
  /** What arrays of the type hold: the values, or for those that JavaScript has no array for, their bits. */
  readonly array: ArrayType;
}

/**
 * Types of values, by the names that the safetensors format has for them. F16 and BF16 come as the bits of each value,
 * C64 as real and imaginary parts in turn, F8 as a byte a value, F6 and F4 as they are packed. In the order of the
 * reference, which writes the last ones first.
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

export type Dtype = keyof typeof DTYPES;

/** A type's place among all. */
export const rankOf = (dtype: Dtype): number => Object.keys(DTYPES).indexOf(dtype);

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(DTYPES, name);

/** As Python's libraries have it, and enough for any array: a file can't make us keep a shape of millions. */
export const MOST_DIMENSIONS = 64;

/** How many bytes an array takes; NaN if no file can hold as many, or if its last byte would not be full. */
export function byteLengthOf(dtype: Dtype, shape: readonly number[]): number {
  const { bits } = DTYPES[dtype];
  let length = 1;
  // Each step is checked, as in the reference: a length of 0 at the end does not excuse what came before.
  for (const size of shape) {
    length *= size;
    if (length > Number.MAX_SAFE_INTEGER / bits) return Number.NaN;
  }
  const bytes = (length * bits) / 8;
  return Number.isInteger(bytes) ? bytes : Number.NaN;
}
