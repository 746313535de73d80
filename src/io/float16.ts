// Half precision as storage. Each value is one of float32, too: its bits are moved to where that format has them, and no
// value is computed. So a file can be read where no engine is; the package's arithmetic, in Rust, begins after that.

/** The places of float32's fraction that the shorter one of binary16 lacks. */
const SHIFT = 13;
/** From binary16's exponents to those of float32, whose bias is 127 in place of 15. */
const REBIAS = (127 - 15) << 23;
const EXPONENT = 0x7f80_0000;
const FRACTION = 0x007f_ffff;

/** The values of IEEE 754 binary16 bits, exactly; a NaN keeps its bits. */
export function widenFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < wide.length; i++) wide[i] = widened(bits[i] as number);
  return new Float32Array(wide.buffer);
}

function widened(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const magnitude = bits & 0x7fff;
  if (magnitude === 0) return sign;
  if (magnitude >= 0x7c00) return sign | EXPONENT | (magnitude << SHIFT);
  if (magnitude >= 0x0400) return sign | ((magnitude << SHIFT) + REBIAS);
  // No exponent: the first 1 moves to the place before the fraction, where float32 does not write it.
  const places = Math.clz32(magnitude) - Math.clz32(0x0400);
  return sign | (REBIAS + ((1 - places) << 23)) | ((magnitude << (SHIFT + places)) & FRACTION);
}

/** The values of bfloat16 bits, which are the upper half of a float32's. */
export function widenBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < wide.length; i++) wide[i] = (bits[i] as number) << 16;
  return new Float32Array(wide.buffer);
}
