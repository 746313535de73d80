import { bytesOfJson } from '../io/saveable.js';
import {
  LEARNABLE,
  loadProxyLoss,
  MAX_PARAMETER,
  ProxyLoss,
  type ProxyLossOptions,
  type ProxyLossSpec,
} from './proxy-loss.js';

/** Options of `ContrastiveCenterLoss`. Defaults: init 'normal', magnitude 1, fixed false, reduction 'batch'. */
export interface ContrastiveCenterLossOptions extends ProxyLossOptions {
  /** δ > 0, which keeps the quotient finite. Default 1. */
  readonly delta?: number;
}

const SPEC: ProxyLossSpec = {
  className: 'ContrastiveCenterLoss',
  kind: 'ContrastiveCenter',
  parameter: 'delta',
  fallback: 1,
  accepts: (value) => value >= 1 / MAX_PARAMETER && value <= MAX_PARAMETER,
  range: 'a number from 1e-30 to 1e30',
  defaults: LEARNABLE,
};

/**
 * Contrastive-center loss: the loss of a row is
 *
 *   ℓ = ½ · d_y / (Σ_{j≠y} d_j + δ), d_j = ‖x − c_j‖².
 *
 * The paper sums over the batch, which is `reduction: 'sum'`; the default is the mean.
 *
 * Source: Qi, Su, "Contrastive-center loss for deep neural networks", ICIP 2017 (arXiv 1707.07391), eq. 3.
 */
export class ContrastiveCenterLoss extends ProxyLoss {
  /** δ, added to the sum of the distances to the other centers. */
  readonly delta: number;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, weights or names of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: ContrastiveCenterLossOptions = {}) {
    super(SPEC, nClasses, nDim, options);
    this.delta = options.delta ?? SPEC.fallback;
  }

  /**
   * Reads what `save()` wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): ContrastiveCenterLoss {
    return loadProxyLoss(bytes, SPEC, (nClasses, nDim, options) => new ContrastiveCenterLoss(nClasses, nDim, options));
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): ContrastiveCenterLoss {
    return ContrastiveCenterLoss.load(bytesOfJson(value));
  }
}
