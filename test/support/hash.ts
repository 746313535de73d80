// Hashes of results as `crate/tests/bits.rs` writes them, to compare all bits.

/** FNV-1a, 64 bits, over the little-endian bytes. */
export function hash(values: Float32Array | Int32Array): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** The 64 bits of a number. */
export const bits = (value: number): string =>
  new BigUint64Array(Float64Array.of(value).buffer)[0]?.toString(16).padStart(16, '0') ?? '';
