import { bytesOfJson } from '../io/saveable.js';
import {
  LEARNABLE,
  loadProxyLoss,
  MAX_PARAMETER,
  ProxyLoss,
  type ProxyLossOptions,
  type ProxyLossSpec,
} from './proxy-loss.js';

/** Options of `IslandLoss`. Defaults: init 'normal', magnitude 1, fixed false, reduction 'batch'. */
export interface IslandLossOptions extends ProxyLossOptions {
  /** λ₁ ≥ 0, the weight of the term of the centers. Default 10. */
  readonly lambda?: number;
}

const SPEC: ProxyLossSpec = {
  className: 'IslandLoss',
  kind: 'Island',
  parameter: 'lambda',
  fallback: 10,
  accepts: (value) => value >= 0 && value <= MAX_PARAMETER,
  range: 'a number from 0 to 1e30',
  defaults: LEARNABLE,
};

/**
 * Island loss: center loss, and a term that turns the centers away from each other,
 *
 *   loss = s · Σ_i w_i·½‖x_i − c_{y_i}‖² + λ₁ · Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1), over all ordered pairs of classes,
 *
 * s by `reduction`, which does not scale the second term; in the paper it is 1, `reduction: 'sum'`. A center of 0 has
 * cosine 0 with all others, and no gradient by that term. A center that is not finite makes the loss NaN. O(B·D + C·D).
 *
 * Source: Cai, Meng, Khan, Li, O'Reilly, Tong, "Island Loss for Learning Discriminative Features in Facial Expression
 * Recognition", FG 2018 (arXiv 1710.03144).
 */
export class IslandLoss extends ProxyLoss {
  /** λ₁, weight of the cosines between centers. */
  readonly lambda: number;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, weights or names of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: IslandLossOptions = {}) {
    super(SPEC, nClasses, nDim, options);
    this.lambda = options.lambda ?? SPEC.fallback;
  }

  /**
   * Reads what `save()` wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): IslandLoss {
    return loadProxyLoss(bytes, SPEC, (nClasses, nDim, options) => new IslandLoss(nClasses, nDim, options));
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): IslandLoss {
    return IslandLoss.load(bytesOfJson(value));
  }
}
