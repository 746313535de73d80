import { type Kind, LARGEST, LEARNABLE, SeparationLoss, type SeparationOptions } from './separation-loss.js';

export interface IslandLossOptions extends SeparationOptions {
  /** λ₁ ≥ 0, the weight of the term of the centers. Default 10. */
  readonly lambda?: number;
}

const KIND: Kind = {
  className: 'IslandLoss',
  code: 3,
  parameter: 'lambda',
  fallback: 10,
  accepts: (value) => value >= 0 && value <= LARGEST,
  range: 'a number from 0 to 1e30',
  defaults: LEARNABLE,
};

/**
 * Island loss: center loss, and a term that turns the centers away from each other,
 *
 *   loss = s · Σ_i w_i·½‖x_i − c_{y_i}‖² + λ₁ · Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1), over all ordered pairs of classes,
 *
 * s by `reduction`, which the second term knows nothing of; in the paper it is 1, `reduction: 'sum'`. A center of 0 has
 * cosine 0 with all others, and no gradient by that term. A center that is not finite makes the loss NaN. O(B·D + C·D).
 *
 * Source: Cai, Meng, Khan, Li, O'Reilly, Tong, "Island Loss for Learning Discriminative Features in Facial Expression
 * Recognition", FG 2018 (arXiv 1710.03144).
 */
export class IslandLoss extends SeparationLoss {
  readonly lambda: number;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers or weights of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: IslandLossOptions = {}) {
    super(KIND, nClasses, nDim, options);
    this.lambda = options.lambda ?? KIND.fallback;
  }
}
