import { stable } from '../memory/views.js';
import { asScores, checkOrdered, checkTpr, takeScores } from '../metrics/scores.js';
import { newDoubles, newIntegers } from '../validate/allocate.js';
import { lengthOf, type NumberArray } from '../validate/arrays.js';
import { asNumbers, checkChoice, checkCount, checkOptions, type Floats } from '../validate/checks.js';
import { countRows } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import { labelsOf, type Target, writeLabels } from '../validate/labels.js';
import { checkNames } from '../validate/names.js';
import { checkSmoothing, type PValueOptions, pValues, pValuesByClass, rowsByClass } from './calibration.js';

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
  checkOptions(options, ['tpr', 'finiteSample', ...CLASS_OPTIONS]);
  const { tpr = 0.95, finiteSample = false } = options;
  checkTpr(tpr);
  checkChoice(finiteSample, 'finiteSample', [true, false]);
  const taken = asScores(scores, 'scores');
  const thresholdOf = (known: NumberArray) => takeScores('fitThreshold', known).threshold(tpr, finiteSample);
  if (!isByClass(options)) return thresholdOf(taken);
  const { groups, nClasses } = byClass(taken, options);
  const thresholds = newDoubles(nClasses).fill(
    thresholdOf(Float64Array.from([...groups.values()].flatMap((group) => [...group]))),
  );
  for (const [label, group] of groups) thresholds[label] = thresholdOf(group);
  return thresholds;
}

/** Options that name the class of each score. */
const CLASS_OPTIONS = ['classes', 'nClasses', 'names'] as const;
type ClassOptions = Pick<ClassThresholdOptions, (typeof CLASS_OPTIONS)[number]>;

const isByClass = (options: object): options is ClassOptions => CLASS_OPTIONS.some((name) => name in options);

/** Scores of each class that has any. */
function byClass(
  scores: NumberArray,
  options: ClassOptions,
): { readonly groups: ReadonlyMap<number, Float64Array>; readonly nClasses: number } {
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
  const groups = new Map<number, Float64Array>();
  for (const [label, own] of rowsByClass(labels)) {
    groups.set(
      label,
      Float64Array.from(own, (row) => scores[row] as number),
    );
  }
  if (groups.size === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} scores has a class`);
  return { groups, nClasses };
}

/** Options of p-values by class. */
export interface ClassPValueOptions
  extends PValueOptions,
    Pick<ClassThresholdOptions, 'classes' | 'nClasses' | 'names'> {}

/**
 * p-values by split conformal prediction, p = (1 + #{calibration ≥ score}) / (n + 1): the probability that a known row
 * looks as unknown as this one, or more so. Rejecting rows of p ≤ ε rejects a known row with a probability of at most ε,
 * whatever the scores are, if known rows come from where the calibration rows came from (Vovk et al. 2005). Equal scores
 * count in full, so that no p-value is too small, unless `smoothingSeed` is given.
 *
 * With `classes`, each class has its own calibration (Mondrian conformal prediction): p_ij is the p-value of row i as a
 * member of class j, by the n_j calibration scores of that class, and the bound holds for the rows of each class. A class
 * without calibration has p = 1, or U.
 * @param calibration scores of known rows that were not trained on, at least one; with `classes`, of each row as a
 * member of its own class
 * @param scores scores of new rows, any number; with `classes`, of each row as a member of each class [B, nClasses]
 * @returns p-value of each score, from 1/(n + 1) to 1; smoothed ones from 0
 * @throws CenterLossError `ERR_SHAPE` for no calibration score, NaN, and another number of scores than [B, nClasses];
 * `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
 */
export function conformalPValues(
  calibration: Floats,
  scores: Floats,
  options: PValueOptions | ClassPValueOptions = {},
): Float64Array<ArrayBuffer> {
  checkOptions(options, ['smoothingSeed', ...CLASS_OPTIONS]);
  const seed = checkSmoothing(options);
  const unknown = asNumbers(scores, 'scores');
  const known = asScores(calibration, 'calibration');
  checkOrdered(unknown, 'scores');
  if (!isByClass(options)) return pValues(known, unknown, seed);
  const { groups, nClasses } = byClass(known, options);
  const rows = countRows(unknown, 'scores', nClasses, 'nClasses');
  const scoresView = stable(unknown);
  return pValuesByClass(groups, [rows, nClasses], seed, (label) => {
    const all = scoresView();
    return newDoubles(rows).map((_, i) => all[i * nClasses + label] as number);
  });
}
