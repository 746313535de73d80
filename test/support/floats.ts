import { fromSafetensors, type Tensor, toSafetensors } from 'center-loss';

/** Values of a tensor as float32, by way of a file. */
export const toFloats = (tensor: Tensor): Float32Array => fromSafetensors(toSafetensors({ tensor })).floats('tensor');

/** Value of a binary16 by its definition. */
export function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
