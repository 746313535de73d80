// Half precision as storage. Files are read without an engine (`loadCenters`), before `init` of center-loss/slim and where
// WebAssembly is blocked, so that this file needs none: every value of half precision is one of float32, whose bits are
// moved, and nothing is computed.
import { newFloats } from './allocate.js';
import { arrayType, bufferOf, byteOffsetOf, lengthOf } from './arrays.js';
import { checkAttached, type Float16Values } from './checks.js';
import { CenterLossError, typeName } from './errors.js';

/** Number of fraction bits that float32 has beyond those of binary16. */
const SHIFT = 13;
/** Difference of the exponents' bias, 127 in float32 and 15 in binary16, shifted to the place of the exponent. */
const REBIAS = (127 - 15) << 23;
const EXPONENT = 0x7f80_0000;
const FRACTION = 0x007f_ffff;

/**
 * Widens the bits of IEEE 754 binary16 values to float32, exactly; a NaN keeps its bits.
 * @param bits a `Uint16Array`, or a `Float16Array`
 * @throws CenterLossError `ERR_SHAPE` for anything else, `ERR_OUT_OF_MEMORY`
 */
export function fromFloat16(bits: Uint16Array | Float16Values): Float32Array<ArrayBuffer> {
  if (!['Uint16Array', 'Float16Array'].includes(`${arrayType(bits)}`)) {
    throw new CenterLossError('ERR_SHAPE', `bits must be a Uint16Array or a Float16Array, got ${typeName(bits)}`);
  }
  const view = bits as Uint16Array;
  checkAttached(view, 'bits');
  return mapBits(new Uint16Array(bufferOf(view), byteOffsetOf(view), lengthOf(view)), widened);
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

/** Widens the bits of bfloat16 values, which are the upper half of those of a float32. @throws as {@link fromFloat16} */
export const fromBfloat16 = (bits: Uint16Array): Float32Array<ArrayBuffer> => mapBits(bits, (bits) => bits << 16);

/** Makes float32 values of the bits that `widen` gives for those of 16 bits. */
function mapBits(bits: Uint16Array, widen: (bits: number) => number): Float32Array<ArrayBuffer> {
  const values = newFloats(lengthOf(bits));
  const wide = new Uint32Array(values.buffer);
  for (let i = 0; i < wide.length; i++) wide[i] = widen(bits[i] as number);
  return values;
}
