import { checkChoice, checkCount, checkNumber, checkOptions } from './check.js';
import { CenterLossError } from './errors.js';
import type { LabelPolicy } from './targets.js';

/** How the sum over a batch becomes the loss; B counts the known rows. */
export type Reduction =
  /** Σ/(B·C): pytorch-ood. The weight of a row falls with the number of classes. */
  | 'mean'
  /** Σ/B: KaiyangZhou/pytorch-center-loss. */
  | 'batch'
  /** Σ/2B: the code of Wen et al. 2016, without floors and ceilings. */
  | 'wen'
  /** Σ. */
  | 'sum';

/** Where the centers start. */
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
  | Float32Array;

export interface CenterLossOptions {
  /** Factor of the initial centers. Default 1. */
  readonly magnitude?: number;
  /** r, on the squared distance: rows within it have no loss. Default 0. */
  readonly radius?: number;
  /** The centers are anchors: no gradient for them, and `step` moves nothing. Default false. */
  readonly fixed?: boolean;
  /** Default 'mean'. */
  readonly reduction?: Reduction;
  /** Default 'pytorch-ood'. */
  readonly init?: Init;
  /** A whole number ≥ 0: the same seed gives the same centers on every machine. Default 0. */
  readonly seed?: number;
  /** 'strict' (default): a label ≥ nClasses or not an integer is an error. 'lenient': it has no class, as in the reference. */
  readonly labels?: LabelPolicy;
}

/** Options with their defaults. */
export type Settings = Required<CenterLossOptions>;

const REDUCTIONS = ['mean', 'batch', 'wen', 'sum'] as const satisfies readonly Reduction[];
const INITS = ['pytorch-ood', 'eye', 'anchors', 'normal', 'orthogonal'] as const satisfies readonly Init[];

/** Centers, and what scales them, stay far enough inside float32 for sums and squares of thousands of dimensions. */
const LARGEST = 1e30;

/** The number by which the kernels know a reduction. */
export const reductionCode = (reduction: Reduction): number => REDUCTIONS.indexOf(reduction);

/**
 * Options checked and completed, before anything is allocated.
 * @throws CenterLossError `ERR_OPTION`, or `ERR_SHAPE` for initial centers of another size
 */
export function checkSettings(nClasses: number, nDim: number, options: CenterLossOptions): Settings {
  checkCount(nClasses, 'nClasses');
  checkCount(nDim, 'nDim');
  checkOptions(options, ['magnitude', 'radius', 'fixed', 'reduction', 'init', 'seed', 'labels']);
  const settings: Settings = {
    magnitude: options.magnitude ?? 1,
    radius: options.radius ?? 0,
    fixed: options.fixed ?? false,
    reduction: options.reduction ?? 'mean',
    init: options.init ?? 'pytorch-ood',
    seed: options.seed ?? 0,
    labels: options.labels ?? 'strict',
  };
  checkNumber(settings.magnitude, 'magnitude', (value) => Math.abs(value) <= LARGEST, 'a number up to ±1e30');
  checkNumber(settings.radius, 'radius', (value) => value >= -LARGEST, 'a number from -1e30 on');
  checkChoice(settings.fixed, 'fixed', [true, false]);
  checkChoice(settings.reduction, 'reduction', REDUCTIONS);
  checkNumber(settings.seed, 'seed', (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number ≥ 0');
  checkChoice(settings.labels, 'labels', ['strict', 'lenient']);
  checkInit(settings, nClasses, nDim);
  return settings;
}

function checkInit({ init, magnitude }: Settings, nClasses: number, nDim: number): void {
  if (init instanceof Float32Array) {
    if (init.length !== nClasses * nDim) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `init has ${init.length} values, but ${nClasses} centers of ${nDim} dimensions have ${nClasses * nDim}`,
      );
    }
    const bad = init.findIndex((value) => !Number.isFinite(Math.fround(value * magnitude)));
    if (bad < 0) return;
    const times = magnitude === 1 ? '' : ` times magnitude = ${magnitude}`;
    throw new CenterLossError('ERR_OPTION', `init[${bad}] is ${init[bad]}${times}, not a finite float32`);
  }
  checkChoice<Init>(init, 'init', INITS);
  if (init === 'eye' && nClasses !== nDim) {
    throw new CenterLossError('ERR_OPTION', `init 'eye' needs nClasses = nDim, got ${nClasses} and ${nDim}`);
  }
  if (init === 'anchors' && nClasses > nDim) {
    throw new CenterLossError('ERR_OPTION', `init 'anchors' needs nClasses ≤ nDim, got ${nClasses} and ${nDim}`);
  }
}
