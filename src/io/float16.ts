// Half precision as storage. `fromFloat16` does the same by the kernel, for rows. Files are read without an engine
// (`loadCenters`, `toFloats`), before `init` of center-loss/slim and where WebAssembly is blocked, so that they need this
// version; bfloat16 has no other. Every value of half precision is one of float32: its bits are moved, and nothing is
// computed. A test compares both versions over all 65,536 values.

/** Number of fraction bits that float32 has beyond those of binary16. */
const SHIFT = 13;
/** Difference of the exponents' bias, 127 in float32 and 15 in binary16, shifted to the place of the exponent. */
const REBIAS = (127 - 15) << 23;
const EXPONENT = 0x7f80_0000;
const FRACTION = 0x007f_ffff;

/** Widens bits of IEEE 754 binary16 values exactly; a NaN keeps its bits. */
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
  // Subnormal: the leading 1 moves to the implicit bit of float32.
  const places = Math.clz32(magnitude) - Math.clz32(0x0400);
  return sign | (REBIAS + ((1 - places) << 23)) | ((magnitude << (SHIFT + places)) & FRACTION);
}

/** Widens bits of bfloat16 values, which are the upper half of those of a float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < wide.length; i++) wide[i] = (bits[i] as number) << 16;
  return new Float32Array(wide.buffer);
}
