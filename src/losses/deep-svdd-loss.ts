import { ClassCenters } from '../centers/class-centers.js';
import { initCenters } from '../centers/init.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, limitTensor, restored, SavedObject } from '../io/saved-object.js';
import { Batch, prepare, reserveArray } from '../memory/batch.js';
import { disposedError } from '../memory/dispose.js';
import { type Inputs, splitArguments, takeInputs } from '../memory/inputs.js';
import { copyFloats, floatView, newFloats, readFloats } from '../memory/views.js';
import { lengthOf } from '../validate/arrays.js';
import { checkChoice, checkCount, checkNumber, checkOptions } from '../validate/checks.js';
import { asRows, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import type { LabelPolicy, Target } from '../validate/labels.js';
import { checkCentersOptions } from '../validate/options.js';
import { rowsTrainedOn } from '../validate/trained-rows.js';
import {
  BatchArray,
  CentersArray,
  type Centers as RustCenters,
  Gradients as RustGradients,
  Work,
} from '../wasm/bindings.js';
import type { EvaluateOptions } from './center-loss.js';
import { copyGradX, type OutOption, stepInPlace, takeGradientsOut } from './results.js';

/** Options of {@link DeepSVDDLoss}. */
export interface DeepSVDDLossOptions {
  /** ν above 0, up to 1: the share of the rows that may be outside. Default 0.1. */
  readonly nu?: number;
  /** The center [nDim], if it is known; else {@link DeepSVDDLoss.fitCenter} finds it. */
  readonly center?: Embeddings;
  /** R ≥ 0 at first, a distance. Default 0. */
  readonly radius?: number;
  /** Name of the class, in an array [1]. Default none. */
  readonly names?: readonly string[] | undefined;
  /** 'strict' (default): a label that is not an integer is an error. 'lenient': its row is of the class if it is > 0. Names other than that of the class are an error, or ignored. */
  readonly labels?: LabelPolicy;
}

/** Results of {@link DeepSVDDLoss.gradients}. */
export interface DeepSVDDGradients {
  /** Value of the loss. */
  readonly loss: number;
  /** ∂loss/∂x [B, nDim]. */
  readonly gradX: Float32Array;
  /** ∂loss/∂R, a float32. */
  readonly gradRadius: number;
}

/** Bound of R: its square stays inside float32. */
const MAX_RADIUS = 1e15;

/**
 * Soft-boundary Deep SVDD, one class in a ball: with n rows of the class,
 *
 *   loss = R² + 1/(ν·n) · Σ_i max(0, ‖x_i − c‖² − R²).
 *
 * The center c is fixed once, by `fitCenter` on a first pass over the data or by the option, and using the loss before
 * that is an error: there is no default center. R is trained with its gradient, or set by `fitRadius` every few epochs,
 * as the authors do. With sample weights w, w_i multiplies the terms of the sum and Σ w_i stands for n.
 *
 * Rows with a label below 0 are ignored; without labels all are of the class. Without rows of the class, the loss and
 * its gradients are 0. A row with a NaN makes the loss NaN, has gradient 0 and adds nothing to that of R.
 *
 * Source: Ruff et al., "Deep One-Class Classification", ICML 2018; their lukasruff/Deep-SVDD-PyTorch.
 */
export class DeepSVDDLoss extends Saveable {
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** ν, the share of rows that may lie outside. */
  readonly nu: number;
  /** Name of the class, in an array [1], if it has one. */
  readonly names: readonly string[] | undefined;
  /** The center, `params` [1, nDim]. */
  readonly centers: ClassCenters;
  private readonly _labels: LabelPolicy;
  private _radius: number;
  private _fitted: boolean;
  private _disposed = false;

  /**
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (a center of another size, or another number of names),
   * `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
   */
  constructor(nDim: number, options: DeepSVDDLossOptions = {}) {
    super();
    checkCount(nDim, 'nDim');
    checkOptions(options, ['nu', 'center', 'radius', 'names', 'labels']);
    const { nu = 0.1, center, radius = 0, names, labels = 'strict' } = options;
    checkNumber(nu, 'nu', (value) => value >= 1e-9 && value <= 1, 'a number from 1e-9 to 1');
    checkRadius(radius);
    checkChoice(labels, 'labels', ['strict', 'lenient']);
    const init = center === undefined ? 'normal' : asRows(center, 'center', nDim);
    if (typeof init !== 'string' && lengthOf(init) !== nDim) {
      throw new CenterLossError('ERR_SHAPE', `center has ${lengthOf(init)} values; expected nDim = ${nDim}`);
    }
    const defaults = { init, magnitude: 1, fixed: true, reduction: 'mean' } as const;
    const settings = checkCentersOptions(1, nDim, { names }, defaults);
    this.nDim = nDim;
    this.nu = nu;
    this.names = settings.names;
    this._labels = labels;
    this._radius = radius;
    this._fitted = center !== undefined;
    this.centers = new ClassCenters(1, nDim, { fixed: true, names: settings.names });
    if (center !== undefined) initCenters(this.centers, settings);
  }

  /** R, the radius of the ball: a distance. May be set, to a number from 0 to 1e15. */
  get radius(): number {
    return this._radius;
  }

  set radius(radius: number) {
    checkRadius(radius);
    this._radius = radius;
  }

  /**
   * Sets the center to the (weighted) mean of the rows, with values within ±0.1 moved to ±0.1: a network can give 0
   * for any input. Rows that are not finite are left out.
   *
   * The authors' code leaves values that are exactly 0; here they become 0.1.
   * @param x rows [B, nDim]: better all data than a batch
   * @param target labels [B], below 0 = ignored; default: no row is ignored
   * @returns a copy of the center [nDim]
   * @throws CenterLossError `ERR_SHAPE` (also if there is no row), `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`
   */
  fitCenter(x: Embeddings, target?: Target | null, options?: EvaluateOptions): Float32Array;
  /** Fits the center to the rows of a batch. */
  fitCenter(batch: Batch, options?: EvaluateOptions): Float32Array;
  fitCenter(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): Float32Array {
    this._rust;
    const inputs = this._take('fitCenter', x, targetOrOptions, optionsAfter, 0);
    const rust = this._rust;
    prepare(rust, inputs, Work.Precision, 'fitCenter');
    const center = newFloats(this.nDim);
    if (rust.fit_svdd_center(inputs.batch) === 0) throw noRows('fitCenter', inputs.rows);
    readFloats(rust.address(CentersArray.Params), center);
    this._fitted = true;
    rowsTrainedOn(x);
    return center;
  }

  /**
   * Sets R to the least distance that at most a share ν of the rows exceeds, which is where the loss is least: of n
   * distances the one with ⌊ν·n⌋ above it (numpy's quantile 1 − ν with method 'inverted_cdf'; the authors' code
   * interpolates). Sample weights only say which rows count. Rows at no finite distance are left out.
   *
   * With a `Batch`, `gradX` of the call before is overwritten.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: no row is ignored
   * @returns R
   * @throws CenterLossError `ERR_NOT_INITIALIZED` before the center is known, and as {@link fitCenter}
   */
  fitRadius(x: Embeddings, target?: Target | null, options?: EvaluateOptions): number;
  /** Fits the radius to the rows of a batch. */
  fitRadius(batch: Batch, options?: EvaluateOptions): number;
  fitRadius(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): number {
    this._fittedRust('fitRadius');
    const { batch, rows } = this._take('fitRadius', x, targetOrOptions, optionsAfter, 1);
    const count = this._rust.svdd_distances(batch);
    if (count === 0) throw noRows('fitRadius', rows);
    floatView(batch, batch.address(BatchArray.Out), count).sort();
    this._radius = batch.svdd_radius(count, this.nu);
    return this._radius;
  }

  /**
   * Loss of embeddings.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: no row is ignored
   * @throws CenterLossError `ERR_NOT_INITIALIZED` before the center is known, `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`,
   * `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  evaluate(x: Embeddings, target?: Target | null, options?: EvaluateOptions): number;
  /** Computes the loss of the rows of a batch. */
  evaluate(batch: Batch, options?: EvaluateOptions): number;
  evaluate(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): number {
    this._fittedRust('evaluate');
    return this._loss(this._take('evaluate', x, targetOrOptions, optionsAfter, 0), RustGradients.None).loss;
  }

  /**
   * Loss of each row, w_i·(R² + max(0, ‖x_i − c‖² − R²)/ν) [B], as PyTorch's `reduction: 'none'` gives it: 0 for ignored
   * rows, NaN for a row of the class with a NaN. Their sum over n is the loss.
   *
   * With a `Batch`, `gradX` of the call before is overwritten.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: no row is ignored
   * @throws CenterLossError as {@link evaluate}
   */
  perRow(x: Embeddings, target?: Target | null, options?: EvaluateOptions): Float32Array<ArrayBuffer>;
  /** Computes the loss of each row of a batch. */
  perRow(batch: Batch, options?: EvaluateOptions): Float32Array<ArrayBuffer>;
  perRow(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): Float32Array<ArrayBuffer> {
    this._fittedRust('perRow');
    const { batch, rows } = this._take('perRow', x, targetOrOptions, optionsAfter, 1);
    this._rust.deep_svdd(batch, this._radius, this.nu, RustGradients.Losses);
    return copyFloats(batch.address(BatchArray.Out), rows);
  }

  /**
   * Loss with its gradients: ∂loss/∂x_i = 2/(ν·n)·(x_i − c) outside the ball, else 0; ∂loss/∂R =
   * 2R·(1 − #outside/(ν·n)). A row on the boundary is inside.
   *
   * With a `Batch`, `gradX` is a view on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: no row is ignored
   * @throws CenterLossError as {@link evaluate}
   */
  gradients(x: Embeddings, target?: Target | null, options?: EvaluateOptions & OutOption<'gradX'>): DeepSVDDGradients;
  /** Computes the loss of a batch and its gradients. */
  gradients(batch: Batch, options?: EvaluateOptions): DeepSVDDGradients;
  gradients(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | (EvaluateOptions & OutOption<'gradX'>),
    optionsAfter?: EvaluateOptions & OutOption<'gradX'>,
  ): DeepSVDDGradients {
    this._fittedRust('gradients');
    type Options = EvaluateOptions & OutOption<'gradX'>;
    const [given, options] = splitArguments<Target | null, Options>('gradients', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight', 'out']);
    const { x: rows, target, to } = takeGradientsOut('gradients', options.out, this, x, given);
    const inputs = this._takeRows('gradients', rows, target, options, this.nDim);
    const { loss, gradRadius } = this._loss(inputs, RustGradients.Rows);
    if (x instanceof Batch) return Object.assign(stepInPlace(loss, x), { gradRadius });
    return { loss, gradX: copyGradX(inputs, this.nDim, to.gradX), gradRadius };
  }

  /**
   * Rows in WebAssembly memory, to pass in place of x and target; all are of the class at first.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number): Batch {
    this._rust;
    return new Batch(rows, 1, this.nDim);
  }

  /**
   * Writes the loss as a safetensors file: the center, whether it is known, the radius and the options.
   * @throws CenterLossError `ERR_OPTION` for a center that is not finite, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    this._rust;
    const { nDim, nu, names } = this;
    return encodeObject('DeepSVDDLoss', {
      config: { nu, labels: this._labels, fitted: this._fitted },
      names,
      tensors: { centers: centersTensor(this.centers.params, 1, nDim), radius: limitTensor(this._radius) },
    });
  }

  /**
   * Reads what {@link save} wrote: the loss gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): DeepSVDDLoss {
    const saved = new SavedObject(bytes, 'DeepSVDDLoss');
    const { fitted, ...options } = saved.config<DeepSVDDLossOptions & { fitted: boolean }>(['nu', 'labels', 'fitted']);
    const { params, nDim } = saved.centers();
    saved.floats('centers', [1, nDim]);
    const [radius = 0] = saved.doubles('radius', []);
    const names = saved.names(1);
    const loss = restored('DeepSVDDLoss', () => {
      checkChoice(fitted, 'fitted', [true, false]);
      // `fitRadius` may give more than the option takes.
      checkNumber(radius, 'radius', (value) => value >= 0 && Number.isFinite(value), 'a finite number ≥ 0');
      return new DeepSVDDLoss(nDim, { ...options, names });
    });
    loss.centers.params.set(params);
    loss._fitted = fitted;
    loss._radius = radius;
    return loss;
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): DeepSVDDLoss {
    return DeepSVDDLoss.load(bytesOfJson(value));
  }

  /** Frees the memory of the center; batches have a `dispose` of their own. */
  dispose(): void {
    this._disposed = true;
    this.centers.dispose();
  }

  private get _rust(): RustCenters {
    if (this._disposed) throw disposedError('DeepSVDDLoss');
    return this.centers.rust;
  }

  /** @throws CenterLossError `ERR_DISPOSED`; `ERR_NOT_INITIALIZED` before the center is known */
  private _fittedRust(call: string): RustCenters {
    const rust = this._rust;
    if (this._fitted) return rust;
    throw new CenterLossError(
      'ERR_NOT_INITIALIZED',
      `${call} before the center is known: call fitCenter(x) on a first pass over the data, or give the option center`,
    );
  }

  private _take(
    call: string,
    x: Embeddings | Batch,
    targetOrOptions: Target | null | EvaluateOptions | undefined,
    optionsAfter: EvaluateOptions | undefined,
    outWidth: number,
  ): Inputs {
    const [target, options] = splitArguments<Target | null, EvaluateOptions>(call, x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    return this._takeRows(call, x, target, options, outWidth);
  }

  private _takeRows(
    call: string,
    x: Embeddings | Batch,
    target: Target | null | undefined,
    { sampleWeight }: EvaluateOptions,
    outWidth: number,
  ): Inputs {
    const { nDim, names, _labels: labels } = this;
    return takeInputs(x, target, {
      ...{ call, width: nDim, nClasses: 1, oneClass: true, names, labels, sampleWeight, outWidth },
    });
  }

  /** Computes the loss and ∂loss/∂R, and the gradients that a batch holds. */
  private _loss({ batch }: Inputs, gradients: RustGradients): { readonly loss: number; readonly gradRadius: number } {
    const address = reserveArray(batch, BatchArray.Parameters, 1, 'the gradient by the radius');
    const loss = this._rust.deep_svdd(batch, this._radius, this.nu, gradients);
    const [gradRadius = 0] = copyFloats(address, 1);
    return { loss, gradRadius };
  }
}

function checkRadius(radius: number): void {
  checkNumber(radius, 'radius', (value) => value >= 0 && value <= MAX_RADIUS, 'a number from 0 to 1e15');
}

const noRows = (call: string, rows: number): CenterLossError =>
  new CenterLossError('ERR_SHAPE', `${call} needs a row of the class that is finite, but none of ${rows} is`);
