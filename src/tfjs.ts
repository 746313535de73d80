/**
 * A loss of this package as a term of a TensorFlow.js loss function.
 * @packageDocumentation
 * @module center-loss/tfjs
 */
import type * as tfjs from '@tensorflow/tfjs-core';
import {
  CenterLoss,
  CenterLossError,
  type DescentOptions,
  type StepOptions,
  type StepResult,
  type Target,
} from './index.js';
import { checkOptions, show } from './validate/checks.js';

// The public types name none of TensorFlow.js, whose own do not compile without skipLibCheck.

/** Part of TensorFlow.js that the bridge calls: pass the `tf` that made the tensors. */
export interface TensorFlow<Scalar> {
  /** Makes a tensor of one number. */
  scalar(value: number): Scalar;
  /** Makes a tensor of numbers. */
  tensor(values: never, shape: never): unknown;
  /** Multiplies two tensors. */
  mul(a: never, b: never): unknown;
  /** Makes a function whose gradient is given. */
  customGrad(f: never): (...inputs: never[]) => unknown;
}

/** Part of a tensor that the bridge reads. */
export interface TfTensor {
  /** Sizes. */
  readonly shape: readonly number[];
  /** Reads the values at once, which not every backend can. */
  dataSync(): Float32Array | Int32Array | Uint8Array;
}

/** Part of a loss that the bridge calls; every loss of this package has it. */
export interface DifferentiableLoss {
  /** D, the width of an embedding. */
  readonly nDim: number;
  /** C, the width of one-hot labels; missing where there is one class. */
  readonly nClasses?: number;
  /** The loss, in a forward pass. */
  evaluate(x: Float32Array, target: Target): number;
  /** ∂loss/∂x [B, nDim], in a backward pass that moves nothing. */
  gradients(x: Float32Array, target: Target): Pick<StepResult, 'gradX'>;
  /** ∂loss/∂x, in a backward pass that then moves what the loss learns; missing where it learns nothing. */
  step?(x: Float32Array, target: Target, options?: object): Pick<StepResult, 'gradX'>;
}

/** Options of a step without weights of its rows: the term has none. */
type WithoutWeights<Options> = Options extends unknown ? Omit<Options, 'sampleWeight'> : never;

/** Options of {@link centerLossTerm}. */
export interface TermOptions {
  /**
   * Move the centers once in each backward pass, by `loss.step`: true for its defaults, or its options, such as
   * `{ rule: 'ema', momentum: 0.9 }` or `{ alpha: 0.5 }`. Default false: nothing moves them but your own call of
   * `loss.step`.
   */
  readonly step?: boolean | WithoutWeights<StepOptions | DescentOptions>;
}

/** A loss as a function of embeddings [B, nDim] and labels that gives a scalar, differentiable in the embeddings. */
export type CenterLossTerm<Scalar> = (x: TfTensor, target: Target | TfTensor) => Scalar;

/**
 * Makes a loss of this package a term of a TensorFlow.js loss function, on any backend that can read a tensor back
 * synchronously (cpu, wasm, webgl, node):
 *
 * ```js
 * const term = centerLossTerm(tf, loss, { step: true });
 * optimizer.minimize(() => {
 *   const x = features(images);
 *   return crossEntropy(labels, logits(x)).add(term(x, labels).mul(lambda));
 * });
 * ```
 *
 * A forward pass computes the value and moves nothing, so that `model.evaluate`, validation and logging leave the centers
 * as they are. TensorFlow.js makes a backward pass only in training (`minimize`, `model.fit`, `variableGrads`); with
 * `step`, it moves the centers. λ weighs the term for the network alone: the centers move by their own rate.
 *
 * Labels are what `loss.evaluate` takes, or a tensor as `model.fit` hands it over: [B] or [B, 1] with the classes, or
 * one-hot [B, nClasses], in which a row of zeros is unknown.
 * @param tf the TensorFlow.js that made the tensors
 * @throws CenterLossError `ERR_OPTION`; when the function is called, `ERR_SHAPE` if x is not a tensor [B, nDim] or the
 * labels have another shape, `ERR_LABEL` for one-hot labels that are not, and all that the loss throws
 */
export function centerLossTerm<Scalar>(
  tf: TensorFlow<Scalar>,
  loss: DifferentiableLoss,
  options: TermOptions = {},
): CenterLossTerm<Scalar> {
  if (typeof tf?.customGrad !== 'function') {
    throw optionError(`tf must be TensorFlow.js, import * as tf from '@tensorflow/tfjs', got ${show(tf)}`);
  }
  if (typeof loss?.gradients !== 'function') {
    throw optionError(`loss must be a loss of this package, such as CenterLoss, got ${show(loss)}`);
  }
  checkOptions(options, ['step']);
  const backward = backwardOf(loss, options);
  const typed = tf as unknown as Pick<typeof tfjs, 'customGrad' | 'mul' | 'scalar' | 'tensor'>;
  return (x, target) => {
    if (!isTensor(x)) throw new CenterLossError('ERR_SHAPE', `x must be a tensor [B, nDim], got ${show(x)}`);
    if (x.shape.length !== 2 || x.shape[1] !== loss.nDim) {
      throw new CenterLossError('ERR_SHAPE', `x has the shape [${x.shape}]; expected [B, nDim = ${loss.nDim}]`);
    }
    const labels = isTensor(target) ? classesOf(target, x.shape[0] as number, loss.nClasses) : target;
    const term = typed.customGrad((...inputs) => {
      const [x, save] = inputs as [tfjs.Tensor, tfjs.GradSaveFunc];
      save([x]);
      return {
        value: typed.scalar(loss.evaluate(valuesOf(x), labels)),
        gradFunc: (dy, saved) => {
          const { gradX } = backward(valuesOf(saved[0] as tfjs.Tensor), labels);
          return typed.mul(dy, typed.tensor(gradX, x.shape));
        },
      };
    });
    return term(x as tfjs.Tensor) as unknown as Scalar;
  };
}

const valuesOf = (x: TfTensor) => x.dataSync() as Float32Array;

/** Backward pass of a loss: ∂loss/∂x; with `step`, the centers have moved after it. */
function backwardOf(loss: DifferentiableLoss, { step = false }: TermOptions): NonNullable<DifferentiableLoss['step']> {
  if (typeof step !== 'boolean' && (typeof step !== 'object' || step === null)) {
    throw optionError(`step must be true, false or the options of loss.step, got ${show(step)}`);
  }
  // The gradient of the centers is not used: in this form its cost does not grow with C.
  if (step === false && loss instanceof CenterLoss) return (x, y) => loss.gradients(x, y, { centers: 'touched' });
  if (step === false) return (x, y) => loss.gradients(x, y);
  if (typeof loss.step !== 'function') throw optionError('step was given, but this loss learns no centers');
  const options = step === true ? {} : { ...step };
  return (x, y) => (loss as Required<DifferentiableLoss>).step(x, y, options);
}

/** Classes of the rows of a tensor of labels. @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL` */
function classesOf(target: TfTensor, rows: number, nClasses = 1): Target {
  const { shape } = target;
  const [count, width = 1] = shape;
  const isOneHot = shape.length === 2 && width === nClasses && width > 1;
  if (count !== rows || shape.length > 2 || !(width === 1 || isOneHot)) {
    const expected = `[${rows}], [${rows}, 1]${nClasses > 1 ? ` or one-hot [${rows}, nClasses = ${nClasses}]` : ''}`;
    throw new CenterLossError('ERR_SHAPE', `target has the shape [${shape}]; expected ${expected}`);
  }
  const values = target.dataSync();
  if (!isOneHot) return values;
  return Array.from({ length: rows }, (_, row) => {
    const ofRow = values.subarray(row * width, (row + 1) * width);
    const label = ofRow.indexOf(1);
    if (ofRow.every((value, i) => value === (i === label ? 1 : 0))) return label;
    throw new CenterLossError(
      'ERR_LABEL',
      `row ${row} of the one-hot target is [${ofRow}]; expected a 1 at its class and 0 elsewhere (all 0: unknown)`,
    );
  });
}

/** Recognizes a tensor by what is used of it: another copy of TensorFlow.js has another class. */
const isTensor = (value: unknown): value is TfTensor =>
  typeof value === 'object' && value !== null && 'dataSync' in value && 'shape' in value;

const optionError = (message: string) => new CenterLossError('ERR_OPTION', message);
