import { scratchBatch } from '../memory/batch.js';
import { readFloats, stable } from '../memory/views.js';
import { lengthOf } from '../validate/arrays.js';
import { asNumbers, checkChoice, checkNumber, checkOptions, type Floats } from '../validate/checks.js';
import { asRows, type Embeddings } from '../validate/embeddings.js';
import { checkOneEach, labelsOf, type Target } from '../validate/labels.js';
import { rowsTrainedOn } from '../validate/trained-rows.js';
import { BatchArray } from '../wasm/bindings.js';
import type { CenterLoss } from './center-loss.js';
import { crossEntropy, type SoftmaxOptions } from './softmax-cross-entropy.js';
import { checkUpdateRule, type StepOptions } from './update-rule.js';

/** Options of the softmax, of how both losses are joined, and of how the centers move. */
export type SoftmaxCenterOptions = Omit<SoftmaxOptions, 'names'> &
  StepOptions & {
    /** λ ≥ 0, the weight of the center loss. Default 0.01. */
    readonly lambda?: number;
    /** false leaves the centers where they are. Default true. */
    readonly update?: boolean;
  };

/** Results of {@link CenterLoss.softmaxCenter}. */
export interface SoftmaxCenterResult {
  /** softmax + λ·center. */
  readonly loss: number;
  /** Softmax cross-entropy alone. */
  readonly softmax: number;
  /** The center loss, without λ. */
  readonly center: number;
  /** ∂loss/∂x [B, nDim], λ included, at the centers before the update. */
  readonly gradX: Float32Array;
  /** ∂loss/∂logits [B, nClasses]. */
  readonly gradLogits: Float32Array;
}

/** Computes `CenterLoss.softmaxCenter`. */
export function softmaxCenter(
  loss: CenterLoss,
  x: Embeddings,
  logits: Embeddings,
  target: Target,
  options: SoftmaxCenterOptions = {},
): SoftmaxCenterResult {
  // Only the type is checked here: the step gets all options that are not of the softmax, and checks their names.
  checkOptions(options, Object.keys(options ?? {}));
  const { lambda = 0.01, update = true, labelSmoothing, classWeight, sampleWeight, ...ofStep } = options;
  checkNumber(lambda, 'lambda', (value) => value >= 0 && value <= 1e30, 'a number from 0 to 1e30');
  checkChoice(update, 'update', [true, false]);
  const values = asRows(x, 'x', loss.nDim);
  const labels = labelsOf(target, 'target', { values, width: loss.nDim });
  const samples = sampleWeight === undefined ? {} : { sampleWeight: asNumbers(sampleWeight, 'sampleWeight') as Floats };
  const stepOptions = { ...ofStep, ...samples } as StepOptions;
  checkUpdateRule(stepOptions);
  const softmaxOptions = {
    names: loss.names,
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(classWeight === undefined ? {} : { classWeight }),
    ...samples,
  };
  const logitValues = asRows(logits, 'logits', loss.nClasses, 'nClasses');
  checkOneEach({ values, width: loss.nDim }, lengthOf(labels));
  const xView = stable(values);
  const { loss: softmax, gradLogits } = crossEntropy(logitValues, labels, loss.nClasses, 'lenient', softmaxOptions);
  const { loss: center, gradX } = update
    ? loss.step(xView(), labels, stepOptions)
    : loss.rowGradients(xView(), labels, samples);
  // The scratch batch still holds ∂center/∂x, so that no allocation can fail once the centers have moved.
  const batch = scratchBatch();
  const joined = batch.join_softmax_center(softmax, center, lambda);
  readFloats(batch.address(BatchArray.Out), gradX);
  if (update) rowsTrainedOn(x);
  return { loss: joined, softmax, center, gradX, gradLogits };
}
