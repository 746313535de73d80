import {
  Batch,
  BYTES,
  CenterLossError,
  ClassCenters,
  checkChoice,
  checkCount,
  checkNumber,
  checkOptions,
  checkSettings,
  copyFloats,
  disposedError,
  HoldsMemory,
  hold,
  initCenters,
  type LabelPolicy,
  newBatch,
  stepInPlace,
  type Target,
  writeFloats,
} from '../core.js';
import type { EvaluateOptions } from './center-loss.js';
import type { Embeddings } from './half.js';
import { openSet } from './load.js';
import { argumentsOf, type Operands, operandsOf } from './operands.js';

export interface DeepSVDDLossOptions {
  /** ν above 0, up to 1: the part of the rows that may be outside. Default 0.1. */
  readonly nu?: number;
  /** The center [nDim], if it is known; else {@link DeepSVDDLoss.fitCenter} finds it. */
  readonly center?: Float32Array;
  /** R ≥ 0 at first, a distance. Default 0. */
  readonly radius?: number;
  /** 'strict' (default): a label that is not an integer is an error. 'lenient': its row is of the class if it is > 0. */
  readonly labels?: LabelPolicy;
}

export interface DeepSVDDGradients {
  readonly loss: number;
  /** ∂loss/∂x [B, nDim]. */
  readonly gradX: Float32Array;
  /** ∂loss/∂R, a float32. */
  readonly gradRadius: number;
}

/** What R and its square have to stay within. */
const LARGEST = 1e15;

/**
 * Soft-boundary Deep SVDD, one class in a ball: with n rows of the class,
 *
 *   loss = R² + 1/(ν·n) · Σ_i max(0, ‖x_i − c‖² − R²).
 *
 * The center c is fixed once, by `fitCenter` on a first pass over the data or by the option, and using the loss before
 * that is an error: a center of 0 would be none. R is trained with its gradient, or set by `fitRadius` every few epochs, as
 * the authors do. With sample weights w, w_i multiplies the terms of the sum and Σ w_i stands for n.
 *
 * Rows with a label below 0 are ignored; without labels all are of the class. Without any, the loss and its gradients
 * are 0. A row with a NaN makes the loss NaN, has gradient 0 and no part in that of R.
 *
 * Source: Ruff et al., "Deep One-Class Classification", ICML 2018; their lukasruff/Deep-SVDD-PyTorch.
 */
export class DeepSVDDLoss extends HoldsMemory {
  readonly nDim: number;
  readonly nu: number;
  /** The center, `params` [1, nDim]. */
  readonly centers: ClassCenters;
  readonly #labels: LabelPolicy;
  #radius: number;
  #fitted: boolean;
  #disposed = false;

  /**
   * @param nDim D, the dimensions of an embedding
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE` (a center of another size), `ERR_OUT_OF_MEMORY`,
   * `ERR_WASM_BLOCKED`
   */
  constructor(nDim: number, options: DeepSVDDLossOptions = {}) {
    super();
    checkCount(nDim, 'nDim');
    checkOptions(options, ['nu', 'center', 'radius', 'labels']);
    const { nu = 0.1, center, radius = 0, labels = 'strict' } = options;
    checkNumber(nu, 'nu', (value) => value >= 1e-9 && value <= 1, 'a number from 1e-9 to 1');
    checkRadius(radius);
    checkChoice(labels, 'labels', ['strict', 'lenient']);
    if (center !== undefined && !(center instanceof Float32Array && center.length === nDim)) {
      const given = center instanceof Float32Array ? `${center.length} values` : Object.prototype.toString.call(center);
      throw new CenterLossError('ERR_SHAPE', `center must be a Float32Array of nDim = ${nDim} values, got ${given}`);
    }
    const settings = checkSettings(1, nDim, { fixed: true, init: center ?? 'normal' });
    this.nDim = nDim;
    this.nu = nu;
    this.#labels = labels;
    this.#radius = radius;
    this.#fitted = center !== undefined;
    const centerNow = center && hold(center);
    this.centers = new ClassCenters(1, nDim, { fixed: true });
    if (centerNow) initCenters(this.centers, settings, centerNow());
  }

  /** R, the radius of the ball: a distance. May be set, to a number from 0 to 1e15. */
  get radius(): number {
    return this.#radius;
  }

  set radius(radius: number) {
    checkRadius(radius);
    this.#radius = radius;
  }

  /**
   * Sets the center to the (weighted) mean of the rows, with values within ±0.1 moved there: a network reaches 0 without a
   * look at its input. Rows that are not finite are left out.
   *
   * The authors' code leaves values that are exactly 0; here they become 0.1.
   * @param x rows [B, nDim]: better all data than a batch
   * @param target labels [B], below 0 = ignored; default: none is
   * @returns a copy of the center [nDim]
   * @throws CenterLossError `ERR_SHAPE` (also if there is no row), `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`
   */
  fitCenter(x: Embeddings, target?: Target | null, options?: EvaluateOptions): Float32Array;
  fitCenter(batch: Batch, options?: EvaluateOptions): Float32Array;
  fitCenter(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): Float32Array {
    this.#checkAlive();
    const at = this.#operands('fitCenter', x, targetOrOptions, optionsAfter, () => [
      BYTES * this.nDim,
      openSet().deep_svdd_workspace_bytes(this.nDim),
    ]);
    const [centerAt, workAt] = at.work;
    const rows = openSet().deep_svdd_center(at.x, at.target, at.rows, this.nDim, at.sampleWeight, centerAt, workAt);
    if (rows === 0) throw noRows('fitCenter', at.rows);
    const center = copyFloats(centerAt, this.nDim);
    this.centers.params.set(center);
    this.#fitted = true;
    return center;
  }

  /**
   * Sets R to the least distance that at most a part ν of the rows exceed, which is where the loss is least: of n
   * distances the one with ⌊ν·n⌋ above it (numpy's quantile 1 − ν with method 'inverted_cdf'; the authors' code
   * interpolates). Sample weights only say which rows count. Rows at no finite distance are left out.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: none is
   * @returns R
   * @throws CenterLossError `ERR_NOT_INITIALIZED` before the center is known, and as {@link fitCenter}
   */
  fitRadius(x: Embeddings, target?: Target | null, options?: EvaluateOptions): number;
  fitRadius(batch: Batch, options?: EvaluateOptions): number;
  fitRadius(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): number {
    this.#checkFitted('fitRadius');
    const at = this.#operands('fitRadius', x, targetOrOptions, optionsAfter, (rows) => [BYTES * rows]);
    const [distancesAt] = at.work;
    const { nDim, centers } = this;
    const kernel = openSet();
    const count = kernel.deep_svdd_distances(
      at.x,
      at.target,
      at.rows,
      centers.address,
      nDim,
      at.sampleWeight,
      distancesAt,
    );
    if (count === 0) throw noRows('fitRadius', at.rows);
    const sorted = copyFloats(distancesAt, count).sort();
    writeFloats(sorted, 0, count, distancesAt);
    this.#radius = kernel.deep_svdd_radius(distancesAt, count, this.nu);
    return this.#radius;
  }

  /**
   * The loss.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: none is
   * @throws CenterLossError `ERR_NOT_INITIALIZED` before the center is known, `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`,
   * `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  evaluate(x: Embeddings, target?: Target | null, options?: EvaluateOptions): number;
  evaluate(batch: Batch, options?: EvaluateOptions): number;
  evaluate(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): number {
    this.#checkFitted('evaluate');
    return this.#run(this.#operands('evaluate', x, targetOrOptions, optionsAfter, () => [BYTES]));
  }

  /**
   * The loss with its gradients: ∂loss/∂x_i = 2/(ν·n)·(x_i − c) outside the ball, else 0; ∂loss/∂R =
   * 2R·(1 − #outside/(ν·n)). The boundary itself is within.
   *
   * With a `Batch`, `gradX` is a view on WebAssembly memory that the next call with it overwrites.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = ignored; default: none is
   * @throws CenterLossError as {@link evaluate}
   */
  gradients(x: Embeddings, target?: Target | null, options?: EvaluateOptions): DeepSVDDGradients;
  gradients(batch: Batch, options?: EvaluateOptions): DeepSVDDGradients;
  gradients(
    x: Embeddings | Batch,
    targetOrOptions?: Target | null | EvaluateOptions,
    optionsAfter?: EvaluateOptions,
  ): DeepSVDDGradients {
    this.#checkFitted('gradients');
    const at = this.#operands('gradients', x, targetOrOptions, optionsAfter, () => [BYTES], true);
    const loss = this.#run(at);
    const [gradRadius = 0] = copyFloats(at.work[0], 1);
    if (x instanceof Batch) return Object.assign(stepInPlace(loss, x), { gradRadius });
    return { loss, gradX: copyFloats(at.grad, at.rows * this.nDim), gradRadius };
  }

  /**
   * Rows in WebAssembly memory, to pass in place of x and target; all are of the class at first.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number): Batch {
    this.#checkAlive();
    return newBatch(rows, 1, this.nDim);
  }

  /** Frees the memory of the center; batches have a `dispose` of their own. */
  dispose(): void {
    this.#disposed = true;
    this.centers.dispose();
  }

  #operands<const Work extends readonly number[]>(
    call: string,
    x: Embeddings | Batch,
    targetOrOptions: Target | null | EvaluateOptions | undefined,
    optionsAfter: EvaluateOptions | undefined,
    work: (rows: number) => Work,
    grad = false,
  ): Operands<Work> {
    const [target, options] = argumentsOf<Target | null, EvaluateOptions>(call, x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    return operandsOf(x, target, {
      call,
      width: this.nDim,
      widthName: 'nDim',
      nClasses: 1,
      oneClass: true,
      labels: this.#labels,
      sampleWeight: options.sampleWeight,
      grad,
      work,
    });
  }

  #run(at: Operands<readonly [gradRadius: number]>): number {
    return openSet().deep_svdd(
      at.x,
      at.target,
      at.rows,
      this.centers.address,
      this.nDim,
      at.sampleWeight,
      this.#radius,
      this.nu,
      at.grad,
      at.work[0],
    );
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError('DeepSVDDLoss');
  }

  #checkFitted(call: string): void {
    this.#checkAlive();
    if (this.#fitted) return;
    throw new CenterLossError(
      'ERR_NOT_INITIALIZED',
      `${call} before the center is known: call fitCenter(x) on a first pass over the data, or give the option center`,
    );
  }
}

function checkRadius(radius: number): void {
  checkNumber(radius, 'radius', (value) => value >= 0 && value <= LARGEST, 'a number from 0 to 1e15');
}

const noRows = (call: string, rows: number): CenterLossError =>
  new CenterLossError('ERR_SHAPE', `${call} needs a row of the class that is finite, but none of ${rows} is`);
