import { checkFloats, type Floats } from './checks.js';
import { CenterLossError } from './errors.js';

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
  checkFloats(weights, name);
  if (weights.length !== count) {
    throw new CenterLossError('ERR_SHAPE', `${name} has ${weights.length} values, but there are ${count} ${of}`);
  }
  const copy = new Float32Array(weights);
  const bad = copy.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (bad < 0) return copy;
  throw new CenterLossError('ERR_OPTION', `${name}[${bad}] must be a finite number ≥ 0, got ${weights[bad]}`);
}
