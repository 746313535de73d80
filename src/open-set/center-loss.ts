import {
  Batch,
  type Block,
  Blocks,
  BYTES,
  type CenterGradient,
  CenterGradients,
  CenterLossError,
  CenterLoss as CoreLoss,
  checkChoice,
  checkNumber,
  checkOptions,
  copyFloats,
  disposedError,
  type Floats,
  type GradientForm,
  type Gradients,
  gradientsInPlace,
  kernels,
  type LabelPolicy,
  reductionCode,
  type StepResult,
  stepResult,
  type Target,
  type TouchedRows,
} from '../core.js';
import { distances, predict } from './distances.js';
import type { Embeddings } from './half.js';
import { openSet } from './load.js';
import type { Metric } from './metric.js';
import { argumentsOf, type Operands, operandsOf } from './operands.js';
import { type CenterLossOptions, checkSettings, type Penalty } from './options.js';
import { sortParts } from './radii.js';
import { checkRule, type Rule, type StepOptions } from './rules.js';
import { Sgd } from './sgd.js';
import { type SoftmaxCenterOptions, type SoftmaxCenterResult, softmaxCenter } from './softmax-center.js';
import { UpdateWatch } from './update-watch.js';

export type { StepOptions } from './rules.js';

export interface EvaluateOptions {
  /** A weight ≥ 0 for each row [B]; a row of weight 0 counts as unknown. Default: all 1. */
  readonly sampleWeight?: Floats;
}

export interface GradientsOptions extends EvaluateOptions {
  /** 'dense' (default): all [nClasses, nDim]. 'touched': only the classes in the batch, at no cost that grows with C. */
  readonly centers?: GradientForm;
}

export interface FitRadiusOptions {
  /** The share of the rows of a class that its radius is to hold, 0 … 1. Default 0.95. */
  readonly quantile?: number;
}

type Dense = EvaluateOptions & { readonly centers?: 'dense' };
type Touched = EvaluateOptions & { readonly centers: 'touched' };

/**
 * Center loss in any metric, with radii and weights of classes and rows:
 *
 *   loss = s · Σ_i w_i·ℓ(max(d(x_i, c_{y_i}) − r_{y_i}, 0)) over the known rows (y_i ≥ 0),
 *
 * d by `metric`, ℓ by `penalty`, w_i = classWeight[y_i]·sampleWeight[i], and s by `reduction` with Σ w_i for B. A row of
 * sample weight 0 counts as unknown. Without any of the new options it is the core's loss to the last bit; with them it
 * has no floors nor ceilings.
 *
 * Sources: the core's; Wen et al., "A Comprehensive Study on Center Loss for Deep Face Recognition", IJCV 2019.
 */
export class CenterLoss extends CoreLoss {
  /** r of all classes; NaN where each has its own: see {@link radii}. */
  declare readonly radius: number;
  readonly metric: Metric;
  readonly penalty: Penalty;
  readonly #metricCode: number;
  readonly #penaltyCode: number;
  readonly #reductionCode: number;
  readonly #labels: LabelPolicy;
  /** Whether the core has all that the loss needs, but for weights of rows. */
  #isCore: boolean;
  readonly #blocks = new Blocks();
  readonly #radii: Block<Float32Array<ArrayBuffer>>;
  readonly #classWeight: Block<Float32Array<ArrayBuffer>> | undefined;
  readonly #counts: Block<Int32Array<ArrayBuffer>>;
  readonly #slots: Block<Int32Array<ArrayBuffer>>;
  readonly #sgd = new Sgd();
  readonly #gradCenters: CenterGradients;
  readonly #watch = new UpdateWatch();
  #disposed = false;

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, radii or weights of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: CenterLossOptions = {}) {
    const settings = checkSettings(nClasses, nDim, options);
    super(nClasses, nDim, settings.core);
    const { radii, classWeight } = settings;
    this.metric = settings.metric;
    this.penalty = settings.penalty;
    this.#metricCode = settings.metricCode;
    this.#penaltyCode = settings.penaltyCode;
    this.#reductionCode = reductionCode(this.reduction);
    this.#labels = settings.core.labels ?? 'strict';
    this.#isCore = settings.metricCode === 0 && settings.penaltyCode === 0 && !radii && !classWeight;
    this.#gradCenters = new CenterGradients(nClasses, nDim);
    try {
      const purpose = `what ${nClasses} classes have beside their centers`;
      this.#radii = this.#blocks.floats(nClasses, purpose);
      this.#classWeight = classWeight && this.#blocks.floats(nClasses, purpose);
      this.#counts = this.#blocks.integers(nClasses, purpose);
      this.#slots = this.#blocks.integers(nClasses, purpose);
    } catch (error) {
      super.dispose();
      throw error;
    }
    kernels().init_slots(this.#slots.address, nClasses);
    if (classWeight) this.#classWeight?.view.set(classWeight);
    if (radii) this.#radii.view.set(radii);
    else this.#radii.view.fill(this.radius);
    if (radii) this.#haveOwnRadii();
  }

  /** The radius of each class [nClasses], in units of the metric: a copy. @throws CenterLossError `ERR_DISPOSED` */
  get radii(): Float32Array<ArrayBuffer> {
    this.#checkAlive();
    return this.#radii.view.slice();
  }

  /**
   * How many rows each class has had in the steps so far [nClasses], a copy: what is 0 was never moved. Rows that are
   * too far to move anything do not count; nor does what users do to `centers.params`.
   * @throws CenterLossError `ERR_DISPOSED`
   */
  get updateCounts(): Uint32Array<ArrayBuffer> {
    this.#checkAlive();
    return new Uint32Array(this.#counts.view);
  }

  /**
   * The loss from embeddings in O(B·D).
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  override evaluate(x: Embeddings, target: Target, options?: EvaluateOptions): number;
  override evaluate(batch: Batch, options?: EvaluateOptions): number;
  override evaluate(
    x: Embeddings | Batch,
    targetOrOptions?: Target | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): number {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, EvaluateOptions>('evaluate', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    const at = this.#operands('evaluate', x, target, options.sampleWeight, false, () => []);
    return this.#gradient(at);
  }

  /**
   * The loss with its gradients, ∂loss/∂x [B, nDim] and ∂loss/∂centers. A row within its radius, one that is not finite
   * and one whose gradient is longer than 1e30 has none; nor has one on its center, and a zero vector for 'cosine'.
   *
   * With a `Batch`, the results are views on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link evaluate}
   */
  override gradients(x: Embeddings, target: Target, options: Touched): Gradients<TouchedRows>;
  override gradients(x: Embeddings, target: Target, options?: Dense): Gradients<Float32Array>;
  override gradients(x: Embeddings, target: Target, options: GradientsOptions): Gradients<Float32Array | TouchedRows>;
  override gradients(batch: Batch, options: Touched): Gradients<TouchedRows>;
  override gradients(batch: Batch, options?: Dense): Gradients<Float32Array>;
  override gradients(batch: Batch, options: GradientsOptions): Gradients<Float32Array | TouchedRows>;
  override gradients(
    x: Embeddings | Batch,
    targetOrOptions?: Target | GradientsOptions,
    optionsAfter?: GradientsOptions,
  ): Gradients<Float32Array | TouchedRows> {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, GradientsOptions>('gradients', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['centers', 'sampleWeight']);
    const { centers: form = 'dense', sampleWeight } = options;
    checkChoice(form, 'centers', ['dense', 'touched']);
    const batch = x instanceof Batch ? x : undefined;
    const at = this.#operands('gradients', x, target, sampleWeight, true, this.#sums);
    const gradient = this.fixed ? null : (batch ?? this.#gradCenters).gradientOf(form, at.rows);
    const loss = gradient ? this.#gradients(at, gradient) : this.#gradient(at);
    if (gradient) this.#watch.gradientTaken(this.centers.address, this.nClasses * this.nDim);
    if (batch) return gradientsInPlace(loss, batch, gradient);
    return { loss, gradX: this.#gradX(at), gradCenters: gradient?.copy() ?? null };
  }

  /** @internal The loss and ∂loss/∂x, for who does not want the centers to move: no step is missed here. */
  pull(x: Embeddings, target: Target, { sampleWeight }: EvaluateOptions): StepResult {
    this.#checkAlive();
    const at = this.#operands('gradients', x, target, sampleWeight, true, () => []);
    return { loss: this.#gradient(at), gradX: this.#gradX(at) };
  }

  /**
   * One step of training: the loss and ∂loss/∂x at the centers as they are, then the centers move by a rule.
   *
   * 'wen' (default), 'mean' and 'ema' follow the average of the rows of a class, those within the radius too and
   * whatever their weights, but for a weight of 0; a class without rows stays. With metric 'cosine' that is the average
   * of x/‖x‖. A row at no finite distance, or farther than 1e30, moves nothing. 'sgd' descends the loss itself. Fixed
   * centers stay.
   *
   * With a `Batch`, `gradX` is a view on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link evaluate}
   */
  override step(x: Embeddings, target: Target, options?: StepOptions): StepResult;
  override step(batch: Batch, options?: StepOptions): StepResult;
  override step(x: Embeddings | Batch, targetOrOptions?: Target | StepOptions, optionsAfter?: StepOptions): StepResult {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, StepOptions>('step', x, targetOrOptions, optionsAfter);
    const rule = checkRule(options);
    const at = this.#operands('step', x, target, options.sampleWeight, true, this.#sums);
    return stepResult(x instanceof Batch ? x : undefined, at, this.nDim, () => {
      const loss = this.fixed ? this.#gradient(at) : this.#step(at, rule);
      this.#watch.stepTaken();
      return loss;
    });
  }

  /**
   * Softmax cross-entropy and center loss in one call, what Wen et al. 2016 train with: loss = softmax + λ·center,
   *
   * softmax as {@link softmaxCrossEntropy} with `classWeight`, `sampleWeight` and `labelSmoothing`, center by this loss
   * with `sampleWeight`. Then the centers move by the rule, as in {@link step}, whose rate λ does not touch.
   * @param x rows [B, nDim]
   * @param logits [B, nClasses], of the same rows
   * @param target labels [B], below 0 = unknown; where labels of no class are allowed, the softmax ignores their rows
   * @throws CenterLossError as {@link evaluate}
   */
  softmaxCenter(
    x: Embeddings,
    logits: Embeddings,
    target: Target,
    options?: SoftmaxCenterOptions,
  ): SoftmaxCenterResult {
    this.#checkAlive();
    return softmaxCenter(this, x, logits, target, options);
  }

  /**
   * Gives each class the radius that holds a share of its rows: the smallest of their distances to the center, in units
   * of the metric, that at least this share does not exceed. A class without rows keeps its radius; rows at no finite
   * distance have no say.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @returns the radii [nClasses]
   * @throws CenterLossError as {@link evaluate}
   */
  fitRadius(x: Embeddings, target: Target, options?: FitRadiusOptions): Float32Array<ArrayBuffer>;
  fitRadius(batch: Batch, options?: FitRadiusOptions): Float32Array<ArrayBuffer>;
  fitRadius(
    x: Embeddings | Batch,
    targetOrOptions?: Target | FitRadiusOptions,
    optionsAfter?: FitRadiusOptions,
  ): Float32Array<ArrayBuffer> {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, FitRadiusOptions>('fitRadius', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['quantile']);
    const { quantile = 0.95 } = options;
    checkNumber(quantile, 'quantile', (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
    const { nClasses, nDim, centers } = this;
    const rooms = (rows: number) => [BYTES * rows, BYTES * nClasses, BYTES * rows];
    const at = this.#operands('fitRadius', x, target, undefined, false, rooms);
    const [ofRow = 0, ends = 0, byClass = 0] = at.work;
    const [metric, radii] = [this.#metricCode, this.#radii.address];
    openSet().own_distances(at.x, at.target, at.rows, centers.address, nClasses, nDim, metric, ofRow, ends, byClass);
    sortParts(byClass, at.rows, ends, nClasses);
    openSet().radius_quantiles(byClass, at.rows, ends, nClasses, quantile, radii);
    this.#haveOwnRadii();
    return this.radii;
  }

  /**
   * Distances to all centers in the metric of the loss: see {@link distances}.
   * @param x rows [B, nDim]
   * @param out where to write the result, returned then
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  distances(x: Embeddings, out?: Float32Array): Float32Array {
    return distances(this.centers, x, { metric: this.metric, ...(out === undefined ? {} : { out }) });
  }

  /**
   * The nearest class of each row in the metric of the loss: see {@link predict}.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  predict(x: Embeddings): Int32Array<ArrayBuffer> {
    return predict(this.centers, x, { metric: this.metric });
  }

  /**
   * The core's, from squared distances; only for a loss without any of the new options.
   * @throws CenterLossError as the core's, and `ERR_OPTION`
   */
  override forward(distmat: Floats, target: Target): number {
    this.#checkIsCore('forward');
    return super.forward(distmat, target);
  }

  /**
   * The core's, from squared distances; only for a loss without any of the new options.
   * @throws CenterLossError as the core's, and `ERR_OPTION`
   */
  override backward(distmat: Floats, target: Target, out?: Float32Array): Float32Array {
    this.#checkIsCore('backward');
    return super.backward(distmat, target, out);
  }

  override dispose(): void {
    this.#disposed = true;
    super.dispose();
    this.#blocks.free();
    this.#sgd.free();
    this.#gradCenters.free();
  }

  #haveOwnRadii(): void {
    this.#isCore = false;
    (this as { radius: number }).radius = Number.NaN;
  }

  #operands(
    call: string,
    x: Embeddings | Batch,
    target: Target,
    sampleWeight: Floats | undefined,
    grad: boolean,
    work: (rows: number) => readonly number[],
  ): Operands {
    const { nClasses, nDim } = this;
    const labels = this.#labels;
    return operandsOf(x, target, { call, width: nDim, widthName: 'nDim', nClasses, labels, sampleWeight, grad, work });
  }

  /** Room for the sums of classes. */
  readonly #sums = (rows: number): readonly number[] =>
    this.fixed ? [] : [kernels().workspace_bytes(rows, this.nClasses, this.nDim) >>> 0];

  #gradX(at: Operands): Float32Array {
    return copyFloats(at.grad, at.rows * this.nDim);
  }

  /** Whether the core's kernels know all that this call needs. */
  #isForCore(at: Operands): boolean {
    return this.#isCore && at.sampleWeight === 0;
  }

  /** What all kernels take: of the core … */
  #ofCore(at: Operands) {
    const { centers, nClasses, nDim, radius } = this;
    return [at.x, at.target, at.rows, centers.address, nClasses, nDim, radius, this.#reductionCode, at.grad] as const;
  }

  /** … and of the open-set module, up to ∂loss/∂x. */
  #ofSingle(at: Operands) {
    const { centers, nClasses, nDim } = this;
    return [
      ...([at.x, at.target, at.rows, centers.address, nClasses, nDim] as const),
      ...([this.#metricCode, this.#penaltyCode, this.#reductionCode] as const),
      ...([this.#radii.address, this.#classWeight?.address ?? 0, at.sampleWeight] as const),
    ] as const;
  }

  /** The loss and, if there is room for it, ∂loss/∂x. */
  #gradient(at: Operands): number {
    if (this.#isForCore(at)) return kernels().gradient(...this.#ofCore(at));
    return openSet().single_gradient(...this.#ofSingle(at), at.grad);
  }

  /** The loss, ∂loss/∂x and ∂loss/∂centers. */
  #gradients(at: Operands, gradient: CenterGradient): number {
    const { rows, touched } = gradient.addresses;
    const dense = gradient.form === 'dense' ? 1 : 0;
    const more = [rows, touched, dense, this.#slots.address, at.work[0] ?? 0] as const;
    if (this.#isForCore(at)) return kernels().gradients(...this.#ofCore(at), ...more);
    return openSet().single_gradients(...this.#ofSingle(at), at.grad, ...more);
  }

  /** The loss and ∂loss/∂x; then the centers move. */
  #step(at: Operands, rule: Rule): number {
    if (rule.name === 'sgd') return this.#descend(at, rule);
    const [slots, work] = [this.#slots.address, at.work[0] ?? 0];
    if (this.#isForCore(at) && rule.name === 'wen') {
      this.#count(at);
      return kernels().wen_step(...this.#ofCore(at), rule.rate, slots, work);
    }
    const move = (grad: number) =>
      openSet().single_step(...this.#ofSingle(at), grad, rule.code, rule.rate, this.#counts.address, slots, work);
    if (!this.#isForCore(at)) return move(at.grad);
    const loss = this.#gradient(at);
    move(0);
    return loss;
  }

  #descend(at: Operands, { rate, momentum }: Rule): number {
    const gradient = this.#gradCenters.gradientOf('dense', at.rows);
    const descend = this.#sgd.prepare(this.centers, rate, momentum);
    const loss = this.#gradients(at, gradient);
    this.#count(at);
    descend(gradient.addresses.rows);
    return loss;
  }

  #count(at: Operands): void {
    const { centers, nClasses, nDim } = this;
    const [metric, counts] = [this.#metricCode, this.#counts.address];
    openSet().count_rows(at.x, at.target, at.rows, centers.address, nClasses, nDim, metric, counts);
  }

  #checkIsCore(call: string): void {
    this.#checkAlive();
    if (this.#isCore) return;
    throw new CenterLossError(
      'ERR_OPTION',
      `${call} takes squared distances and one radius, as the reference: a loss with a metric, penalty, radii or weights of its own has evaluate and gradients`,
    );
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError('CenterLoss');
  }
}
