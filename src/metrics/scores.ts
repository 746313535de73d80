import { rust } from '../engine/engine.js';
import { created, Scratch } from '../memory/scratch.js';
import { allocated, doubles, stable } from '../memory/views.js';
import { newDoubles } from '../validate/allocate.js';
import { copyValues, lengthOf, type NumberArray } from '../validate/arrays.js';
import { asNumbers, checkNumber, type Floats } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { Scores as RustScores, ScoresArray } from '../wasm/bindings.js';

// Scores are float64: two different ones must not become equal.

/** Takes scores, as `asNumbers`. @throws CenterLossError `ERR_SHAPE` unless there is one, and none is NaN. */
export function asScores(scores: Floats, name: string): NumberArray {
  const numbers = asNumbers(scores, name);
  if (lengthOf(numbers) === 0) throw new CenterLossError('ERR_SHAPE', `${name} has no score`);
  checkOrdered(numbers, name);
  return numbers;
}

/** @throws CenterLossError `ERR_SHAPE` for NaN. */
export function checkOrdered(scores: NumberArray, name: string): void {
  const length = lengthOf(scores);
  for (let i = 0; i < length; i++) {
    if (Number.isNaN(scores[i])) throw new CenterLossError('ERR_SHAPE', `${name}[${i}] is NaN, which has no order`);
  }
}

/** @throws CenterLossError `ERR_OPTION` unless `tpr` is a share of rows. */
export function checkTpr(tpr: number): void {
  checkNumber(tpr, 'tpr', (value) => value > 0 && value <= 1, 'a number over 0 and up to 1');
}

const scratch = /* @__PURE__ */ new Scratch(() => {
  const Scores = rust(RustScores);
  return created(
    () => Scores.create(),
    0,
    () => 'scores',
  );
});

/** Takes scores as {@link asScores}, in an array of its own. @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY` */
export function copyOfScores(scores: Floats, name: string): Float64Array {
  const numbers = asScores(scores, name);
  if (Array.isArray(scores)) return numbers as Float64Array;
  const copy = newDoubles(lengthOf(numbers));
  copyValues(numbers, copy, 0);
  return copy;
}

/**
 * Copies scores into the one object that every call uses: the known ones ascend, the unknown ones keep their order.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function takeScores(call: string, known: NumberArray, unknown: NumberArray = new Float64Array(0)): RustScores {
  const [knownView, unknownView] = [stable(known), stable(unknown)];
  const [nKnown, nUnknown] = [lengthOf(known), lengthOf(unknown)];
  const scores = scratch.object;
  allocated(
    () => scores.reserve(nKnown, nUnknown),
    2 * Math.max(nKnown, nUnknown),
    () => `${call} of ${nKnown} and ${nUnknown} scores`,
  );
  scratch.noteBytes(8 * (nKnown + nUnknown));
  const knownCopy = doubles(scores.address(ScoresArray.Known), nKnown);
  knownCopy.set(knownView());
  knownCopy.sort();
  doubles(scores.address(ScoresArray.Unknown), nUnknown).set(unknownView());
  return scores;
}
