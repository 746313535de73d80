import { rust } from '../engine/engine.js';
import { allocated, doubles, stable } from '../memory/views.js';
import { checkFloats, checkNumber, type Floats } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { Scores as RustScores, ScoresArray } from '../wasm/bindings.js';

// Scores are float64: two different ones must not become equal.

/** @throws CenterLossError `ERR_SHAPE` unless `scores` are numbers, at least one, and none is NaN. */
export function checkScores(scores: Floats, name: string): void {
  checkFloats(scores, name);
  if (scores.length === 0) throw new CenterLossError('ERR_SHAPE', `${name} has no score`);
  checkOrdered(scores, name);
}

/** @throws CenterLossError `ERR_SHAPE` for NaN. */
export function checkOrdered(scores: Floats, name: string): void {
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new CenterLossError('ERR_SHAPE', `${name}[${i}] is NaN, which has no order`);
  }
}

/** @throws CenterLossError `ERR_OPTION` unless `tpr` is a share of rows. */
export function checkTpr(tpr: number): void {
  checkNumber(tpr, 'tpr', (value) => value > 0 && value <= 1, 'a number over 0 and up to 1');
}

/** Lists of scores that were checked. */
export interface ScoreLists {
  readonly known: Floats;
  readonly unknown?: Floats;
  /** True if the unknown scores keep their order. Default false: both lists ascend. */
  readonly inOrder?: boolean;
  /** True to reserve memory for a ROC curve. Default false. */
  readonly withCurve?: boolean;
}

let scratch: RustScores | undefined;

/** Copies scores into the one object that every call uses, in ascending order. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function takeScores(
  call: string,
  { known, unknown = [], inOrder = false, withCurve = false }: ScoreLists,
): RustScores {
  const [knownView, unknownView] = [stable(known), stable(unknown)];
  const [nKnown, nUnknown] = [known.length, unknown.length];
  const Scores = rust(RustScores);
  scratch ??= allocated(
    () => Scores.create(),
    0,
    () => call,
  );
  const scores = scratch;
  allocated(
    () => scores.reserve(nKnown, nUnknown, withCurve),
    2 * Math.max(nKnown, nUnknown, withCurve ? nKnown + nUnknown + 1 : 0),
    () => `${call} of ${nKnown} and ${nUnknown} scores`,
  );
  const knownCopy = doubles(scores.address(ScoresArray.Known), nKnown);
  knownCopy.set(knownView());
  knownCopy.sort();
  const unknownCopy = doubles(scores.address(ScoresArray.Unknown), nUnknown);
  unknownCopy.set(unknownView());
  if (!inOrder) unknownCopy.sort();
  return scores;
}
