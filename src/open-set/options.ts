import {
  CenterLossError,
  type Init as CoreInit,
  type CenterLossOptions as CoreOptions,
  checkChoice,
  checkCount,
  checkFloats,
  checkNumber,
  checkOptions,
  type Floats,
} from '../core.js';
import { asFloats, type Float16Values } from './half.js';
import { type Metric, metricCode } from './metric.js';
import { checkedWeights } from './weights.js';

/** What an excess e = max(d − r, 0) of the distance over the radius costs. */
export type Penalty =
  /** e. */
  | 'hinge'
  /** ½e². */
  | 'half-squared';

/** Where the centers start; also centers [nClasses, nDim] in half precision. */
export type Init = CoreInit | Uint16Array | Float16Values;

export interface CenterLossOptions extends Omit<CoreOptions, 'init' | 'radius'> {
  readonly init?: Init;
  /** Default 'sqeuclidean'. */
  readonly metric?: Metric;
  /** Default 'hinge'. With metric 'euclidean' and reduction 'batch', 'half-squared' is the loss of Wen et al., IJCV 2019. */
  readonly penalty?: Penalty;
  /**
   * r, in units of the metric: rows within it have no loss. A number, or one a class [nClasses]; kept as float32, but
   * for a number where no other new option is used. Default 0.
   */
  readonly radius?: number | Floats;
  /** A weight ≥ 0 for each class [nClasses]. Default: all 1. */
  readonly classWeight?: Floats;
}

const PENALTIES = ['hinge', 'half-squared'] as const satisfies readonly Penalty[];

const NAMES = [
  ...['magnitude', 'radius', 'fixed', 'reduction', 'init', 'seed', 'labels'],
  ...['metric', 'penalty', 'classWeight'],
];

/** As the core has it: see its options. */
const LEAST_RADIUS = -1e30;

/** Options checked and completed, as far as the core does not do so. */
export interface Settings {
  readonly metric: Metric;
  readonly metricCode: number;
  readonly penalty: Penalty;
  readonly penaltyCode: number;
  /** One a class; undefined: the number among the core's options. */
  readonly radii: Float32Array | undefined;
  readonly classWeight: Float32Array | undefined;
  readonly core: CoreOptions;
}

/**
 * Before anything is allocated, but for what half precision takes for a moment.
 * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function checkSettings(nClasses: number, nDim: number, options: CenterLossOptions): Settings {
  checkCount(nClasses, 'nClasses');
  checkCount(nDim, 'nDim');
  checkOptions(options, NAMES);
  const { metric = 'sqeuclidean', penalty = 'hinge', radius = 0, classWeight, init, ...rest } = options;
  checkChoice(penalty, 'penalty', PENALTIES);
  return {
    metric,
    metricCode: metricCode(metric),
    penalty,
    penaltyCode: PENALTIES.indexOf(penalty),
    radii: typeof radius === 'object' ? checkRadii(radius, nClasses) : undefined,
    classWeight: checkedWeights(classWeight, 'classWeight', nClasses, 'classes'),
    core: {
      ...rest,
      ...(typeof radius === 'object' ? {} : { radius }),
      ...(init === undefined
        ? {}
        : { init: typeof init === 'string' ? init : (asFloats(init, 'init') as Float32Array) }),
    },
  };
}

function checkRadii(radii: Floats, nClasses: number): Float32Array {
  checkFloats(radii, 'radius');
  if (radii.length !== nClasses) {
    throw new CenterLossError('ERR_SHAPE', `radius has ${radii.length} values, but there are ${nClasses} classes`);
  }
  const copy = new Float32Array(radii);
  copy.forEach((radius, j) => {
    checkNumber(radius, `radius[${j}]`, (value) => value >= LEAST_RADIUS, 'a number from -1e30 on');
  });
  return copy;
}
