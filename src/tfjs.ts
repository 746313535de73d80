/**
 * A loss of this package as a term of a TensorFlow.js loss function.
 * @packageDocumentation
 * @module center-loss/tfjs
 */
import type * as tfjs from '@tensorflow/tfjs-core';
import { CenterLoss, CenterLossError, type StepResult, type Target } from './index.js';
import { checkAlpha, checkChoice, checkOptions } from './validate/checks.js';

/** Part of TensorFlow.js that the bridge calls: pass the `tf` that made the tensors. */
export type TensorFlow = Pick<typeof tfjs, 'customGrad' | 'mul' | 'scalar' | 'tensor2d'>;

/** Part of a loss that the bridge calls; every loss of this package has it. */
export interface DifferentiableLoss {
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** Computes the loss and ∂loss/∂x. */
  gradients(x: Float32Array, target: Target): StepResult;
  /** Moves what the loss learns; missing where it learns nothing. */
  step?(x: Float32Array, target: Target, options?: object): StepResult;
}

/** Options of {@link centerLossTerm}. */
export interface TermOptions {
  /** Move the centers at each evaluation, by `loss.step`. Default true, if the loss has it; fixed ones stay. */
  readonly update?: boolean;
  /** α, the rate of the centers (see `CenterLoss.step`). Default: that of `loss.step`. */
  readonly alpha?: number;
  /** Other options of `loss.step`: `{ rule: 'ema', momentum: 0.9 }`, `{ learningRate: 0.1 }`, as the loss has them. */
  readonly step?: object;
}

/**
 * Center loss, or any other of this package, as a term of a TensorFlow.js loss function, on any of its backends that can
 * read a tensor back synchronously (cpu, wasm, webgl):
 *
 * ```js
 * const centerTerm = centerLossTerm(tf, loss);
 * optimizer.minimize(() => crossEntropy(x).add(centerTerm(features(x), labels).mul(lambda)));
 * ```
 *
 * The value and ∂loss/∂x come from one pass of the core, by `tf.customGrad`; with `update`, the same pass moves the
 * centers, so that a training loop cannot forget to. λ weighs the term for the network alone: the centers move by α.
 * @param tf the TensorFlow.js that made the tensors: another copy would not know them
 * @returns a function of embeddings [B, nDim] and labels [B] that gives the loss as a scalar, differentiable in x
 * @throws CenterLossError `ERR_OPTION`; when the function is called, `ERR_SHAPE` if x is not [B, nDim], and all that
 * `loss.step` and `loss.gradients` throw
 */
export function centerLossTerm(
  tf: TensorFlow,
  loss: DifferentiableLoss,
  options: TermOptions = {},
): (x: tfjs.Tensor2D, target: Target | tfjs.Tensor1D) => tfjs.Scalar {
  checkOptions(options, ['update', 'alpha', 'step']);
  const { update = loss.step !== undefined, alpha } = options;
  checkChoice(update, 'update', [true, false]);
  if (update && loss.step === undefined) {
    throw new CenterLossError('ERR_OPTION', 'update is true, but this loss has no step, since it learns nothing');
  }
  if (alpha !== undefined) checkAlpha(alpha);
  if (options.step !== undefined && (typeof options.step !== 'object' || options.step === null)) {
    throw new CenterLossError('ERR_OPTION', `step must be an object of options, got ${String(options.step)}`);
  }
  const stepOptions = { ...(alpha === undefined ? {} : { alpha }), ...options.step };
  const pass = (rows: Float32Array, labels: Target) => {
    if (update && loss.step) return loss.step(rows, labels, stepOptions);
    // The gradient of the centers is not used: in this form its cost does not grow with C.
    if (loss instanceof CenterLoss) return loss.gradients(rows, labels, { centers: 'touched' });
    return loss.gradients(rows, labels);
  };
  return (x, target) => {
    checkShape(x.shape, loss.nDim);
    const labels = 'dataSync' in target ? (target.dataSync() as Int32Array) : target;
    const term = tf.customGrad((...inputs) => {
      const [x, save] = inputs as [tfjs.Tensor, tfjs.GradSaveFunc];
      const { loss: value, gradX } = pass(x.dataSync() as Float32Array, labels);
      save([tf.tensor2d(gradX, x.shape as [number, number])]);
      return {
        value: tf.scalar(value),
        gradFunc: (dy, [gradient]) => tf.mul(dy, gradient as tfjs.Tensor),
      };
    });
    return term(x) as tfjs.Scalar;
  };
}

/** Checks the shape, since the number of values alone does not tell it. @throws CenterLossError `ERR_SHAPE` */
function checkShape(shape: readonly number[], nDim: number): void {
  if (shape.length === 2 && shape[1] === nDim) return;
  throw new CenterLossError('ERR_SHAPE', `x has the shape [${shape.join(', ')}]; expected [B, nDim = ${nDim}]`);
}
