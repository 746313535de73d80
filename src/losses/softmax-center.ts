import { type Batch, scratchBatch } from '../memory/batch.js';
import { readFloats, stable } from '../memory/views.js';
import { lengthOf } from '../validate/arrays.js';
import {
  asNumbers,
  checkBatchFits,
  checkChoice,
  checkNoMore,
  checkNumber,
  checkOptions,
  type Floats,
} from '../validate/checks.js';
import { asRows, type Embeddings } from '../validate/embeddings.js';
import { checkOneEach, labelsOf, type Target } from '../validate/labels.js';
import { rowsTrainedOn } from '../validate/trained-rows.js';
import { BatchArray, CrossEntropy } from '../wasm/bindings.js';
import type { CenterLoss } from './center-loss.js';
import { type Out, type OutOption, takeOut } from './results.js';
import { checkSoftmaxOptions, crossEntropy, type SoftmaxOptions, writeClassWeight } from './softmax-cross-entropy.js';
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

/** Options, sorted by what they are for. */
interface Settings {
  readonly lambda: number;
  readonly update: boolean;
  readonly softmax: SoftmaxOptions;
  readonly step: StepOptions;
  readonly samples: { readonly sampleWeight?: Floats };
  readonly out: Out<'gradX' | 'gradLogits'> | undefined;
}

/** @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` */
function checkSettings(
  options: SoftmaxCenterOptions & OutOption<'gradX' | 'gradLogits'>,
  names: readonly string[] | undefined,
): Settings {
  // Only the type is checked here: the step gets all options that are not of the softmax, and checks their names.
  checkOptions(options, Object.keys(options ?? {}));
  const { lambda = 0.01, update = true, labelSmoothing, classWeight, sampleWeight, out, ...ofStep } = options;
  checkNumber(lambda, 'lambda', (value) => value >= 0 && value <= 1e30, 'a number from 0 to 1e30');
  checkChoice(update, 'update', [true, false]);
  const samples = sampleWeight === undefined ? {} : { sampleWeight: asNumbers(sampleWeight, 'sampleWeight') as Floats };
  const step = { ...ofStep, ...samples } as StepOptions;
  checkUpdateRule(step);
  const softmax = {
    names,
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(classWeight === undefined ? {} : { classWeight }),
    ...samples,
  };
  return { lambda, update, softmax, step, samples, out };
}

/** Computes `CenterLoss.softmaxCenter` of copied rows. */
export function softmaxCenter(
  loss: CenterLoss,
  x: Embeddings,
  logits: Embeddings,
  target: Target,
  options: SoftmaxCenterOptions & OutOption<'gradX' | 'gradLogits'> = {},
): SoftmaxCenterResult {
  const { nClasses, nDim } = loss;
  const { lambda, update, softmax: softmaxOptions, step, samples, out } = checkSettings(options, loss.names);
  const values = asRows(x, 'x', nDim);
  const labels = labelsOf(target, 'target', { values, width: nDim });
  const logitValues = asRows(logits, 'logits', nClasses, 'nClasses');
  checkOneEach({ values, width: nDim }, lengthOf(labels));
  const xView = stable(values);
  const lengths = { gradX: (rows: number) => rows * nDim, gradLogits: (rows: number) => rows * nClasses };
  const operands = { logits: logitValues, params: loss.centers.params };
  const { to } = takeOut('softmaxCenter', out, values, labels, { width: nDim }, lengths, operands);
  const { loss: softmax, gradLogits } = crossEntropy(logitValues, labels, nClasses, 'lenient', {
    ...softmaxOptions,
    out: { gradLogits: to.gradLogits?.() },
  });
  const { loss: center, gradX } = update
    ? loss.step(xView(), labels, { ...step, out: { gradX: to.gradX?.() } })
    : loss.rowGradients(xView(), labels, samples, to.gradX);
  // The scratch batch still holds ∂center/∂x, so that no allocation can fail once the centers have moved.
  const batch = scratchBatch();
  const joined = batch.join_softmax_center(softmax, center, lambda);
  const result = { gradX: to.gradX?.() ?? gradX, gradLogits: to.gradLogits?.() ?? gradLogits };
  readFloats(batch.address(BatchArray.Out), result.gradX);
  if (update) rowsTrainedOn(x);
  return { loss: joined, softmax, center, ...result };
}

/** Computes `CenterLoss.softmaxCenter` of a batch with logits. */
export function softmaxCenterInPlace(
  loss: CenterLoss,
  batch: Batch,
  options: SoftmaxCenterOptions = {},
): SoftmaxCenterResult {
  const call = 'softmaxCenter';
  const { lambda, update, softmax: softmaxOptions, step, samples, out } = checkSettings(options, loss.names);
  checkNoMore(call, out, 'out: the batch holds the results');
  const { nClasses, nDim } = loss;
  checkBatchFits(batch, nClasses, nDim);
  const { labelSmoothing, classWeight } = checkSoftmaxOptions(softmaxOptions, nClasses);
  // A batch without logits, or one that was disposed of, says so before anything has changed.
  batch.logits;
  const { rust } = batch;
  writeClassWeight(rust, classWeight, call);
  const { loss: center } = update ? loss.step(batch, step) : loss.rowGradients(batch, [], samples);
  // Nothing can fail from here on.
  const softmax = rust.cross_entropy(nClasses, labelSmoothing, classWeight !== undefined, CrossEntropy.BesideX);
  return {
    loss: rust.join_softmax_center(softmax, center, lambda),
    softmax,
    center,
    get gradX() {
      return batch.gradX;
    },
    get gradLogits() {
      return batch.gradLogits;
    },
  };
}
