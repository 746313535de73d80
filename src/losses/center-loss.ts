import type { ClassCenters } from '../centers/class-centers.js';
import { createLossCenters, perClass } from '../centers/init.js';
import { sortRadii } from '../detect/radii.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, limitTensor, listTensor, restored, SavedObject } from '../io/saved-object.js';
import { Batch, type BatchOptions, prepare } from '../memory/batch.js';
import { disposedError } from '../memory/dispose.js';
import { type Inputs, splitArguments, takeInputs } from '../memory/inputs.js';
import { copyFloats, integerView, newFloats, readFloats, stable } from '../memory/views.js';
import { lengthOf } from '../validate/arrays.js';
import { checkChoice, checkNoMore, checkNumber, checkOptions, checkOut, type Floats } from '../validate/checks.js';
import { asRows, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import { isList, type LabelPolicy, labelsOf, type Target } from '../validate/labels.js';
import { type Metric, rustMetric } from '../validate/metric.js';
import {
  type CenterLossOptions,
  checkCenterLossOptions,
  type Penalty,
  type Reduction,
  rustPenalty,
  rustReduction,
} from '../validate/options.js';
import { rowsTrainedOn, warnIfTrainedOn } from '../validate/trained-rows.js';
import {
  BatchArray,
  CentersArray,
  type Centers as RustCenters,
  Gradients as RustGradients,
  Work,
} from '../wasm/bindings.js';
import {
  copyCenterGradient,
  copyGradX,
  type GradientForm,
  type Gradients,
  gradientsInPlace,
  type OutOption,
  type StepResult,
  stepInPlace,
  stepResult,
  type TouchedRows,
  takeGradientsOut,
} from './results.js';
import { readLoss } from './saved-loss.js';
import {
  type SoftmaxCenterOptions,
  type SoftmaxCenterResult,
  softmaxCenter,
  softmaxCenterInPlace,
} from './softmax-center.js';
import { UnmovedCentersWarning } from './unmoved-centers.js';
import { averagingRule, checkUpdateRule, descent, type StepOptions, type UpdateRule } from './update-rule.js';

/** Options of a value that is computed from rows. */
export interface EvaluateOptions {
  /** Weight ≥ 0 of each row [B]; a row of weight 0 counts as unknown. Default all 1. */
  readonly sampleWeight?: Floats;
}

/** Options of {@link CenterLoss.gradients}. */
export interface GradientsOptions extends EvaluateOptions, OutOption {
  /** 'dense' (default): all [nClasses, nDim]. 'touched': only the classes in the batch, at no cost that grows with C. */
  readonly centers?: GradientForm;
}

/** Options of {@link CenterLoss.fitRadius}. */
export interface FitRadiusOptions {
  /** Share of the rows of a class that its radius holds, 0 … 1. Default 0.95. */
  readonly quantile?: number;
}

/** Options for the gradient of all centers. */
type Dense = EvaluateOptions & OutOption & { readonly centers?: 'dense' };
/** Options for the gradient of the centers of the classes that occur. */
type Touched = EvaluateOptions & OutOption<'gradX'> & { readonly centers: 'touched' };

/**
 * Center loss: pulls each embedding to the center of its class, up to a radius,
 *
 *   loss = s · Σ_i w_i·ℓ(max(d(x_i, c_{y_i}) − r_{y_i}, 0)) over the known rows (y_i ≥ 0),
 *
 * d by `metric`, ℓ by `penalty`, w_i = classWeight[y_i]·sampleWeight[i], and s by `reduction` with Σ w_i for B. A row of
 * sample weight 0 counts as unknown.
 *
 * With squared distances, penalty 'hinge', one radius and no weights (the defaults) the entries of the sum have the floors
 * and ceilings of the reference, 1e-12 … 1e12 (not with reduction 'wen'), and `reduction: 'mean'` gives the results of
 * pytorch-ood.
 *
 * Sources: Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016; Wen et al., "A
 * Comprehensive Study on Center Loss for Deep Face Recognition", IJCV 2019; `CenterLoss` of pytorch-ood 0.4.0.
 */
export class CenterLoss extends Saveable {
  /** Number of classes, C. */
  readonly nClasses: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** Factor that the initial centers were multiplied by. */
  readonly magnitude: number;
  /** True if `step` leaves the centers where they are. */
  readonly fixed: boolean;
  /** Rule by which losses of rows become one number. */
  readonly reduction: Reduction;
  /** Distance d between a row and a center. */
  readonly metric: Metric;
  /** Loss of a row as a function of its distance. */
  readonly penalty: Penalty;
  /** Names of the classes, if they have any. */
  readonly names: readonly string[] | undefined;
  /** Centers of the classes. */
  readonly centers: ClassCenters;
  private _radius: number;
  private readonly _labels: LabelPolicy;
  private readonly _weighted: boolean;
  private _disposed = false;
  private readonly _warning = new UnmovedCentersWarning();

  /**
   * @param nClasses C, the number of classes
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (initial centers, radii, weights or names of another size),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: CenterLossOptions = {}) {
    super();
    const settings = checkCenterLossOptions(nClasses, nDim, options);
    const { metric, penalty, reduction, radius, classWeight, fixed, names } = settings;
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.magnitude = settings.magnitude;
    this.fixed = fixed;
    this.reduction = reduction;
    this.metric = metric;
    this.penalty = penalty;
    this.names = names;
    this._radius = radius;
    this._labels = settings.labels;
    this._weighted = classWeight !== undefined;
    this.centers = createLossCenters(nClasses, nDim, settings, settings);
  }

  /** Radius r of all classes; NaN where each has its own: see {@link radii}. */
  get radius(): number {
    return this._radius;
  }

  /** Radius of each class [nClasses], in units of the metric: a copy. @throws CenterLossError `ERR_DISPOSED` */
  get radii(): Float32Array<ArrayBuffer> {
    return this._perClass(CentersArray.Radii).slice();
  }

  /** Weight of each class [nClasses], a copy; undefined if they have none. @throws CenterLossError `ERR_DISPOSED` */
  get classWeight(): Float32Array<ArrayBuffer> | undefined {
    return this._weighted ? this._perClass(CentersArray.ClassWeight).slice() : undefined;
  }

  /**
   * Number of rows that have moved each center so far [nClasses], a copy: a center with 0 was never moved. Rows that are
   * too far to move anything do not count; nor do changes of `centers.params` by hand.
   * @throws CenterLossError `ERR_DISPOSED`
   */
  get updateCounts(): Uint32Array<ArrayBuffer> {
    const rust = this._rust;
    return new Uint32Array(integerView(rust, rust.address(CentersArray.Counts), this.nClasses));
  }

  /**
   * Loss of a matrix of squared distances, as the reference computes it: s · the sum over the known rows' B·C entries of
   * the masked matrix, each clamped to 1e-12 … 1e12 ('wen': Σ max(d − r, 0), without). NaN if a known row holds NaN, or
   * an infinite distance to another class than its own.
   * @param distmat squared distances [B, nClasses]
   * @param target labels [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; `ERR_OPTION` for a loss with
   * another metric or penalty, radii or weights
   */
  forward(distmat: Embeddings, target: Target): number {
    const inputs = this._takeDistances('forward', distmat, target, 0);
    return inputs.rows === 0 ? 0 : this._rust.distance_loss(inputs.batch, false);
  }

  /**
   * ∂loss/∂distmat [B, nClasses]: s at a known row's own class where the loss moves with it, 0 elsewhere (unknown rows,
   * other classes, within the radius, on the clamps, NaN).
   * @param distmat squared distances [B, nClasses]
   * @param target labels [B]
   * @param out array for the result, returned then; default a new one
   * @throws CenterLossError as {@link forward}
   */
  backward(distmat: Embeddings, target: Target, out?: Float32Array): Float32Array {
    this._checkIsReference('backward');
    const values = asRows(distmat, 'distmat', this.nClasses, 'nClasses');
    // Code of the caller must have run before the result gets its place.
    const labels = labelsOf(target, 'target', { values, name: 'distmat', width: this.nClasses, widthName: 'nClasses' });
    if (out !== undefined) checkOut(out, lengthOf(values), { distmat: values, params: this.centers.params });
    const outView = stable(out ?? newFloats(lengthOf(values)));
    const { batch, rows } = this._takeDistances('backward', values, labels, this.nClasses);
    if (rows > 0) this._rust.distance_loss(batch, true);
    readFloats(batch.address(BatchArray.Out), outView());
    return outView();
  }

  /**
   * Loss of embeddings in O(B·D), without a distance matrix; equal to `forward(centers.distances(x), target)` on finite
   * input, floors included, up to rounding.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  evaluate(x: Embeddings, target: Target, options?: EvaluateOptions): number;
  /** Computes the loss of the rows of a batch. */
  evaluate(batch: Batch, options?: EvaluateOptions): number;
  evaluate(x: Embeddings | Batch, targetOrOptions?: Target | EvaluateOptions, optionsAfter?: EvaluateOptions): number {
    this._rust;
    const [target, options] = splitArguments<Target, EvaluateOptions>('evaluate', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    const { batch } = this._take('evaluate', x, target, options.sampleWeight, 0);
    return this._rust.gradients(batch, RustGradients.None);
  }

  /**
   * Loss of each row, w_i·ℓ_i [B], as PyTorch's `reduction: 'none'` gives it: 0 for unknown rows, and for those of weight
   * 0; NaN for a known row with a NaN. Their sum times s is the loss, floors included.
   *
   * A sum of these losses with other factors has its gradients from {@link gradients}, with the factors as
   * `sampleWeight`. With a `Batch`, `gradX` of the call before is overwritten.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError as {@link evaluate}
   */
  perRow(x: Embeddings, target: Target, options?: EvaluateOptions): Float32Array<ArrayBuffer>;
  /** Computes the loss of each row of a batch. */
  perRow(batch: Batch, options?: EvaluateOptions): Float32Array<ArrayBuffer>;
  perRow(
    x: Embeddings | Batch,
    targetOrOptions?: Target | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): Float32Array<ArrayBuffer> {
    this._rust;
    const [target, options] = splitArguments<Target, EvaluateOptions>('perRow', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    const { batch, rows } = this._take('perRow', x, target, options.sampleWeight, 1);
    this._rust.gradients(batch, RustGradients.Losses);
    return copyFloats(batch.address(BatchArray.Out), rows);
  }

  /**
   * Loss with its gradients, ∂loss/∂x [B, nDim] and ∂loss/∂centers. A row within its radius, one that is not finite and
   * one whose gradient is longer than 1e30 has none; nor has one on its center, and a zero vector for 'cosine'.
   *
   * With a `Batch`, the results are views on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link evaluate}
   */
  gradients(x: Embeddings, target: Target, options: Touched): Gradients<TouchedRows>;
  /** Computes the loss and its gradients; that of the centers is [C, D]. */
  gradients(x: Embeddings, target: Target, options?: Dense): Gradients<Float32Array>;
  /** Computes the loss and its gradients in a form that is known when the program runs. */
  gradients(x: Embeddings, target: Target, options: GradientsOptions): Gradients<Float32Array | TouchedRows>;
  /** Computes the loss and its gradients of a batch, for the centers of the classes that occur in it. */
  gradients(batch: Batch, options: Touched): Gradients<TouchedRows>;
  /** Computes the loss and its gradients of a batch; that of the centers is [C, D]. */
  gradients(batch: Batch, options?: Dense): Gradients<Float32Array>;
  /** Computes the loss and its gradients of a batch in a form that is known when the program runs. */
  gradients(batch: Batch, options: GradientsOptions): Gradients<Float32Array | TouchedRows>;
  gradients(
    x: Embeddings | Batch,
    targetOrOptions?: Target | GradientsOptions,
    optionsAfter?: GradientsOptions,
  ): Gradients<Float32Array | TouchedRows> {
    this._rust;
    const [given, options] = splitArguments<Target, GradientsOptions>('gradients', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['centers', 'sampleWeight', 'out']);
    const { centers: form = 'dense', sampleWeight, out } = options;
    checkChoice(form, 'centers', ['dense', 'touched']);
    const { nClasses, nDim } = this;
    const spec = this.fixed ? null : { form, nClasses, nDim };
    const { x: rows, target, to } = takeGradientsOut('gradients', out, this, x, given, spec?.form === 'dense');
    const inputs = this._take('gradients', rows, target, sampleWeight, nDim);
    const loss = this._gradients(inputs, spec?.form);
    const result =
      x instanceof Batch
        ? gradientsInPlace<Float32Array | TouchedRows>(loss, x, spec)
        : {
            loss,
            gradX: copyGradX(inputs, nDim, to.gradX),
            gradCenters: spec && copyCenterGradient(inputs.batch, spec, to),
          };
    if (spec) this._warning.gradientTaken(this._rust);
    return result;
  }

  /** @internal Loss and ∂loss/∂x for a caller that does not move the centers; it does not count toward the warning. */
  rowGradients(
    x: Embeddings | Batch,
    target: Target,
    { sampleWeight }: EvaluateOptions,
    to?: () => Float32Array,
  ): StepResult {
    const inputs = this._take('gradients', x, target, sampleWeight, this.nDim);
    const loss = this._gradients(inputs, undefined);
    return x instanceof Batch ? stepInPlace(loss, x) : { loss, gradX: copyGradX(inputs, this.nDim, to) };
  }

  /**
   * One step of training: the loss and ∂loss/∂x at the centers as they are, then the centers move by a rule.
   *
   * 'wen' (default), 'mean' and 'ema' follow the average of the rows of a class. Rows within the radius count, and
   * weights do not matter, but a row of weight 0 is left out; a class without rows stays. With metric 'cosine' that is
   * the average of x/‖x‖. A row at no finite distance, or farther than 1e30, moves nothing. 'sgd' descends the loss itself. Fixed
   * centers stay.
   *
   * With a `Batch`, `gradX` is a view on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError as {@link evaluate}
   */
  step(x: Embeddings, target: Target, options?: StepOptions & OutOption<'gradX'>): StepResult;
  /** Computes the loss and ∂loss/∂x of a batch, then moves the centers. */
  step(batch: Batch, options?: StepOptions): StepResult;
  step(
    x: Embeddings | Batch,
    targetOrOptions?: Target | (StepOptions & OutOption<'gradX'>),
    optionsAfter?: StepOptions & OutOption<'gradX'>,
  ): StepResult {
    this._rust;
    type Options = StepOptions & OutOption<'gradX'>;
    const [given, options] = splitArguments<Target, Options>('step', x, targetOrOptions, optionsAfter);
    // Only the type is checked here: the rule knows the names of its options.
    checkOptions(options, Object.keys(options ?? {}));
    const { out, ...ofStep } = options;
    const rule = checkUpdateRule(ofStep as StepOptions);
    const { x: rows, target, to } = takeGradientsOut('step', out, this, x, given);
    const inputs = this._take('step', rows, target, ofStep.sampleWeight, this.nDim);
    const rust = this._rust;
    const move = this.fixed ? () => rust.gradients(inputs.batch, RustGradients.Rows) : this._mover(inputs, rule);
    const moveOnce = () => {
      const loss = move();
      this._warning.stepTaken();
      return loss;
    };
    const result = stepResult(x instanceof Batch ? x : undefined, inputs, this.nDim, moveOnce, to.gradX);
    rowsTrainedOn(x);
    return result;
  }

  /**
   * Softmax cross-entropy and center loss in one call, what Wen et al. 2016 train with: loss = softmax + λ·center,
   *
   * softmax as `softmaxCrossEntropy` with `classWeight`, `sampleWeight` and `labelSmoothing`, center by this loss with
   * `sampleWeight`. Then the centers move by the rule, as in {@link step}; λ does not scale its rate.
   *
   * With a `Batch` made by `batch(B, { logits: true })`, nothing is copied: `gradX` and `gradLogits` are views on
   * WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param logits [B, nClasses], of the same rows
   * @param target labels [B], below 0 = unknown; where labels of no class are allowed, the softmax ignores their rows
   * @throws CenterLossError as {@link evaluate}
   */
  softmaxCenter(
    x: Embeddings,
    logits: Embeddings,
    target: Target,
    options?: SoftmaxCenterOptions & OutOption<'gradX' | 'gradLogits'>,
  ): SoftmaxCenterResult;
  /** Computes both losses of a batch with logits, then moves the centers. */
  softmaxCenter(batch: Batch, options?: SoftmaxCenterOptions): SoftmaxCenterResult;
  softmaxCenter(
    x: Embeddings | Batch,
    logitsOrOptions?: Embeddings | SoftmaxCenterOptions,
    target?: Target,
    options?: SoftmaxCenterOptions & OutOption<'gradX' | 'gradLogits'>,
  ): SoftmaxCenterResult {
    this._rust;
    if (!(x instanceof Batch)) return softmaxCenter(this, x, logitsOrOptions as Embeddings, target as Target, options);
    const extra = target ?? options ?? (isList(logitsOrOptions) || undefined);
    checkNoMore('softmaxCenter', extra, 'logits and target: the batch holds them');
    return softmaxCenterInPlace(this, x, logitsOrOptions as SoftmaxCenterOptions | undefined);
  }

  /**
   * Gives each class the radius that holds a share of its rows: the smallest of their distances to the center, in units
   * of the metric, that at least this share does not exceed. A class without rows keeps its radius; rows at no finite
   * distance do not count. Use rows that were not trained on, which are nearer than new ones.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @returns the radii [nClasses]
   * @throws CenterLossError as {@link evaluate}
   */
  fitRadius(x: Embeddings, target: Target, options?: FitRadiusOptions): Float32Array<ArrayBuffer>;
  /** Fits the radii to the rows of a batch. */
  fitRadius(batch: Batch, options?: FitRadiusOptions): Float32Array<ArrayBuffer>;
  fitRadius(
    x: Embeddings | Batch,
    targetOrOptions?: Target | FitRadiusOptions,
    optionsAfter?: FitRadiusOptions,
  ): Float32Array<ArrayBuffer> {
    this._rust;
    const [target, options] = splitArguments<Target, FitRadiusOptions>('fitRadius', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['quantile']);
    const { quantile = 0.95 } = options;
    checkNumber(quantile, 'quantile', (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
    const inputs = this._take('fitRadius', x, target, undefined, 0);
    const rust = this._rust;
    prepare(rust, inputs, Work.Radii, 'fitRadius');
    rust.own_distances(inputs.batch, rustMetric(this.metric));
    sortRadii(inputs, this.nClasses);
    rust.radius_quantiles(inputs.batch, quantile);
    this._radius = Number.NaN;
    rust.configure(rustMetric(this.metric), rustPenalty(this.penalty), rustReduction(this.reduction), this._radius);
    const { radii } = this;
    warnIfTrainedOn('fitRadius', x);
    return radii;
  }

  /** Distances to all centers by the metric of the loss: see {@link ClassCenters.distances}. */
  distances(x: Embeddings, out?: Float32Array): Float32Array {
    return this.centers.distances(x, out);
  }

  /** Nearest class of each row by the metric of the loss: see {@link ClassCenters.predict}. */
  predict(x: Embeddings): Int32Array<ArrayBuffer> {
    return this.centers.predict(x);
  }

  /**
   * Rows in WebAssembly memory, to pass in place of x and target, or with `logits: true` of x, logits and target.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number, options?: BatchOptions): Batch {
    this._rust;
    return new Batch(rows, this.nClasses, this.nDim, options);
  }

  /**
   * Writes the loss as a safetensors file: centers, options, radii and `updateCounts`. The velocity of `rule: 'sgd'` with
   * momentum is left out, as optimizers keep it apart from the model.
   * @throws CenterLossError `ERR_OPTION` for centers that are not finite, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    const { nClasses, nDim, fixed, reduction, metric, penalty, magnitude, names, classWeight, updateCounts } = this;
    return encodeObject('CenterLoss', {
      config: { fixed, reduction, metric, penalty, magnitude, labels: this._labels },
      names,
      tensors: {
        centers: centersTensor(this.centers.params, nClasses, nDim),
        radius: limitTensor(Number.isNaN(this._radius) ? this.radii : this._radius),
        classWeight: classWeight && listTensor(classWeight),
        updateCounts: { dtype: 'U32', shape: [nClasses], data: updateCounts },
      },
    });
  }

  /**
   * Reads what {@link save} wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): CenterLoss {
    const saved = new SavedObject(bytes, 'CenterLoss');
    const { params, nClasses, nDim, options } = readLoss<CenterLossOptions>(saved, ['metric', 'penalty']);
    const radius = saved.radius(nClasses);
    const updateCounts = saved.counts('updateCounts', [nClasses]);
    const loss = restored('CenterLoss', () => new CenterLoss(nClasses, nDim, { ...options, radius }));
    loss.centers.params.set(params);
    const rust = loss._rust;
    integerView(rust, rust.address(CentersArray.Counts), nClasses).set(updateCounts);
    return loss;
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): CenterLoss {
    return CenterLoss.load(bytesOfJson(value));
  }

  /** Frees the memory of the loss and of its centers; batches have a `dispose` of their own. */
  dispose(): void {
    this._disposed = true;
    this.centers.dispose();
  }

  private get _rust(): RustCenters {
    if (this._disposed) throw disposedError('CenterLoss');
    return this.centers.rust;
  }

  private _perClass(array: CentersArray.Radii | CentersArray.ClassWeight): Float32Array<ArrayBuffer> {
    return this._rust && perClass(this.centers, array);
  }

  private _take(
    call: string,
    x: Embeddings | Batch,
    target: Target | null | undefined,
    sampleWeight: Floats | undefined,
    outWidth: number,
  ): Inputs {
    const { nClasses, nDim, names, _labels: labels } = this;
    return takeInputs(x, target, { call, width: nDim, nClasses, names, labels, sampleWeight, outWidth });
  }

  private _takeDistances(call: string, distmat: Embeddings, target: Target, outWidth: number): Inputs {
    this._checkIsReference(call);
    const { nClasses, names, _labels: labels } = this;
    return takeInputs(distmat, target, {
      ...{ call, name: 'distmat', width: nClasses, widthName: 'nClasses', nClasses, names, labels, outWidth },
    });
  }

  /** Loss and ∂loss/∂x, and ∂loss/∂centers in a form if one is given. */
  private _gradients(inputs: Inputs, form: GradientForm | undefined): number {
    const rust = this._rust;
    if (form === undefined) return rust.gradients(inputs.batch, RustGradients.Rows);
    const isDense = form === 'dense';
    prepare(rust, inputs, isDense ? Work.DenseGradient : Work.SparseGradient, 'gradients');
    return rust.gradients(inputs.batch, isDense ? RustGradients.Dense : RustGradients.Sparse);
  }

  /** Reserves the memory of a step, and returns the step, which can then not fail. */
  private _mover(inputs: Inputs, rule: UpdateRule): () => number {
    const rust = this._rust;
    const averaging = averagingRule(rule);
    if (averaging !== undefined) {
      prepare(rust, inputs, Work.Step, 'step');
      return () => rust.step(inputs.batch, averaging, rule.rate);
    }
    prepare(rust, inputs, Work.DenseGradient, 'step');
    return descent(rust, inputs, rule, () => rust.gradients(inputs.batch, RustGradients.Descent));
  }

  private _checkIsReference(call: string): void {
    this._rust;
    const { metric, penalty } = this;
    if (metric === 'sqeuclidean' && penalty === 'hinge' && !Number.isNaN(this._radius) && !this._weighted) return;
    throw new CenterLossError(
      'ERR_OPTION',
      `${call} takes squared distances and one radius, as the reference does: a loss with another metric, penalty, radii or weights has evaluate and gradients`,
    );
  }
}
