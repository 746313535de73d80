import { rust } from '../engine/engine.js';
import { checkChoice, checkNumber, checkOptions } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { BatchArray, Metric, Batch as RustBatch, type Centers as RustCenters, type Work } from '../wasm/bindings.js';
import { Disposable, Owned } from './dispose.js';
import { created, Scratch } from './scratch.js';
import { allocated, floatView, integerView, renewed } from './views.js';

/** Shape, rows and labels of a batch as plain data. */
export interface BatchJson {
  /** Number of rows B. */
  readonly rows: number;
  /** Number of classes C. */
  readonly nClasses: number;
  /** Number of dimensions D. */
  readonly nDim: number;
  /** Rows [B, D]. */
  readonly x: number[];
  /** Labels [B]. */
  readonly target: number[];
  /** Logits [B, C], if the batch has them. */
  readonly logits?: number[];
}

/** Options of `CenterLoss.batch`. */
export interface BatchOptions {
  /** True for a batch with `logits` and `gradLogits`, which `softmaxCenter` takes. Default false. */
  readonly logits?: boolean;
}

/**
 * Rows that live in WebAssembly memory, made by `loss.batch(B)`: write embeddings into `x` and labels into `target`,
 * pass the batch in place of both, and find ∂loss/∂x in `gradX`. Nothing is copied in or out. A batch for
 * `softmaxCenter`, made by `loss.batch(B, { logits: true })`, also has `logits` and `gradLogits`.
 *
 * The arrays are views. Read the properties again instead of keeping what they gave (see `ClassCenters.params`).
 */
export class Batch extends Disposable {
  /** Number of rows B. */
  readonly rows: number;
  /** Number of classes C that the batch was made for. */
  readonly nClasses: number;
  /** Number of dimensions D of a row. */
  readonly nDim: number;
  private readonly _rust: Owned<RustBatch>;
  private readonly _x: () => Float32Array<ArrayBuffer>;
  private readonly _target: () => Int32Array<ArrayBuffer>;
  private readonly _gradX: () => Float32Array<ArrayBuffer>;
  private readonly _logits: (() => Float32Array<ArrayBuffer>) | undefined;
  private readonly _gradLogits: (() => Float32Array<ArrayBuffer>) | undefined;

  /** @internal Users call `loss.batch(B)`. */
  constructor(rows: number, nClasses: number, nDim: number, options: BatchOptions = {}) {
    super();
    checkOptions(options, ['logits']);
    const { logits = false } = options;
    checkChoice(logits, 'logits', [true, false]);
    checkNumber(rows, 'the number of rows', (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number ≥ 0');
    this.rows = rows;
    this.nClasses = nClasses;
    this.nDim = nDim;
    const batch = createBatch();
    reserveRows(batch, rows, nDim, nDim, 'a batch');
    this._rust = new Owned('Batch', batch);
    this._x = renewed(() => floatView(batch, batch.address(BatchArray.X), rows * nDim));
    this._target = renewed(() => integerView(batch, batch.address(BatchArray.Labels), rows));
    this._gradX = renewed(() => floatView(batch, batch.address(BatchArray.Out), rows * nDim));
    const logitsView = (array: BatchArray) => {
      if (logits) reserveArray(batch, array, rows * nClasses, 'a batch');
      return logits ? renewed(() => floatView(batch, batch.address(array), rows * nClasses)) : undefined;
    };
    this._logits = logitsView(BatchArray.Logits);
    this._gradLogits = logitsView(BatchArray.LogitsGradient);
  }

  /** Embeddings [B, nDim]. @throws CenterLossError `ERR_DISPOSED` */
  get x(): Float32Array<ArrayBuffer> {
    return this.rust && this._x();
  }

  /** Labels [B], below 0 = unknown. @throws CenterLossError `ERR_DISPOSED` */
  get target(): Int32Array<ArrayBuffer> {
    return this.rust && this._target();
  }

  /** ∂loss/∂x [B, nDim] of the last call. @throws CenterLossError `ERR_DISPOSED` */
  get gradX(): Float32Array<ArrayBuffer> {
    return this.rust && this._gradX();
  }

  /**
   * Logits [B, nClasses] of the rows, for `softmaxCenter`.
   * @throws CenterLossError `ERR_DISPOSED`; `ERR_OPTION` for a batch that was made without logits
   */
  get logits(): Float32Array<ArrayBuffer> {
    return this.rust && withLogits(this._logits);
  }

  /** ∂loss/∂logits [B, nClasses] of the last `softmaxCenter`. @throws CenterLossError as {@link logits} */
  get gradLogits(): Float32Array<ArrayBuffer> {
    return this.rust && withLogits(this._gradLogits);
  }

  /** Writes shape, rows and labels as plain data, for `JSON.stringify`. @throws CenterLossError `ERR_DISPOSED` */
  toJSON(): BatchJson {
    const { rows, nClasses, nDim, x, target } = this;
    const logits = this._logits && { logits: [...this.logits] };
    return { rows, nClasses, nDim, x: [...x], target: [...target], ...logits };
  }

  /** Frees the memory. Further calls have no effect. */
  dispose(): void {
    this._rust.free();
  }

  /** @internal */
  get rust(): RustBatch {
    return this._rust.object;
  }
}

/** @throws CenterLossError `ERR_OPTION` unless the batch was made with logits */
function withLogits(view: (() => Float32Array<ArrayBuffer>) | undefined): Float32Array<ArrayBuffer> {
  if (view) return view();
  throw new CenterLossError('ERR_OPTION', 'the batch has no logits: make it by batch(rows, { logits: true })');
}

/** @throws CenterLossError `ERR_OUT_OF_MEMORY` */
function createBatch(): RustBatch {
  const Batch = rust(RustBatch);
  return created(
    () => Batch.create(),
    0,
    () => 'a batch',
  );
}

const scratch = /* @__PURE__ */ new Scratch(createBatch);

/** The one batch that every call without a batch of its own uses. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const scratchBatch = (): RustBatch => scratch.object;

/**
 * Reserves memory for rows of `width` values with results of `outWidth` values.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function reserveRows(batch: RustBatch, rows: number, width: number, outWidth: number, call: string): void {
  allocated(
    () => batch.reserve(rows, width, outWidth),
    rows * Math.max(width, outWidth, 1),
    () => `${call} of ${rows} rows of ${width} values`,
  );
  if (scratch.holds(batch)) scratch.noteBytes(4 * rows * Math.max(width, outWidth));
}

/** Reserves memory for one array and returns its address. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function reserveArray(batch: RustBatch, array: BatchArray, length: number, call: string): number {
  allocated(
    () => batch.reserve_array(array, length),
    length,
    () => `${call} with ${length} values`,
  );
  if (scratch.holds(batch)) scratch.noteBytes(4 * length);
  return batch.address(array);
}

/**
 * Reserves the scratch memory that a call of `centers` takes beside its rows.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function prepare(
  centers: RustCenters,
  { batch, rows }: { readonly batch: RustBatch; readonly rows: number },
  work: Work,
  call: string,
  metric: Metric = Metric.SqEuclidean,
): void {
  allocated(
    () => centers.prepare(batch, work, metric),
    undefined,
    () => `${call} with ${rows} rows`,
  );
  if (scratch.holds(batch)) scratch.noteBytes(batch.bytes());
}
