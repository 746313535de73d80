import { type Block, Blocks, newFloats } from './memory.js';

/** The gradient of the centers of the classes in a batch. */
export interface TouchedRows {
  /** The classes, each once, in the order of their first rows in the batch [T]. */
  readonly classes: Int32Array;
  /** ∂loss/∂center of each [T, nDim]. */
  readonly rows: Float32Array;
}

/** All centers, or only those of the classes in the batch. */
export type GradientForm = 'dense' | 'touched';

/** ∂loss/∂centers in WebAssembly memory. A dense one is written as a whole each time: users may have written there, too. */
export class CenterGradient {
  readonly form: GradientForm;
  /** The most rows of a batch that it has room for. */
  readonly batchRows: number;
  readonly #blocks = new Blocks();
  readonly #rows: Block<Float32Array<ArrayBuffer>>;
  readonly #touched: Block<Int32Array<ArrayBuffer>>;
  readonly #nDim: number;

  /** @throws CenterLossError `ERR_OUT_OF_MEMORY` */
  constructor(form: GradientForm, batchRows: number, nClasses: number, nDim: number) {
    this.form = form;
    this.batchRows = form === 'dense' ? Number.POSITIVE_INFINITY : batchRows;
    this.#nDim = nDim;
    const rows = Math.min(this.batchRows, nClasses);
    const purpose = `the gradient of ${rows} centers of ${nDim} dimensions`;
    this.#rows = this.#blocks.floats(rows * nDim, purpose);
    this.#touched = this.#blocks.integers(rows + 1, purpose);
  }

  /** Where the kernels write. */
  get addresses(): { rows: number; touched: number } {
    return { rows: this.#rows.address, touched: this.#touched.address };
  }

  /** The last gradient, as views. */
  get view(): Float32Array | TouchedRows {
    if (this.form === 'dense') return this.#rows.view;
    const count = this.#touched.view[0] ?? 0;
    return { classes: this.#touched.part(1, 1 + count), rows: this.#rows.part(0, count * this.#nDim) };
  }

  /** The last gradient, for the caller to keep. */
  copy(): Float32Array | TouchedRows {
    const { view } = this;
    if (!(view instanceof Float32Array)) return { classes: view.classes.slice(), rows: view.rows.slice() };
    const copy = newFloats(view.length);
    copy.set(view);
    return copy;
  }

  free(): void {
    this.#blocks.free();
  }
}

/** The center gradients of one owner, made when first asked for. */
export class CenterGradients {
  readonly #nClasses: number;
  readonly #nDim: number;
  readonly #byForm = new Map<GradientForm, CenterGradient>();

  constructor(nClasses: number, nDim: number) {
    this.#nClasses = nClasses;
    this.#nDim = nDim;
  }

  /**
   * The gradient of this form with room for a batch of so many rows.
   * @throws CenterLossError `ERR_OUT_OF_MEMORY`
   */
  gradientOf(form: GradientForm, batchRows: number): CenterGradient {
    const known = this.#byForm.get(form);
    if (known && known.batchRows >= batchRows) return known;
    // Out of the map before it is freed: if there is no memory for the new one, nothing may stand on the old.
    this.#byForm.delete(form);
    known?.free();
    const gradient = new CenterGradient(form, batchRows, this.#nClasses, this.#nDim);
    this.#byForm.set(form, gradient);
    return gradient;
  }

  free(): void {
    for (const gradient of this.#byForm.values()) gradient.free();
    this.#byForm.clear();
  }
}
