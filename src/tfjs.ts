import type * as tfjs from '@tensorflow/tfjs-core';
import { type CenterLoss, CenterLossError, checkAlpha, checkChoice, checkOptions, type Target } from './core.js';

/** The part of TensorFlow.js that the bridge calls: pass the `tf` that made the tensors. */
export type TensorFlow = Pick<typeof tfjs, 'customGrad' | 'mul' | 'scalar' | 'tensor2d'>;

export interface TermOptions {
  /** Move the centers at each evaluation, by `loss.step`. Default true, unless they are fixed. */
  readonly update?: boolean;
  /** α, the rate of the centers (see `CenterLoss.step`). Default 0.5. */
  readonly alpha?: number;
}

/**
 * Center loss as a term of a TensorFlow.js loss function, on any of its backends that can read a tensor back
 * synchronously (cpu, wasm, webgl):
 *
 * ```js
 * const centerTerm = centerLossTerm(tf, loss);
 * optimizer.minimize(() => crossEntropy(x).add(centerTerm(features(x), labels).mul(lambda)));
 * ```
 *
 * The value and ∂loss/∂x come from one pass of our core, by `tf.customGrad`; with `update`, the same pass moves the
 * centers, so that training can't forget to. λ weighs the term for the network alone: the centers move by α.
 * @param tf the TensorFlow.js of the caller, so that there is one only
 * @returns a function of embeddings [B, nDim] and labels [B] that gives the loss as a scalar, differentiable in x
 * @throws CenterLossError `ERR_OPTION`; when the function is called, `ERR_SHAPE` if x is not [B, nDim], and all that
 * `loss.step` and `loss.gradients` throw
 */
export function centerLossTerm(
  tf: TensorFlow,
  loss: CenterLoss,
  options: TermOptions = {},
): (x: tfjs.Tensor2D, target: Target | tfjs.Tensor1D) => tfjs.Scalar {
  checkOptions(options, ['update', 'alpha']);
  const { update = true, alpha = 0.5 } = options;
  checkChoice(update, 'update', [true, false]);
  checkAlpha(alpha);
  return (x, target) => {
    checkShape(x.shape, loss.nDim);
    const labels = 'dataSync' in target ? (target.dataSync() as Int32Array) : target;
    const term = tf.customGrad((...inputs) => {
      const [x, save] = inputs as [tfjs.Tensor, tfjs.GradSaveFunc];
      const rows = x.dataSync() as Float32Array;
      const { loss: value, gradX } = update
        ? loss.step(rows, labels, { alpha })
        : loss.gradients(rows, labels, { centers: 'touched' });
      save([tf.tensor2d(gradX, x.shape as [number, number])]);
      return {
        value: tf.scalar(value),
        gradFunc: (dy, [gradient]) => tf.mul(dy, gradient as tfjs.Tensor),
      };
    });
    return term(x) as tfjs.Scalar;
  };
}

/** The values alone don't tell [B, nDim] from another shape of as many values. */
function checkShape(shape: readonly number[], nDim: number): void {
  if (shape.length === 2 && shape[1] === nDim) return;
  throw new CenterLossError('ERR_SHAPE', `x has the shape [${shape.join(', ')}], but [B, nDim = ${nDim}] is needed`);
}
