import { Penalty as RustPenalty, Reduction as RustReduction } from '../wasm/bindings.js';
import { newFloats } from './allocate.js';
import { copyOfFloats } from './arrays.js';
import { checkChoice, checkCount, checkNumber, checkOptions, copyOfEach, type Floats, type Range } from './checks.js';
import { asRows, type Embeddings } from './embeddings.js';
import { CenterLossError } from './errors.js';
import type { LabelPolicy } from './labels.js';
import { checkMetric, type Metric } from './metric.js';
import { checkNames } from './names.js';
import { copyOfWeights } from './weights.js';

/** Scale of the sum over a batch; B counts the known rows. */
export type Reduction =
  /** Σ/(B·C): pytorch-ood. The weight of a row falls with the number of classes. */
  | 'mean'
  /** Σ/B: KaiyangZhou/pytorch-center-loss. */
  | 'batch'
  /** Σ/2B: the code of Wen et al. 2016, without floors and ceilings. */
  | 'wen'
  /** Σ. */
  | 'sum';

/** Cost of an excess e = max(d − r, 0) of the distance over the radius. */
export type Penalty =
  /** e. */
  | 'hinge'
  /** ½e². */
  | 'half-squared';

/** First values of the centers. */
export type Init =
  /** Identity if nClasses = nDim (times `magnitude` only if `fixed`), else N(0, 1) without `magnitude`. */
  | 'pytorch-ood'
  /** magnitude · identity; nClasses = nDim. */
  | 'eye'
  /** magnitude · unit vectors; nClasses ≤ nDim. */
  | 'anchors'
  /** magnitude · N(0, 1). */
  | 'normal'
  /** magnitude · a random orthogonal matrix. */
  | 'orthogonal'
  /** magnitude · these centers [nClasses, nDim]. */
  | Embeddings;

/** Options of every loss that has a center for each class. */
export interface CentersOptions {
  /** First values of the centers. */
  readonly init?: Init;
  /** Factor of the first values. */
  readonly magnitude?: number;
  /** A whole number ≥ 0: the same seed gives the same centers on every machine. Default 0. */
  readonly seed?: number;
  /** True if the centers are anchors: they have no gradient, and `step` does not move them. */
  readonly fixed?: boolean;
  /** Names of the classes [nClasses], all different: labels may then be names. Default none. */
  readonly names?: readonly string[] | undefined;
  /** 'strict' (default): a label that no class has is an error. 'lenient': it has no class, but counts in B. */
  readonly labels?: LabelPolicy;
  /** Scale of the sum over the rows. */
  readonly reduction?: Reduction;
  /** Weight ≥ 0 of each class [nClasses]. Default all 1. */
  readonly classWeight?: Floats;
}

/** Options of `CenterLoss`. Defaults: init 'pytorch-ood', magnitude 1, fixed false, reduction 'mean'. */
export interface CenterLossOptions extends CentersOptions {
  /** Distance of a row to its center. Default 'sqeuclidean'. */
  readonly metric?: Metric;
  /** Default 'hinge'. With metric 'euclidean' and reduction 'batch', 'half-squared' is the loss of Wen et al., IJCV 2019. */
  readonly penalty?: Penalty;
  /**
   * Radius r, in units of the metric: rows within it have no loss. A number, or one for each class [nClasses]. It is
   * float32, except for a single number without another metric, penalty or weights. Default 0.
   */
  readonly radius?: number | Floats;
}

/** Options of a loss that has a center for each class, checked and completed. */
export interface CentersSettings {
  readonly init: Exclude<Init, Embeddings> | Float32Array;
  readonly magnitude: number;
  readonly seed: number;
  readonly fixed: boolean;
  readonly names: readonly string[] | undefined;
  readonly labels: LabelPolicy;
  readonly reduction: Reduction;
  readonly classWeight: Float32Array | undefined;
}

/** Options of `CenterLoss`, checked and completed. */
export interface CenterLossSettings extends CentersSettings {
  readonly metric: Metric;
  readonly penalty: Penalty;
  /** Radius of all classes; NaN where each has its own. */
  readonly radius: number;
  readonly radii: Float32Array | undefined;
}

export const CENTERS_OPTIONS = [
  ...(['init', 'magnitude', 'seed', 'fixed', 'names', 'labels', 'reduction', 'classWeight'] as const),
] satisfies readonly (keyof CentersOptions)[];

const REDUCTIONS = { mean: 'Mean', batch: 'Batch', wen: 'Wen', sum: 'Sum' } as const satisfies Record<
  Reduction,
  keyof typeof RustReduction
>;
const PENALTIES = { hinge: 'Hinge', 'half-squared': 'HalfSquared' } as const satisfies Record<
  Penalty,
  keyof typeof RustPenalty
>;
const INITS = ['pytorch-ood', 'eye', 'anchors', 'normal', 'orthogonal'] as const;

export const rustReduction = (reduction: Reduction): RustReduction => RustReduction[REDUCTIONS[reduction]];
export const rustPenalty = (penalty: Penalty): RustPenalty => RustPenalty[PENALTIES[penalty]];

/** Bound of centers and of what scales them: sums and squares of thousands of dimensions stay inside float32. */
export const MAX_MAGNITUDE = 1e30;

/** First centers, magnitude and scale of a loss that are not given. */
export type CentersDefaults = Pick<CentersSettings, 'magnitude' | 'fixed' | 'reduction'> & { readonly init: Init };

/**
 * Checks and completes the options of `CenterLoss` before anything is allocated.
 * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function checkCenterLossOptions(nClasses: number, nDim: number, options: CenterLossOptions): CenterLossSettings {
  checkOptions(options, [...CENTERS_OPTIONS, 'metric', 'penalty', 'radius']);
  const { metric = 'sqeuclidean', penalty = 'hinge', radius = 0 } = options;
  const defaults = { init: 'pytorch-ood', magnitude: 1, fixed: false, reduction: 'mean' } as const;
  const settings = checkCentersOptions(nClasses, nDim, options, defaults);
  checkMetric(metric);
  checkChoice(penalty, 'penalty', Object.keys(PENALTIES) as Penalty[]);
  const radii =
    typeof radius === 'object' ? copyOfEach(radius, 'radius', nClasses, 'classes', RADIUS, newFloats) : undefined;
  if (typeof radius !== 'object') checkNumber(radius, 'radius', RADIUS.accepts, RADIUS.text);
  return { ...settings, metric, penalty, radius: typeof radius === 'object' ? Number.NaN : radius, radii };
}

/**
 * Checks and completes the options that losses with centers have in common.
 * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function checkCentersOptions(
  nClasses: number,
  nDim: number,
  options: CentersOptions,
  defaults: CentersDefaults,
): CentersSettings {
  checkCount(nClasses, 'nClasses');
  checkCount(nDim, 'nDim');
  const { init = defaults.init, seed = 0, labels = 'strict' } = options;
  const { magnitude, fixed, reduction } = { ...defaults, ...withoutUndefined(options) };
  checkNumber(magnitude, 'magnitude', (value) => Math.abs(value) <= MAX_MAGNITUDE, 'a number up to ±1e30');
  checkChoice(fixed, 'fixed', [true, false]);
  const advice = (reduction as string) === 'none' ? ': perRow(x, target) gives the loss of each row' : '';
  checkChoice(reduction, 'reduction', Object.keys(REDUCTIONS) as Reduction[], advice);
  checkSeed(seed);
  checkChoice(labels, 'labels', ['strict', 'lenient']);
  const names = checkNames(options.names, nClasses);
  const classWeight = copyOfWeights(options.classWeight, 'classWeight', nClasses, 'classes');
  const first = typeof init === 'string' ? init : copyOfFloats(asRows(init, 'init', nDim));
  checkInit(first, magnitude, nClasses, nDim);
  return { init: first, magnitude, seed, fixed, names, labels, reduction, classWeight };
}

/** @throws CenterLossError `ERR_OPTION` unless `seed` is a whole number ≥ 0 that a float64 holds exactly. */
export function checkSeed(seed: number, name = 'seed'): void {
  checkNumber(seed, name, (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number ≥ 0');
}

const withoutUndefined = ({ magnitude, fixed, reduction }: CentersOptions) => ({
  ...(magnitude !== undefined && { magnitude }),
  ...(fixed !== undefined && { fixed }),
  ...(reduction !== undefined && { reduction }),
});

const RADIUS: Range = { accepts: (value) => value >= Math.fround(-MAX_MAGNITUDE), text: 'a number from -1e30 on' };

const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Index of the first value that is not finite times `magnitude`, or −1. */
function firstNotFinite(values: Float32Array, magnitude: number): number {
  // `includes` is native: at the start of a program a loop over large centers would take most of the time.
  if (magnitude === 1 && !NOT_FINITE.some((value) => values.includes(value))) return -1;
  return values.findIndex((value) => !Number.isFinite(Math.fround(value * magnitude)));
}

function checkInit(init: CentersSettings['init'], magnitude: number, nClasses: number, nDim: number): void {
  if (typeof init !== 'string') {
    if (init.length !== nClasses * nDim) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `init has ${init.length} values, but ${nClasses} centers of ${nDim} dimensions have ${nClasses * nDim}`,
      );
    }
    const bad = firstNotFinite(init, magnitude);
    if (bad < 0) return;
    const times = magnitude === 1 ? '' : ` times magnitude = ${magnitude}`;
    throw new CenterLossError('ERR_OPTION', `init[${bad}] is ${init[bad]}${times}, not a finite float32`);
  }
  checkChoice<string>(init, 'init', INITS);
  if (init === 'eye' && nClasses !== nDim) {
    throw new CenterLossError('ERR_OPTION', `init 'eye' needs nClasses = nDim, got ${nClasses} and ${nDim}`);
  }
  if (init === 'anchors' && nClasses > nDim) {
    throw new CenterLossError('ERR_OPTION', `init 'anchors' needs nClasses ≤ nDim, got ${nClasses} and ${nDim}`);
  }
}
