import { newFloats } from './allocate.js';
import { copyOfEach, FINITE_SIZE, type Floats } from './checks.js';

/**
 * Copies weights as float32, one for each of `count` things that messages call `of`; undefined where none are given. Only
 * `undefined` and `null` mean no weights: a 0 or NaN in their place is an error.
 * @throws CenterLossError `ERR_SHAPE` for another number of them, `ERR_OPTION` for one that is negative or not finite;
 * `ERR_OUT_OF_MEMORY`
 */
export function copyOfWeights(
  weights: Floats | null | undefined,
  name: string,
  count: number,
  of: string,
): Float32Array<ArrayBuffer> | undefined {
  if (weights === undefined || weights === null) return undefined;
  return copyOfEach(weights, name, count, of, FINITE_SIZE, newFloats);
}
