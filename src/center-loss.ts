import { Batch, newBatch } from './batch.js';
import { type CenterGradient, CenterGradients, type GradientForm, type TouchedRows } from './center-gradient.js';
import { checkAlpha, checkChoice, checkNoMore, checkOptions, checkOut, countRows, type Floats } from './check.js';
import { ClassCenters } from './class-centers.js';
import { disposedError, HoldsMemory } from './dispose.js';
import { gradientsInPlace, stepResult } from './in-place.js';
import { initCenters } from './init.js';
import { kernels } from './load.js';
import { Block, copyFloats, hold, newFloats, readFloats } from './memory.js';
import { copyIn, type Expected, inPlace, type Operands } from './operands.js';
import { type CenterLossOptions, checkSettings, type Reduction, reductionCode } from './options.js';
import type { LabelPolicy, Target } from './targets.js';

export interface GradientsOptions {
  /** 'dense' (default): all [nClasses, nDim]. 'touched': only the classes in the batch, at no cost that grows with C. */
  readonly centers?: GradientForm;
}

type Dense = { readonly centers?: 'dense' };
type Touched = { readonly centers: 'touched' };

export interface StepOptions {
  /** 'wen': c ← c − α·Σ(c − x)/(1 + n), Wen et al. 2016. */
  readonly rule?: 'wen';
  /** α ≥ 0, the rate of the centers. Default 0.5. */
  readonly alpha?: number;
}

export interface StepResult {
  readonly loss: number;
  /** ∂loss/∂x [B, nDim], at the centers before the update. */
  readonly gradX: Float32Array;
}

export interface Gradients<CenterGradients> {
  readonly loss: number;
  /** ∂loss/∂x [B, nDim]. */
  readonly gradX: Float32Array;
  /** ∂loss/∂centers; null if the centers are fixed. */
  readonly gradCenters: CenterGradients | null;
}

/**
 * Center loss: pulls each embedding to the center of its class, up to a radius,
 *
 *   loss = w · Σ_i max(‖x_i − c_{y_i}‖² − r, 0) over the known rows (y_i ≥ 0), w by `reduction`.
 *
 * Sources: Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016; the class
 * of the same name in pytorch-ood 0.3.3, whose results `reduction: 'mean'` (the default) gives.
 */
export class CenterLoss extends HoldsMemory {
  readonly nClasses: number;
  readonly nDim: number;
  readonly magnitude: number;
  readonly radius: number;
  readonly fixed: boolean;
  readonly reduction: Reduction;
  readonly centers: ClassCenters;
  readonly #labels: LabelPolicy;
  readonly #reductionCode: number;
  readonly #slots: Block<Int32Array<ArrayBuffer>>;
  readonly #gradCenters: CenterGradients;
  #disposed = false;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers of another size), `ERR_OUT_OF_MEMORY`,
   * `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: CenterLossOptions = {}) {
    super();
    const settings = checkSettings(nClasses, nDim, options);
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.magnitude = settings.magnitude;
    this.radius = settings.radius;
    this.fixed = settings.fixed;
    this.reduction = settings.reduction;
    this.#labels = settings.labels;
    this.#reductionCode = reductionCode(settings.reduction);
    // The centers of another loss are a view, which this one's memory may detach.
    const given = settings.init instanceof Float32Array ? hold(settings.init) : undefined;
    this.centers = new ClassCenters(nClasses, nDim, { fixed: settings.fixed });
    try {
      this.#slots = Block.integers(nClasses, `a table of ${nClasses} classes`);
    } catch (error) {
      this.centers.dispose();
      throw error;
    }
    this.#gradCenters = new CenterGradients(nClasses, nDim);
    kernels().init_slots(this.#slots.address, nClasses);
    initCenters(this.centers, settings, given?.());
  }

  /**
   * The loss from squared distances, as the reference computes it: w · the sum over the known rows' B·C entries of
   * the masked matrix, each clamped to 1e-12 … 1e12 ('wen': Σ max(d − r, 0), without). NaN if a known row holds NaN,
   * or an infinite distance to another class than its own.
   * @param distmat squared distances [B, nClasses]
   * @param target labels [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  forward(distmat: Floats, target: Target): number {
    const at = this.#distmat(distmat, target, 'forward');
    if (at.rows === 0) return 0;
    return kernels().forward(at.x, at.target, at.rows, this.nClasses, this.radius, this.#reductionCode);
  }

  /**
   * ∂loss/∂distmat [B, nClasses]: w at a known row's own class where the loss moves with it, 0 elsewhere (unknown
   * rows, other classes, within the radius, on the clamps, NaN).
   * @param distmat squared distances [B, nClasses]
   * @param target labels [B]
   * @param out where to write the result, returned then; default a new array
   * @throws CenterLossError as {@link forward}
   */
  backward(distmat: Floats, target: Target, out?: Float32Array): Float32Array {
    this.#checkAlive();
    countRows(distmat, 'distmat', this.nClasses, 'nClasses');
    if (out !== undefined) checkOut(out, distmat.length, { distmat, params: this.centers.params });
    const outNow = hold(out ?? newFloats(distmat.length));
    const at = this.#distmat(distmat, target, 'backward');
    if (at.rows > 0) {
      kernels().backward(at.x, at.target, at.rows, this.nClasses, this.radius, this.#reductionCode, at.grad);
    }
    readFloats(at.grad, outNow());
    return outNow();
  }

  /**
   * The loss from embeddings in O(B·D), without a distance matrix; equal to `forward(centers.distances(x), target)`
   * on finite input, floors included, up to rounding.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link forward}
   */
  evaluate(x: Floats, target: Target): number;
  evaluate(batch: Batch): number;
  evaluate(x: Floats | Batch, target?: Target): number {
    if (x instanceof Batch) checkNoMore('evaluate', target);
    return this.#gradient(this.#embeddings(x, target, 'evaluate'));
  }

  /**
   * The loss with its gradients: ∂loss/∂x_i = 2w·(x_i − c_{y_i}) where the loss moves with the row (known, outside
   * the radius, off the clamps), else 0; ∂loss/∂c_j = −Σ ∂loss/∂x_i over the rows of class j.
   *
   * With a `Batch`, the results are views on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link forward}
   */
  gradients(x: Floats, target: Target, options: Touched): Gradients<TouchedRows>;
  gradients(x: Floats, target: Target, options?: Dense): Gradients<Float32Array>;
  gradients(x: Floats, target: Target, options: GradientsOptions): Gradients<Float32Array | TouchedRows>;
  gradients(batch: Batch, options: Touched): Gradients<TouchedRows>;
  gradients(batch: Batch, options?: Dense): Gradients<Float32Array>;
  gradients(batch: Batch, options: GradientsOptions): Gradients<Float32Array | TouchedRows>;
  gradients(
    x: Floats | Batch,
    targetOrOptions?: Target | GradientsOptions,
    optionsAfter?: GradientsOptions,
  ): Gradients<Float32Array | TouchedRows> {
    const batch = x instanceof Batch ? x : undefined;
    if (batch) checkNoMore('gradients', optionsAfter);
    const options = ((batch ? targetOrOptions : optionsAfter) ?? {}) as GradientsOptions;
    checkOptions(options, ['centers']);
    const { centers: form = 'dense' } = options;
    checkChoice(form, 'centers', ['dense', 'touched']);
    const at = this.#embeddings(x, batch ? undefined : (targetOrOptions as Target), 'gradients');
    const gradient = this.fixed ? null : (batch ?? this.#gradCenters).gradientOf(form, at.rows);
    const loss = gradient ? this.#gradients(at, gradient) : this.#gradient(at);
    if (batch) return gradientsInPlace(loss, batch, gradient);
    return { loss, gradX: this.#gradX(at), gradCenters: gradient?.copy() ?? null };
  }

  /**
   * One step of training: the loss and ∂loss/∂x at the centers as they are, then the centers move by Wen's rule,
   * c_j ← c_j − α·Σ(c_j − x_i)/(1 + n_j) over the n_j rows of class j, those within the radius too. A row whose
   * distance is not finite, or more than 1e30, moves nothing. Fixed centers stay.
   *
   * With a `Batch`, `gradX` is a view on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link forward}, and `ERR_OPTION`
   */
  step(x: Floats, target: Target, options?: StepOptions): StepResult;
  step(batch: Batch, options?: StepOptions): StepResult;
  step(x: Floats | Batch, targetOrOptions?: Target | StepOptions, optionsAfter?: StepOptions): StepResult {
    const batch = x instanceof Batch ? x : undefined;
    if (batch) checkNoMore('step', optionsAfter);
    const options = ((batch ? targetOrOptions : optionsAfter) ?? {}) as StepOptions;
    checkOptions(options, ['rule', 'alpha']);
    const { rule = 'wen', alpha = 0.5 } = options;
    checkChoice(rule, 'rule', ['wen']);
    checkAlpha(alpha);
    const at = this.#embeddings(x, batch ? undefined : (targetOrOptions as Target), 'step');
    return stepResult(batch, at, this.nDim, () => (this.fixed ? this.#gradient(at) : this.#wenStep(at, alpha)));
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
    this.#slots.free();
    this.#gradCenters.free();
  }

  #distmat(distmat: Floats, target: Target, call: 'forward' | 'backward'): Operands {
    this.#checkAlive();
    return copyIn(distmat, target, {
      call,
      name: 'distmat',
      width: this.nClasses,
      widthName: 'nClasses',
      nClasses: this.nClasses,
      labels: this.#labels,
      grad: call === 'backward',
      sums: false,
    });
  }

  #embeddings(x: Floats | Batch, target: Target | undefined, call: string): Operands {
    this.#checkAlive();
    const grad = call !== 'evaluate';
    const expected: Expected = {
      call,
      name: 'x',
      width: this.nDim,
      widthName: 'nDim',
      nClasses: this.nClasses,
      labels: this.#labels,
      grad,
      sums: grad && !this.fixed,
    };
    return x instanceof Batch ? inPlace(x, expected) : copyIn(x, target as Target, expected);
  }

  #gradX(at: Operands): Float32Array {
    return copyFloats(at.grad, at.rows * this.nDim);
  }

  /** The loss and, if there is room for it, ∂loss/∂x. */
  #gradient(at: Operands): number {
    const { nClasses, nDim, radius, centers } = this;
    const reduction = this.#reductionCode;
    return kernels().gradient(at.x, at.target, at.rows, centers.address, nClasses, nDim, radius, reduction, at.grad);
  }

  #gradients(at: Operands, gradient: CenterGradient): number {
    const { rows, touched } = gradient.addresses;
    return kernels().gradients(
      at.x,
      at.target,
      at.rows,
      this.centers.address,
      this.nClasses,
      this.nDim,
      this.radius,
      this.#reductionCode,
      at.grad,
      rows,
      touched,
      gradient.form === 'dense' ? 1 : 0,
      this.#slots.address,
      at.work,
    );
  }

  #wenStep(at: Operands, alpha: number): number {
    return kernels().wen_step(
      at.x,
      at.target,
      at.rows,
      this.centers.address,
      this.nClasses,
      this.nDim,
      this.radius,
      this.#reductionCode,
      at.grad,
      alpha,
      this.#slots.address,
      at.work,
    );
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError('CenterLoss');
  }
}
