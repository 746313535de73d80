import { checkEach, FINITE_SIZE, type Floats } from './checks.js';

/**
 * Weights as float32, one for each of `count` things that messages call `of`; undefined where none are given. Only
 * `undefined` and `null` mean no weights: a 0 or NaN in their place is an error.
 * @throws CenterLossError `ERR_SHAPE` for another number of them, `ERR_OPTION` for one that is negative or not finite
 */
export function checkWeights(
  weights: Floats | null | undefined,
  name: string,
  count: number,
  of: string,
): Float32Array<ArrayBuffer> | undefined {
  if (weights === undefined || weights === null) return undefined;
  checkEach(weights, name, count, of, FINITE_SIZE);
  return new Float32Array(weights);
}
