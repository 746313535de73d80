import { copyDoubles } from '../memory/views.js';
import { asScores, checkOrdered, checkTpr, takeScores } from '../metrics/scores.js';
import { newDoubles, newIntegers } from '../validate/allocate.js';
import { lengthOf, type NumberArray } from '../validate/arrays.js';
import { asNumbers, checkChoice, checkCount, checkOptions, type Floats } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { labelsOf, type Target, writeLabels } from '../validate/labels.js';
import { checkNames } from '../validate/names.js';
import { ScoresArray } from '../wasm/bindings.js';

/** Options of a threshold that is fitted to scores. */
export interface ThresholdOptions {
  /** Share of the known rows that are to stay known, over 0 and up to 1. Default 0.95. */
  readonly tpr?: number;
  /**
   * True: the share holds for a row that is yet to come, and the n given rows are the calibration. The threshold is then
   * the ⌈(n + 1)·tpr⌉-th smallest score, Infinity if n is too small (split conformal prediction, Lei et al. 2018).
   * Default false: the share of the n rows themselves.
   */
  readonly finiteSample?: boolean;
}

/** Options of one threshold for each class. */
export interface ClassThresholdOptions extends ThresholdOptions {
  /** Class of each score, the nearest or the true one; scores of a class below 0 are left out. */
  readonly classes: Target;
  /** Number of classes, C: the number of thresholds. Default the number of names. */
  readonly nClasses?: number | undefined;
  /** Names of the classes, needed if `classes` are names. */
  readonly names?: readonly string[] | undefined;
}

/**
 * Fits the threshold above which scores are taken as unknown: the smallest score that at least a share `tpr` of the
 * scores does not exceed. With `classes`, one threshold for each class [nClasses], from its own scores; a class without
 * scores gets that of all.
 * @param scores scores of known rows that were not trained on, at least one
 * @throws CenterLossError `ERR_SHAPE` for no score, NaN, or another number of classes; `ERR_LABEL`, `ERR_OPTION`,
 * `ERR_OUT_OF_MEMORY`
 */
export function fitThreshold(scores: Floats, options: ClassThresholdOptions): Float64Array<ArrayBuffer>;
/** Fits one threshold to the scores of all known rows. */
export function fitThreshold(scores: Floats, options?: ThresholdOptions): number;
export function fitThreshold(
  scores: Floats,
  options: ThresholdOptions | ClassThresholdOptions = {},
): number | Float64Array<ArrayBuffer> {
  checkOptions(options, ['tpr', 'finiteSample', 'classes', 'nClasses', 'names']);
  const { tpr = 0.95, finiteSample = false } = options;
  checkTpr(tpr);
  checkChoice(finiteSample, 'finiteSample', [true, false]);
  const taken = asScores(scores, 'scores');
  const thresholdOf = (known: NumberArray) => takeScores('fitThreshold', known).threshold(tpr, finiteSample);
  if (!['classes', 'nClasses', 'names'].some((name) => name in options)) return thresholdOf(taken);
  const { groups, nClasses } = byClass(taken, options as ClassThresholdOptions);
  const thresholds = newDoubles(nClasses).fill(thresholdOf(Float64Array.from([...groups.values()].flat())));
  for (const [label, group] of groups) thresholds[label] = thresholdOf(Float64Array.from(group));
  return thresholds;
}

/** Scores of each class that has any. */
function byClass(
  scores: NumberArray,
  options: ClassThresholdOptions,
): { readonly groups: ReadonlyMap<number, number[]>; readonly nClasses: number } {
  const { nClasses = checkNames(options.names)?.length as number } = options;
  checkCount(nClasses, 'nClasses');
  const names = checkNames(options.names, nClasses);
  const classes = labelsOf(options.classes, 'classes');
  const rows = lengthOf(scores);
  if (lengthOf(classes) !== rows) {
    throw new CenterLossError('ERR_SHAPE', `there are ${rows} scores, but classes has ${lengthOf(classes)} labels`);
  }
  const labels = newIntegers(rows);
  writeLabels(classes, rows, { nClasses, names, labels: 'strict' }, labels, 0, 'classes');
  const groups = new Map<number, number[]>();
  labels.forEach((label, i) => {
    if (label < 0) return;
    const group = groups.get(label);
    if (group) group.push(scores[i] as number);
    else groups.set(label, [scores[i] as number]);
  });
  if (groups.size === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} scores has a class`);
  return { groups, nClasses };
}

/**
 * p-values by split conformal prediction, p = (1 + #{calibration ≥ score}) / (n + 1): the probability that a known row
 * looks as unknown as this one, or more so. Rejecting rows of p ≤ ε rejects a known row with a probability of at most ε,
 * whatever the scores are, if known rows come from where the calibration rows came from (Vovk et al. 2005). Equal scores
 * count in full, so that no p-value is too small.
 * @param calibration scores of known rows that were not trained on, at least one
 * @param scores scores of new rows, any number
 * @returns p-value of each score, from 1/(n + 1) to 1
 * @throws CenterLossError `ERR_SHAPE` for no calibration score, and NaN; `ERR_OUT_OF_MEMORY`
 */
export function conformalPValues(calibration: Floats, scores: Floats): Float64Array<ArrayBuffer> {
  const unknown = asNumbers(scores, 'scores');
  const known = asScores(calibration, 'calibration');
  checkOrdered(unknown, 'scores');
  const taken = takeScores('conformalPValues', known, unknown);
  taken.p_values();
  return copyDoubles(taken.address(ScoresArray.Unknown), lengthOf(unknown));
}
