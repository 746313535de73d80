import {
  BYTES,
  checkCount,
  checkNumber,
  checkOptions,
  copyFloats,
  type Floats,
  type LabelPolicy,
  type Target,
  writeFloats,
} from '../core.js';
import type { Embeddings } from './half.js';
import { openSet } from './load.js';
import { operandsOf } from './operands.js';
import { checkedWeights } from './weights.js';

export interface SoftmaxOptions {
  /** ε from 0 to 1: this part of the target goes to all classes alike. Default 0. */
  readonly labelSmoothing?: number;
  /** How much each class counts, finite and ≥ 0 [nClasses]. Default 1 each. */
  readonly classWeight?: Floats;
  /** How much each row counts, finite and ≥ 0 [B]: one of weight 0 counts as unknown. Default 1 each. */
  readonly sampleWeight?: Floats;
}

export interface SoftmaxResult {
  readonly loss: number;
  /** ∂loss/∂logits [B, nClasses]. */
  readonly gradLogits: Float32Array;
}

/**
 * Softmax cross-entropy of logits, the weighted mean over the known rows,
 *
 *   loss = Σ_i s_i·[(1 − ε)·w_{y_i}·(−log p_{i,y_i}) + ε/C·Σ_k w_k·(−log p_ik)] / Σ_i s_i·w_{y_i}, p = softmax(logits),
 *
 * s the sample weights, w the class weights, ε the label smoothing: `torch.nn.CrossEntropyLoss(weight, label_smoothing)`
 * with unknown rows (y < 0) as its `ignore_index`. Exact for logits of any size. 0 where the divisor is. A known row with
 * NaN or +∞ makes the loss NaN and has gradient 0; −∞ is a class that can't be.
 * @param logits [B, nClasses]
 * @param target labels [B], below 0 = unknown
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
 */
export function softmaxCrossEntropy(
  logits: Embeddings,
  target: Target,
  nClasses: number,
  options: SoftmaxOptions = {},
): SoftmaxResult {
  return crossEntropy(logits, target, nClasses, 'strict', options);
}

/** As {@link softmaxCrossEntropy}; a label of no class is, where it is allowed, unknown. */
export function crossEntropy(
  logits: Embeddings,
  target: Target,
  nClasses: number,
  labels: LabelPolicy,
  options: SoftmaxOptions,
): SoftmaxResult {
  checkCount(nClasses, 'nClasses');
  checkOptions(options, ['labelSmoothing', 'classWeight', 'sampleWeight']);
  const { labelSmoothing = 0, sampleWeight } = options;
  checkNumber(labelSmoothing, 'labelSmoothing', (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
  const classWeight = checkedWeights(options.classWeight, 'classWeight', nClasses, 'classes');
  const at = operandsOf(logits, target, {
    call: 'softmaxCrossEntropy',
    name: 'logits',
    width: nClasses,
    widthName: 'nClasses',
    nClasses,
    labels,
    sampleWeight,
    grad: true,
    work: () => [BYTES * nClasses],
  });
  const [weightAt] = at.work;
  if (classWeight) writeFloats(classWeight, 0, nClasses, weightAt);
  const weight = classWeight ? weightAt : 0;
  const loss = openSet().cross_entropy(
    at.x,
    at.target,
    at.rows,
    nClasses,
    weight,
    at.sampleWeight,
    labelSmoothing,
    at.grad,
  );
  return { loss, gradLogits: copyFloats(at.grad, at.rows * nClasses) };
}
