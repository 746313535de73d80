import { bytesOfJson } from '../io/saveable.js';
import { checkChoice, checkOptions } from '../validate/checks.js';
import type { Metric } from '../validate/metric.js';
import { CENTERS_OPTIONS } from '../validate/options.js';
import {
  LEARNABLE,
  loadProxyLoss,
  MAX_PARAMETER,
  ProxyLoss,
  type ProxyLossOptions,
  type ProxyLossSpec,
} from './proxy-loss.js';

/** Options of `DistanceCrossEntropyLoss`. Defaults: init 'normal', magnitude 1, fixed false, reduction 'batch'. */
export interface DistanceCrossEntropyLossOptions extends ProxyLossOptions {
  /** T from 1e-30 to 1e30, in units of the distance: a higher one evens the probabilities out. Default 1. */
  readonly temperature?: number;
  /** Distance d. Default 'sqeuclidean'. */
  readonly metric?: Exclude<Metric, 'cosine'>;
}

const SPEC: ProxyLossSpec = {
  className: 'DistanceCrossEntropyLoss',
  kind: 'SquaredDistanceCrossEntropy',
  parameter: 'temperature',
  fallback: 1,
  accepts: (value) => value >= 1e-30 && value <= MAX_PARAMETER,
  range: 'a number from 1e-30 to 1e30',
  metric: 'sqeuclidean',
  defaults: LEARNABLE,
};

/** @throws CenterLossError `ERR_OPTION` */
function specOf(options: DistanceCrossEntropyLossOptions): ProxyLossSpec {
  checkOptions(options, ['temperature', 'metric', ...CENTERS_OPTIONS]);
  const { metric = 'sqeuclidean' } = options;
  checkChoice(metric, 'metric', ['sqeuclidean', 'euclidean']);
  return metric === 'euclidean' ? { ...SPEC, kind: 'DistanceCrossEntropy', metric } : SPEC;
}

/**
 * Distance cross-entropy, the loss of prototypes: the loss of a row is
 *
 *   ℓ = −log p_y = d_y/T + log Σ_j e^(−d_j/T), p = softmin(d/T),
 *
 * d the squared Euclidean distance to each center, or with metric 'euclidean' the distance. So `centers.predictProba(x)`
 * of the loss gives the probabilities at T = 1. Where d_j is 0, the gradient of a Euclidean distance is 0. Distances are
 * float32, which leaves an error of about 10⁻⁷·d/T in ℓ.
 *
 * On rows and centers of length 1 it is the loss of ProxyNCA++. The tuplet term of `CACLoss` is this with metric
 * 'euclidean' and T = 1.
 *
 * Sources: Yang, Zhang, Yin, Liu, "Robust Classification with Convolutional Prototype Learning", CVPR 2018 (their DCE with
 * γ = 1/T); Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017; Teh, DeVries, Taylor,
 * "ProxyNCA++", ECCV 2020.
 */
export class DistanceCrossEntropyLoss extends ProxyLoss {
  /** T, by which distances are divided. */
  readonly temperature: number;
  /** Distance d between a row and a center. */
  readonly metric: Exclude<Metric, 'cosine'>;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, weights or names of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: DistanceCrossEntropyLossOptions = {}) {
    super(specOf(options), nClasses, nDim, options);
    this.temperature = options.temperature ?? SPEC.fallback;
    this.metric = options.metric ?? 'sqeuclidean';
  }

  /**
   * Reads what `save()` wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): DistanceCrossEntropyLoss {
    return loadProxyLoss(bytes, SPEC, (...args) => new DistanceCrossEntropyLoss(...args));
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): DistanceCrossEntropyLoss {
    return DistanceCrossEntropyLoss.load(bytesOfJson(value));
  }
}
