import { bytesOfJson } from '../io/saveable.js';
import { loadProxyLoss, MAX_PARAMETER, ProxyLoss, type ProxyLossOptions, type ProxyLossSpec } from './proxy-loss.js';

/** Options of `CACLoss`. Defaults: init 'anchors', magnitude 10, fixed true, reduction 'batch'. */
export interface CACLossOptions extends ProxyLossOptions {
  /** λ ≥ 0, the weight of the anchor term. Default 0.1. */
  readonly lambda?: number;
}

const SPEC: ProxyLossSpec = {
  className: 'CACLoss',
  kind: 'Cac',
  parameter: 'lambda',
  fallback: 0.1,
  accepts: (value) => value >= 0 && value <= MAX_PARAMETER,
  range: 'a number from 0 to 1e30',
  defaults: { init: 'anchors', magnitude: 10, fixed: true, reduction: 'batch' },
};

/**
 * Class anchor clustering: the loss of a row is
 *
 *   ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, d_j = ‖x − c_j‖ the Euclidean distance, not its square.
 *
 * The tuplet term is the cross-entropy of softmin over the distances; the anchor term pulls to the own center. The centers
 * are anchors, `magnitude` times unit vectors, which stay where they are; with other options they learn. The gradient of
 * a distance of 0 is 0.
 *
 * Anchors on axes take O(nClasses + nDim) for a row. Where the centers are fixed, other classes that together weigh less
 * than 2⁻²⁵ of ℓ and of the length of its gradient count as 0.
 *
 * Source: Miller, Sünderhauf, Milford, Dayoub, "Class Anchor Clustering: A Loss for Distance-based Open Set Recognition",
 * WACV 2021; `CACLoss` of their dimitymiller/cac-openset, which this is with `reduction: 'batch'` (the default). The class
 * of the same name in pytorch-ood 0.4.0 has squared distances, and leaves out the last class instead of the own.
 */
export class CACLoss extends ProxyLoss {
  /** λ, weight of the distance to the own center. */
  readonly lambda: number;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding; at least C for the default `init`
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, weights or names of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: CACLossOptions = {}) {
    super(SPEC, nClasses, nDim, options);
    this.lambda = options.lambda ?? SPEC.fallback;
  }

  /**
   * Reads what `save()` wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): CACLoss {
    return loadProxyLoss(bytes, SPEC, (nClasses, nDim, options) => new CACLoss(nClasses, nDim, options));
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): CACLoss {
    return CACLoss.load(bytesOfJson(value));
  }
}
