import { reserveArray } from '../memory/batch.js';
import { takeInputs } from '../memory/inputs.js';
import { copyFloats, writeFloats } from '../memory/views.js';
import { checkCount, checkNumber, checkOptions, type Floats } from '../validate/checks.js';
import type { Embeddings } from '../validate/embeddings.js';
import type { LabelPolicy, Target } from '../validate/labels.js';
import { checkNames } from '../validate/names.js';
import { copyOfWeights } from '../validate/weights.js';
import { BatchArray, CrossEntropy, type Batch as RustBatch } from '../wasm/bindings.js';
import { copyGradX, type OutOption, takeOut } from './results.js';

/** Options of {@link softmaxCrossEntropy}. */
export interface SoftmaxOptions {
  /** ε from 0 to 1: this part of the target goes to all classes alike. Default 0. */
  readonly labelSmoothing?: number;
  /** Weight ≥ 0 of each class [nClasses]. Default all 1. */
  readonly classWeight?: Floats;
  /** Weight ≥ 0 of each row [B]; a row of weight 0 counts as unknown. Default all 1. */
  readonly sampleWeight?: Floats;
  /** Names of the classes [nClasses], needed if labels are names. */
  readonly names?: readonly string[] | undefined;
}

/** Loss and its gradient. */
export interface SoftmaxResult {
  /** Value of the loss. */
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
 * with unknown rows (y < 0) as its `ignore_index`. Exact for logits of any size. It is 0 where the divisor is 0. A
 * known row with NaN or +∞ makes the loss NaN and has gradient 0; −∞ gives its class the probability 0.
 * @param logits [B, nClasses]
 * @param target labels [B], below 0 = unknown
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
 */
export function softmaxCrossEntropy(
  logits: Embeddings,
  target: Target,
  nClasses: number,
  options: SoftmaxOptions & OutOption<'gradLogits'> = {},
): SoftmaxResult {
  return crossEntropy(logits, target, nClasses, 'strict', options);
}

/**
 * Softmax cross-entropy of each row [B], s_i·[(1 − ε)·w_{y_i}·(−log p_{i,y_i}) + ε/C·Σ_k w_k·(−log p_ik)]: that of
 * `torch.nn.CrossEntropyLoss(weight, reduction='none', label_smoothing)`, 0 for unknown rows.
 * @param logits [B, nClasses]
 * @param target labels [B], below 0 = unknown
 * @throws CenterLossError as {@link softmaxCrossEntropy}
 */
export function softmaxCrossEntropyPerRow(
  logits: Embeddings,
  target: Target,
  nClasses: number,
  options: SoftmaxOptions = {},
): Float32Array<ArrayBuffer> {
  const call = 'softmaxCrossEntropyPerRow';
  checkCount(nClasses, 'nClasses');
  checkOptions(options, SOFTMAX_OPTIONS);
  const { labelSmoothing, classWeight } = checkSoftmaxOptions(options, nClasses);
  const { sampleWeight } = options;
  const names = checkNames(options.names, nClasses);
  const labels = 'strict' as const;
  const spec = { call, ...naming(nClasses), nClasses, names, labels, sampleWeight, outWidth: nClasses };
  const { batch, rows } = takeInputs(logits, target, spec);
  // Rust reads the weights of the classes, and writes the losses after them.
  const address = reserveArray(batch, BatchArray.Parameters, nClasses + rows, call);
  if (classWeight) writeFloats(classWeight, 0, nClasses, address);
  batch.cross_entropy(nClasses, labelSmoothing, classWeight !== undefined, CrossEntropy.PerRow);
  return copyFloats(address + nClasses * Float32Array.BYTES_PER_ELEMENT, rows);
}

const SOFTMAX_OPTIONS = ['labelSmoothing', 'classWeight', 'sampleWeight', 'names'];

const naming = (nClasses: number) => ({ name: 'logits', width: nClasses, widthName: 'nClasses' });

/** @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY` */
export function checkSoftmaxOptions(
  options: SoftmaxOptions,
  nClasses: number,
): { readonly labelSmoothing: number; readonly classWeight: Float32Array | undefined } {
  checkOptions(options, [...SOFTMAX_OPTIONS, 'out']);
  const { labelSmoothing = 0 } = options;
  checkNumber(labelSmoothing, 'labelSmoothing', (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
  return { labelSmoothing, classWeight: copyOfWeights(options.classWeight, 'classWeight', nClasses, 'classes') };
}

/** Writes the weights of the classes to a batch. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function writeClassWeight(batch: RustBatch, classWeight: Float32Array | undefined, call: string): void {
  if (!classWeight) return;
  const { length } = classWeight;
  writeFloats(classWeight, 0, length, reserveArray(batch, BatchArray.Parameters, length, call));
}

/** Computes {@link softmaxCrossEntropy}; where labels of no class are allowed, they count as unknown. */
export function crossEntropy(
  logits: Embeddings,
  target: Target,
  nClasses: number,
  labels: LabelPolicy,
  options: SoftmaxOptions & OutOption<'gradLogits'>,
): SoftmaxResult {
  checkCount(nClasses, 'nClasses');
  const { labelSmoothing, classWeight } = checkSoftmaxOptions(options, nClasses);
  const { sampleWeight, out } = options;
  const names = checkNames(options.names, nClasses);
  const call = 'softmaxCrossEntropy';
  const taken = takeOut(call, out, logits, target, naming(nClasses), { gradLogits: (rows) => rows * nClasses });
  const { x, to } = taken;
  const spec = { call, ...naming(nClasses), nClasses, names, labels, sampleWeight, outWidth: nClasses };
  const inputs = takeInputs(x, taken.target, spec);
  const { batch } = inputs;
  writeClassWeight(batch, classWeight, call);
  const loss = batch.cross_entropy(nClasses, labelSmoothing, classWeight !== undefined, CrossEntropy.Alone);
  return { loss, gradLogits: copyGradX(inputs, nClasses, to.gradLogits) };
}
