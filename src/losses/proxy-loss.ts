import type { ClassCenters } from '../centers/class-centers.js';
import { createLossCenters } from '../centers/init.js';
import { Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, listTensor, restored, SavedObject } from '../io/saved-object.js';
import { Batch, prepare } from '../memory/batch.js';
import { disposedError } from '../memory/dispose.js';
import { type Inputs, splitArguments, takeInputs } from '../memory/inputs.js';
import { copyFloats, floatView } from '../memory/views.js';
import { checkNumber, checkOptions } from '../validate/checks.js';
import type { Embeddings } from '../validate/embeddings.js';
import type { LabelPolicy, Target } from '../validate/labels.js';
import type { Metric } from '../validate/metric.js';
import {
  CENTERS_OPTIONS,
  type CentersDefaults,
  type CentersOptions,
  checkCentersOptions,
  MAX_MAGNITUDE,
  type Reduction,
} from '../validate/options.js';
import { rowsTrainedOn } from '../validate/trained-rows.js';
import {
  BatchArray,
  CentersArray,
  ProxyLossKind,
  type Centers as RustCenters,
  Gradients as RustGradients,
  Work,
} from '../wasm/bindings.js';
import type { EvaluateOptions } from './center-loss.js';
import {
  copyCenterGradient,
  copyGradX,
  type Gradients,
  gradientsInPlace,
  type OutOption,
  type StepResult,
  stepResult,
  takeGradientsOut,
} from './results.js';
import { readLoss } from './saved-loss.js';
import { checkRate, descent } from './update-rule.js';

/**
 * Options of every loss of rows against all centers. Defaults: init 'normal', magnitude 1, fixed false (`CACLoss` has
 * its own), reduction 'batch'.
 */
export type ProxyLossOptions = CentersOptions;

/** Options of {@link ProxyLoss.step}. */
export interface DescentOptions extends EvaluateOptions {
  /** η ≥ 0, the learning rate of the centers. Default 0.5. */
  readonly learningRate?: number;
  /** μ ≥ 0: v ← μ·v + ∂loss/∂c, c ← c − η·v; v is kept from step to step where it is not 0. Default 0. */
  readonly momentum?: number;
}

/** Loss of Rust, with the one option that only this loss has. */
export interface ProxyLossSpec {
  readonly className: string;
  readonly kind: keyof typeof ProxyLossKind;
  /** Name of the option that gives the number. */
  readonly parameter: string;
  /** Default of the number. */
  readonly fallback: number;
  readonly accepts: (value: number) => boolean;
  /** Numbers that are accepted, for messages. */
  readonly range: string;
  readonly defaults: CentersDefaults;
  /** Value of the option `metric`, of a loss that has one. */
  readonly metric?: Metric;
}

/** Defaults of a loss whose centers start as those of `torch.randn` and learn. */
export const LEARNABLE: CentersDefaults = { init: 'normal', magnitude: 1, fixed: false, reduction: 'batch' };

/** Bound of a loss's own number: its square stays inside float64, and its product with a gradient inside float32. */
export const MAX_PARAMETER = MAX_MAGNITUDE;

/** Names of the options that only this loss has. */
const optionsOf = ({ parameter, metric }: ProxyLossSpec): string[] => [parameter, ...(metric ? ['metric'] : [])];

/**
 * Base class of the losses that compare each row with all centers,
 *
 *   loss = s · Σ_i w_i·ℓ(d_i1, …, d_iC; y_i) over the known rows (y_i ≥ 0), d_ij the distance of row i to center j,
 *
 * w_i = classWeight[y_i]·sampleWeight[i], and s by `reduction` with Σ w_i for B (torch's weighted mean). Without known
 * rows, or where Σ w_i is 0, the loss and its gradients are 0. A known row with a NaN makes the loss NaN; it has
 * gradient 0 and adds nothing to that of the centers. Every ℓ depends on all centers, so that one center that is not
 * finite may make the loss of all rows not finite.
 */
export abstract class ProxyLoss extends Saveable {
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
  /** Names of the classes, if they have any. */
  readonly names: readonly string[] | undefined;
  /** Centers of the classes. */
  readonly centers: ClassCenters;
  private readonly _spec: ProxyLossSpec;
  private readonly _parameter: number;
  private readonly _labels: LabelPolicy;
  private readonly _weighted: boolean;
  private _disposed = false;

  /** @internal */
  protected constructor(spec: ProxyLossSpec, nClasses: number, nDim: number, options: ProxyLossOptions) {
    super();
    checkOptions(options, [...optionsOf(spec), ...CENTERS_OPTIONS]);
    const settings = checkCentersOptions(nClasses, nDim, options, spec.defaults);
    const parameter = (options as Record<string, number | undefined>)[spec.parameter] ?? spec.fallback;
    checkNumber(parameter, spec.parameter, spec.accepts, spec.range);
    const { magnitude, fixed, reduction, names, classWeight } = settings;
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.magnitude = magnitude;
    this.fixed = fixed;
    this.reduction = reduction;
    this.names = names;
    this._spec = spec;
    this._parameter = parameter;
    this._labels = settings.labels;
    this._weighted = classWeight !== undefined;
    const plain = { penalty: 'hinge', radius: 0, radii: undefined } as const;
    this.centers = createLossCenters(nClasses, nDim, settings, { metric: spec.metric ?? 'sqeuclidean', ...plain });
  }

  /**
   * Loss of embeddings.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  evaluate(x: Embeddings, target: Target, options?: EvaluateOptions): number;
  /** Computes the loss of the rows of a batch. */
  evaluate(batch: Batch, options?: EvaluateOptions): number;
  evaluate(x: Embeddings | Batch, targetOrOptions?: Target | EvaluateOptions, optionsAfter?: EvaluateOptions): number {
    this._rust;
    const [target, options] = splitArguments<Target, EvaluateOptions>('evaluate', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    const inputs = this._take('evaluate', x, target, options, 0);
    prepare(this._rust, inputs, Work.ProxyLoss, 'evaluate');
    return this._loss(inputs, RustGradients.None);
  }

  /**
   * Loss of each row, w_i·ℓ_i [B], as PyTorch's `reduction: 'none'` gives it: 0 for unknown rows, and for those of weight
   * 0; NaN for a known row with a NaN. Their sum times s is the loss, but for the term of
   * `IslandLoss` that is of the centers alone.
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
    const inputs = this._take('perRow', x, target, options, 1);
    prepare(this._rust, inputs, Work.ProxyLoss, 'perRow');
    this._loss(inputs, RustGradients.Losses);
    return copyFloats(inputs.batch.address(BatchArray.Out), inputs.rows);
  }

  /**
   * Loss with its gradients, ∂loss/∂x [B, nDim] and ∂loss/∂centers [nClasses, nDim], null if the centers are fixed.
   *
   * With a `Batch`, the results are views on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError as {@link evaluate}
   */
  gradients(x: Embeddings, target: Target, options?: EvaluateOptions & OutOption): Gradients<Float32Array>;
  /** Computes the loss of a batch and its gradients. */
  gradients(batch: Batch, options?: EvaluateOptions): Gradients<Float32Array>;
  gradients(
    x: Embeddings | Batch,
    targetOrOptions?: Target | (EvaluateOptions & OutOption),
    optionsAfter?: EvaluateOptions & OutOption,
  ): Gradients<Float32Array> {
    this._rust;
    type Options = EvaluateOptions & OutOption;
    const [given, options] = splitArguments<Target, Options>('gradients', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight', 'out']);
    const { nClasses, nDim } = this;
    const { x: rows, target, to } = takeGradientsOut('gradients', options.out, this, x, given, !this.fixed);
    const inputs = this._take('gradients', rows, target, options, nDim);
    const loss = this._gradients(inputs, 'gradients')();
    const spec = this.fixed ? null : ({ form: 'dense', nClasses, nDim } as const);
    if (x instanceof Batch) return gradientsInPlace(loss, x, spec);
    const gradX = copyGradX(inputs, nDim, to.gradX);
    return { loss, gradX, gradCenters: spec && (copyCenterGradient(inputs.batch, spec, to) as Float32Array) };
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
  step(x: Embeddings, target: Target, options?: DescentOptions & OutOption<'gradX'>): StepResult;
  /** Computes the loss and ∂loss/∂x of a batch, then moves the centers. */
  step(batch: Batch, options?: DescentOptions): StepResult;
  step(
    x: Embeddings | Batch,
    targetOrOptions?: Target | (DescentOptions & OutOption<'gradX'>),
    optionsAfter?: DescentOptions & OutOption<'gradX'>,
  ): StepResult {
    this._rust;
    type Options = DescentOptions & OutOption<'gradX'>;
    const [given, options] = splitArguments<Target, Options>('step', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight', 'learningRate', 'momentum', 'out']);
    const { learningRate = 0.5, momentum = 0 } = options;
    checkRate(learningRate, 'learningRate');
    checkRate(momentum, 'momentum');
    const { x: rows, target, to } = takeGradientsOut('step', options.out, this, x, given);
    const inputs = this._take('step', rows, target, options, this.nDim);
    const gradients = this._gradients(inputs, 'step');
    const move = this.fixed ? gradients : descent(this._rust, inputs, { rate: learningRate, momentum }, gradients);
    const result = stepResult(x instanceof Batch ? x : undefined, inputs, this.nDim, move, to.gradX);
    rowsTrainedOn(x);
    return result;
  }

  /**
   * Rows in WebAssembly memory, to pass in place of x and target.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number): Batch {
    this._rust;
    return new Batch(rows, this.nClasses, this.nDim);
  }

  /**
   * Writes the loss as a safetensors file: centers and options. The velocity of steps with momentum is left out, as
   * optimizers keep it apart from the model.
   * @throws CenterLossError `ERR_OPTION` for centers that are not finite, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    this._rust;
    const { nClasses, nDim, fixed, reduction, magnitude, names } = this;
    const { className, parameter, metric } = this._spec;
    const own = { ...(metric && { metric }), [parameter]: this._parameter };
    return encodeObject(className, {
      config: { fixed, reduction, magnitude, labels: this._labels, ...own },
      names,
      tensors: {
        centers: centersTensor(this.centers.params, nClasses, nDim),
        classWeight: this._weighted ? listTensor(this._classWeight) : undefined,
      },
    });
  }

  /** Frees the memory of the loss and of its centers; batches have a `dispose` of their own. */
  dispose(): void {
    this._disposed = true;
    this.centers.dispose();
  }

  private get _rust(): RustCenters {
    if (this._disposed) throw disposedError(this._spec.className);
    return this.centers.rust;
  }

  private get _classWeight(): Float32Array<ArrayBuffer> {
    const rust = this._rust;
    return floatView(rust, rust.address(CentersArray.ClassWeight), this.nClasses);
  }

  private _take(
    call: string,
    x: Embeddings | Batch,
    target: Target | null | undefined,
    { sampleWeight }: EvaluateOptions,
    outWidth: number,
  ): Inputs {
    const { nClasses, nDim, names, _labels: labels } = this;
    return takeInputs(x, target, { call, width: nDim, nClasses, names, labels, sampleWeight, outWidth });
  }

  /** Reserves the memory of the gradients, and returns the call that computes them with the loss: it cannot fail. */
  private _gradients(inputs: Inputs, call: string): () => number {
    prepare(this._rust, inputs, this.fixed ? Work.ProxyLoss : Work.ProxyGradient, call);
    return () => this._loss(inputs, this.fixed ? RustGradients.Rows : RustGradients.Dense);
  }

  private _loss({ batch }: Inputs, gradients: RustGradients): number {
    return this._rust.proxy_loss(batch, ProxyLossKind[this._spec.kind], this._parameter, gradients);
  }
}

/**
 * Reads a loss that `save()` wrote; `make` calls its constructor.
 * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
 */
export function loadProxyLoss<L extends ProxyLoss>(
  bytes: Uint8Array | ArrayBuffer,
  spec: ProxyLossSpec,
  make: (nClasses: number, nDim: number, options: ProxyLossOptions) => L,
): L {
  const { className } = spec;
  const saved = new SavedObject(bytes, className);
  const { params, nClasses, nDim, options } = readLoss<ProxyLossOptions>(saved, optionsOf(spec) as never[]);
  const loss = restored(className, () => make(nClasses, nDim, options));
  loss.centers.params.set(params);
  return loss;
}
