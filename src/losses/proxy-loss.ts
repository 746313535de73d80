import {
  Batch,
  Block,
  BYTES,
  ClassCenters,
  checkNumber,
  checkOptions,
  checkSettings,
  copyFloats,
  disposedError,
  type Floats,
  type Gradients,
  gradientsInPlace,
  HoldsMemory,
  hold,
  initCenters,
  type LabelPolicy,
  newBatch,
  type Reduction,
  reductionCode,
  type StepResult,
  stepResult,
  type Target,
} from '../core.js';
import type { EvaluateOptions } from './center-loss.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import { argumentsOf, type Operands, operandsOf } from './operands.js';
import type { Init } from './options.js';
import { checkRate } from './rules.js';
import { Sgd } from './sgd.js';
import { checkedWeights } from './weights.js';

/** What all losses that separate classes can be told. */
export interface SeparationOptions {
  /** Where the centers start. */
  readonly init?: Init;
  /** Factor of the initial centers. */
  readonly magnitude?: number;
  /** A whole number ≥ 0: the same seed gives the same centers on every machine. Default 0. */
  readonly seed?: number;
  /** The centers are anchors: no gradient for them, and `step` moves nothing. */
  readonly fixed?: boolean;
  /** 'strict' (default): a label ≥ nClasses or not an integer is an error. 'lenient': it has no class, but counts in B. */
  readonly labels?: LabelPolicy;
  /** How the sum over the rows becomes the loss: Σ/B ('batch', default), Σ/(B·C) ('mean'), Σ/2B ('wen') or Σ ('sum'). */
  readonly reduction?: Reduction;
  /** How much the rows of each class count, finite and ≥ 0 [nClasses]. Default 1 each. */
  readonly classWeight?: Floats;
}

export interface DescentOptions extends EvaluateOptions {
  /** η ≥ 0, the learning rate of the centers. Default 0.5. */
  readonly learningRate?: number;
  /** μ ≥ 0: v ← μ·v + ∂loss/∂c, c ← c − η·v; v is kept from step to step where it is not 0. Default 0. */
  readonly momentum?: number;
}

/** A loss, as the kernels know it, with the one number that it has of its own. */
export interface Kind {
  readonly className: string;
  /** Its number in `crate/src/boundary/open_set/separation.rs`. */
  readonly code: number;
  readonly parameter: string;
  readonly fallback: number;
  readonly accepts: (value: number) => boolean;
  readonly range: string;
  readonly defaults: { readonly init: Init; readonly magnitude: number; readonly fixed: boolean };
}

/** Centers that start as torch.randn's, and learn. */
export const LEARNABLE: Kind['defaults'] = { init: 'normal', magnitude: 1, fixed: false };

/** Far enough inside float64 for squares, and inside float32 for products with gradients. */
export const LARGEST = 1e30;

const OPTIONS = ['init', 'magnitude', 'seed', 'fixed', 'labels', 'reduction', 'classWeight'] as const;

/**
 * What the losses that separate classes have in common: with Σ over the known rows (y_i ≥ 0),
 *
 *   loss = s · Σ_i w_i·ℓ(d_i1, …, d_iC; y_i), d_ij the distance of row i to center j,
 *
 * w_i = classWeight[y_i]·sampleWeight[i], and s by `reduction`, in which Σ w_i stands for B (torch's weighted mean). Without
 * known rows, or where Σ w_i is 0, the loss and its gradients are 0. A known row with a NaN makes the loss NaN; it has
 * gradient 0 and adds nothing to that of the centers. Every ℓ depends on all centers: where one of them is not finite,
 * so may the loss be of all rows.
 */
export abstract class SeparationLoss extends HoldsMemory {
  readonly nClasses: number;
  readonly nDim: number;
  readonly magnitude: number;
  readonly fixed: boolean;
  readonly reduction: Reduction;
  readonly centers: ClassCenters;
  readonly #kind: Kind;
  readonly #parameter: number;
  readonly #labels: LabelPolicy;
  readonly #classWeight: Block<Float32Array<ArrayBuffer>> | undefined;
  readonly #sgd = new Sgd();
  #disposed = false;

  /** @internal */
  protected constructor(kind: Kind, nClasses: number, nDim: number, options: SeparationOptions) {
    super();
    checkOptions(options, [kind.parameter, ...OPTIONS]);
    const { magnitude, fixed } = kind.defaults;
    const { init = kind.defaults.init } = options;
    const settings = checkSettings(nClasses, nDim, {
      init: typeof init === 'string' ? init : (asFloats(init, 'init') as Float32Array),
      magnitude: options.magnitude ?? magnitude,
      fixed: options.fixed ?? fixed,
      reduction: options.reduction ?? 'batch',
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.labels === undefined ? {} : { labels: options.labels }),
    });
    const classWeight = checkedWeights(options.classWeight, 'classWeight', nClasses, 'classes');
    const parameter = (options as Record<string, number | undefined>)[kind.parameter] ?? kind.fallback;
    checkNumber(parameter, kind.parameter, kind.accepts, kind.range);
    this.#kind = kind;
    this.#parameter = parameter;
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.magnitude = settings.magnitude;
    this.fixed = settings.fixed;
    this.reduction = settings.reduction;
    this.#labels = settings.labels;
    // It may be a view on the memory that may grow now.
    const given = settings.init instanceof Float32Array ? hold(settings.init) : undefined;
    this.centers = new ClassCenters(nClasses, nDim, { fixed: settings.fixed });
    try {
      this.#classWeight = classWeight && Block.floats(nClasses, `weights of ${nClasses} classes`);
    } catch (error) {
      this.centers.dispose();
      throw error;
    }
    initCenters(this.centers, settings, given?.());
    if (classWeight) this.#classWeight?.view.set(classWeight);
  }

  /**
   * The loss.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  evaluate(x: Embeddings, target: Target, options?: EvaluateOptions): number;
  evaluate(batch: Batch, options?: EvaluateOptions): number;
  evaluate(x: Embeddings | Batch, targetOrOptions?: Target | EvaluateOptions, optionsAfter?: EvaluateOptions): number {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, EvaluateOptions>('evaluate', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    return this.#run(this.#operands('evaluate', x, target, options, false), 0);
  }

  /**
   * The loss with its gradients, ∂loss/∂x [B, nDim] and ∂loss/∂centers [nClasses, nDim], null if the centers are fixed.
   *
   * With a `Batch`, the results are views on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError as {@link evaluate}
   */
  gradients(x: Embeddings, target: Target, options?: EvaluateOptions): Gradients<Float32Array>;
  gradients(batch: Batch, options?: EvaluateOptions): Gradients<Float32Array>;
  gradients(
    x: Embeddings | Batch,
    targetOrOptions?: Target | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): Gradients<Float32Array> {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, EvaluateOptions>('gradients', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    const at = this.#operands('gradients', x, target, options, true);
    if (x instanceof Batch) {
      const gradient = this.fixed ? null : x.gradientOf('dense');
      return gradientsInPlace(this.#run(at, gradient?.addresses.rows ?? 0), x, gradient);
    }
    const gradCenters = at.work[1];
    const loss = this.#run(at, gradCenters);
    return {
      loss,
      gradX: copyFloats(at.grad, at.rows * this.nDim),
      gradCenters: this.fixed ? null : copyFloats(gradCenters, this.nClasses * this.nDim),
    };
  }

  /**
   * One step of training: the loss and ∂loss/∂x at the centers as they are, then the centers move as by
   * `torch.optim.SGD`. Their velocity is kept from step to step, once there was one with momentum. Fixed centers stay.
   *
   * With a `Batch`, `gradX` is a view on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError as {@link evaluate}
   */
  step(x: Embeddings, target: Target, options?: DescentOptions): StepResult;
  step(batch: Batch, options?: DescentOptions): StepResult;
  step(x: Embeddings | Batch, targetOrOptions?: Target | DescentOptions, optionsAfter?: DescentOptions): StepResult {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, DescentOptions>('step', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight', 'learningRate', 'momentum']);
    const { learningRate = 0.5, momentum = 0 } = options;
    checkRate(learningRate, 'learningRate');
    checkRate(momentum, 'momentum');
    const at = this.#operands('step', x, target, options, true);
    const descend = this.fixed ? undefined : this.#sgd.prepare(this.centers, learningRate, momentum);
    const gradCenters = at.work[1];
    return stepResult(x instanceof Batch ? x : undefined, at, this.nDim, () => {
      const loss = this.#run(at, gradCenters);
      descend?.(gradCenters);
      return loss;
    });
  }

  /**
   * Rows in WebAssembly memory, to pass in place of x and target.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number): Batch {
    this.#checkAlive();
    return newBatch(rows, this.nClasses, this.nDim);
  }

  /** Frees the memory of the loss and of its centers; batches have a `dispose` of their own. */
  dispose(): void {
    this.#disposed = true;
    this.centers.dispose();
    this.#classWeight?.free();
    this.#sgd.free();
  }

  #operands(
    call: string,
    x: Embeddings | Batch,
    target: Target,
    { sampleWeight }: EvaluateOptions,
    grad: boolean,
  ): Operands<readonly [work: number, gradCenters: number]> {
    const { nClasses, nDim } = this;
    return operandsOf(x, target, {
      call,
      width: nDim,
      widthName: 'nDim',
      nClasses,
      labels: this.#labels,
      sampleWeight,
      grad,
      work: (rows) => [
        openSet().separation_workspace_bytes(rows, nClasses, nDim) >>> 0,
        grad && !this.fixed ? BYTES * nClasses * nDim : 0,
      ],
    });
  }

  /** The loss, ∂loss/∂x if there is room for it, and ∂loss/∂centers if there is and they learn. */
  #run(at: Operands<readonly [number, number]>, gradCenters: number): number {
    return openSet().separation(
      this.#kind.code,
      this.#parameter,
      at.x,
      at.target,
      at.rows,
      this.centers.address,
      this.nClasses,
      this.nDim,
      reductionCode(this.reduction),
      this.#classWeight?.address ?? 0,
      at.sampleWeight,
      at.grad,
      this.fixed ? 0 : gradCenters,
      at.work[0],
    );
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError(this.#kind.className);
  }
}
