import {
  BYTES,
  checkChoice,
  checkNumber,
  checkOptions,
  checkRowsMatch,
  checkTarget,
  countRows,
  readFloats,
  scratch,
  type Target,
  writeFloats,
} from '../core.js';
import type { CenterLoss } from './center-loss.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import { checkRule, type StepOptions } from './rules.js';
import { crossEntropy, type SoftmaxOptions } from './softmax-cross-entropy.js';

/** Options of the softmax, of how both losses are joined, and of how the centers move. */
export type SoftmaxCenterOptions = SoftmaxOptions &
  StepOptions & {
    /** λ ≥ 0, the weight of the center loss. Default 0.01. */
    readonly lambda?: number;
    /** false leaves the centers where they are. Default true. */
    readonly update?: boolean;
  };

export interface SoftmaxCenterResult {
  /** softmax + λ·center. */
  readonly loss: number;
  readonly softmax: number;
  /** The center loss, without λ. */
  readonly center: number;
  /** ∂loss/∂x [B, nDim], λ included, at the centers before the update. */
  readonly gradX: Float32Array;
  /** ∂loss/∂logits [B, nClasses]. */
  readonly gradLogits: Float32Array;
}

/** See `CenterLoss.softmaxCenter`. */
export function softmaxCenter(
  loss: CenterLoss,
  x: Embeddings,
  logits: Embeddings,
  target: Target,
  options: SoftmaxCenterOptions = {},
): SoftmaxCenterResult {
  // What is no option of the softmax is one of the step, which knows its own.
  checkOptions(options, Object.keys(options ?? {}));
  const { lambda = 0.01, update = true, labelSmoothing, classWeight, sampleWeight, ...ofStep } = options;
  checkNumber(lambda, 'lambda', (value) => value >= 0 && value <= 1e30, 'a number from 0 to 1e30');
  checkChoice(update, 'update', [true, false]);
  const rows = countRows(asFloats(x, 'x'), 'x', loss.nDim, 'nDim');
  checkTarget(target);
  checkRowsMatch(rows, 'x', loss.nDim, target.length);
  const samples = sampleWeight === undefined ? {} : { sampleWeight };
  const stepOptions = { ...ofStep, ...samples } as StepOptions;
  checkRule(stepOptions);
  const softmaxOptions = {
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(classWeight === undefined ? {} : { classWeight }),
    ...samples,
  };
  const { loss: softmax, gradLogits } = crossEntropy(logits, target, loss.nClasses, 'lenient', softmaxOptions);
  const { loss: center, gradX } = update ? loss.step(x, target, stepOptions) : loss.pull(x, target, samples);
  // There is room for it: the call before had more there, so that this can't fail after the centers moved.
  const [gradAt] = scratch('the gradient of both losses', [BYTES * gradX.length]);
  writeFloats(gradX, 0, gradX.length, gradAt);
  const joined = openSet().softmax_center(softmax, center, lambda, gradAt, gradX.length);
  readFloats(gradAt, gradX);
  return { loss: joined, softmax, center, gradX, gradLogits };
}
