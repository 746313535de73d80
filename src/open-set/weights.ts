import { CenterLossError, checkFloats, type Floats } from '../core.js';

/**
 * How much each of `length` rows or classes counts.
 * @throws CenterLossError `ERR_SHAPE` for another length, `ERR_OPTION` for a weight that is negative or no finite float32
 */
export function checkWeights(weights: Floats, name: string, length: number, ofWhat: string): void {
  checkFloats(weights, name);
  if (weights.length !== length) {
    throw new CenterLossError('ERR_SHAPE', `${name} has ${weights.length} values, but there are ${length} ${ofWhat}`);
  }
  for (let i = 0; i < length; i++) {
    const weight = weights[i] as number;
    if (weight >= 0 && Number.isFinite(Math.fround(weight))) continue;
    throw new CenterLossError('ERR_OPTION', `${name}[${i}] must be a finite number ≥ 0, got ${weight}`);
  }
}
