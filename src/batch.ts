import { type CenterGradient, CenterGradients, type GradientForm, type TouchedRows } from './center-gradient.js';
import { checkNumber } from './check.js';
import { disposedError, HoldsMemory } from './dispose.js';
import { type Block, Blocks } from './memory.js';

/**
 * Rows that live in WebAssembly memory, made by `loss.batch(B)`: write embeddings into `x` and labels into `target`,
 * pass the batch in place of both, and find ∂loss/∂x in `gradX`. Nothing is copied in or out.
 *
 * The arrays are views: read the properties anew rather than keeping what they gave (see `ClassCenters.params`).
 */
export class Batch extends HoldsMemory {
  /** The number of rows B. */
  readonly rows: number;
  /** The number of classes and of values in a row that it was made for. */
  readonly nClasses: number;
  readonly nDim: number;
  readonly #blocks = new Blocks();
  readonly #x: Block<Float32Array<ArrayBuffer>>;
  readonly #target: Block<Int32Array<ArrayBuffer>>;
  readonly #gradX: Block<Float32Array<ArrayBuffer>>;
  readonly #gradCenters: CenterGradients;
  #disposed = false;

  /** @internal Users call `loss.batch(B)`. */
  constructor(rows: number, nClasses: number, nDim: number) {
    super();
    this.rows = rows;
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.#gradCenters = new CenterGradients(nClasses, nDim);
    const purpose = `a batch of ${rows} rows of ${nDim} values`;
    this.#x = this.#blocks.floats(rows * nDim, purpose);
    this.#target = this.#blocks.integers(rows, purpose);
    this.#gradX = this.#blocks.floats(rows * nDim, purpose);
  }

  /** Embeddings [B, nDim]. @throws CenterLossError `ERR_DISPOSED` */
  get x(): Float32Array<ArrayBuffer> {
    return this.#alive(this.#x).view;
  }

  /** Labels [B], below 0 = unknown. @throws CenterLossError `ERR_DISPOSED` */
  get target(): Int32Array<ArrayBuffer> {
    return this.#alive(this.#target).view;
  }

  /** ∂loss/∂x [B, nDim] of the last call. @throws CenterLossError `ERR_DISPOSED` */
  get gradX(): Float32Array<ArrayBuffer> {
    return this.#alive(this.#gradX).view;
  }

  dispose(): void {
    this.#disposed = true;
    this.#blocks.free();
    this.#gradCenters.free();
  }

  /** @internal Where the rows are, for the kernels. */
  get addresses(): { x: number; target: number; gradX: number } {
    this.#alive(this.#x);
    return { x: this.#x.address, target: this.#target.address, gradX: this.#gradX.address };
  }

  /** @internal The gradient of the centers, which stands here until the next call. */
  gradientOf(form: GradientForm): CenterGradient {
    return this.#alive(this.#gradCenters).gradientOf(form, this.rows);
  }

  /** @internal What {@link gradientOf} gave, as it stands now. */
  viewOf(gradient: CenterGradient): Float32Array | TouchedRows {
    return this.#alive(gradient).view;
  }

  #alive<T>(value: T): T {
    if (this.#disposed) throw disposedError('Batch');
    return value;
  }
}

/**
 * Room for rows, as the `batch` of all classes gives it.
 * @throws CenterLossError `ERR_OPTION` unless `rows` is a whole number ≥ 0, `ERR_OUT_OF_MEMORY`
 */
export function newBatch(rows: number, nClasses: number, nDim: number): Batch {
  checkNumber(rows, 'the number of rows', (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number ≥ 0');
  return new Batch(rows, nClasses, nDim);
}
