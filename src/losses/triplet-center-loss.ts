import { bytesOfJson } from '../io/saveable.js';
import { CenterLossError } from '../validate/errors.js';
import {
  LEARNABLE,
  loadProxyLoss,
  MAX_PARAMETER,
  ProxyLoss,
  type ProxyLossOptions,
  type ProxyLossSpec,
} from './proxy-loss.js';

/** Options of `TripletCenterLoss`. Defaults: init 'normal', magnitude 1, fixed false, reduction 'batch'. */
export interface TripletCenterLossOptions extends ProxyLossOptions {
  /** m ≥ 0, by how much D_y has to be below the other D. Default 5. */
  readonly margin?: number;
}

const SPEC: ProxyLossSpec = {
  className: 'TripletCenterLoss',
  kind: 'TripletCenter',
  parameter: 'margin',
  fallback: 5,
  accepts: (value) => value >= 0 && value <= MAX_PARAMETER,
  range: 'a number from 0 to 1e30',
  defaults: LEARNABLE,
};

/**
 * Triplet-center loss: the loss of a row is
 *
 *   ℓ = max(0, D_y + m − min_{j≠y} D_j), D_j = ½‖x − c_j‖²,
 *
 * the lowest j among equals, which alone has a gradient beside y; ℓ = 0 has none. The paper sums over the batch, which
 * is `reduction: 'sum'`; the default is the mean.
 *
 * Source: He, Zhou, Zhou, Bai, Bai, "Triplet-Center Loss for Multi-View 3D Object Retrieval", CVPR 2018.
 */
export class TripletCenterLoss extends ProxyLoss {
  /** m, by which the nearest other center must be farther than the own one. */
  readonly margin: number;

  /**
   * @param nClasses C ≥ 2, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, weights or names of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: TripletCenterLossOptions = {}) {
    if (nClasses === 1) {
      throw new CenterLossError('ERR_OPTION', 'nClasses must be at least 2, got 1: a triplet needs another class');
    }
    super(SPEC, nClasses, nDim, options);
    this.margin = options.margin ?? SPEC.fallback;
  }

  /**
   * Reads what `save()` wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): TripletCenterLoss {
    return loadProxyLoss(bytes, SPEC, (nClasses, nDim, options) => new TripletCenterLoss(nClasses, nDim, options));
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): TripletCenterLoss {
    return TripletCenterLoss.load(bytesOfJson(value));
  }
}
