import { rust } from '../engine/engine.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, restored, SavedObject } from '../io/saved-object.js';
import { prepare, reserveRows, scratchBatch } from '../memory/batch.js';
import { Owned } from '../memory/dispose.js';
import { created } from '../memory/scratch.js';
import {
  allocated,
  copyFloats,
  floatView,
  newFloats,
  readFloats,
  readIntegers,
  renewed,
  stable,
  writeFloats,
} from '../memory/views.js';
import { addRows, createStatistics } from '../statistics/rows.js';
import { newIntegers } from '../validate/allocate.js';
import { lengthOf, type NumberArray } from '../validate/arrays.js';
import { checkChoice, checkCount, checkOptions, checkOut, checkTemperature, type Floats } from '../validate/checks.js';
import { asRows, countRows, type Embeddings, widthOf } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import { type Labels, labelsOf, namesIn, type Target } from '../validate/labels.js';
import { checkMetric, type Metric, rustMetric } from '../validate/metric.js';
import { checkNames } from '../validate/names.js';
import { rowsTrainedOn } from '../validate/trained-rows.js';
import {
  BatchArray,
  CentersArray,
  type Batch as RustBatch,
  Centers as RustCenters,
  ScoreKind,
  Work,
} from '../wasm/bindings.js';

/** Bytes of rows and results that are computed at once: they stay within a last-level cache. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** Rows below which packing the centers costs more than it saves. A chunk exceeds `CHUNK_BYTES` to have that many. */
const WORTHWHILE_ROWS = 256;
/** Bound on the bytes of a chunk that exceeds `CHUNK_BYTES` to reach `WORTHWHILE_ROWS`. */
const WORTHWHILE_BYTES = 256 * 2 ** 20;
/** Minimum rows of a chunk: the kernel sums fewer rows in another order, so that the last digits may differ. */
const MIN_ROWS = 32;

/** Options of {@link ClassCenters}. */
export interface ClassCentersOptions {
  /** True for anchors, which training does not move. Default false. */
  readonly fixed?: boolean;
  /** Distance of rows to the centers. Default 'sqeuclidean'. */
  readonly metric?: Metric;
  /** Names of the classes [nClasses], all different. Default none. */
  readonly names?: readonly string[] | undefined;
}

/** Options of {@link ClassCenters.fit}. */
export interface FitCentersOptions {
  /** Number of dimensions D of a row. Default that of the rows; a list of B·D numbers does not tell it. */
  readonly nDim?: number;
  /**
   * Number of classes C. Default the number of names, or the largest label + 1. Give it where a batch may lack the last
   * classes.
   */
  readonly nClasses?: number;
  /** Weight ≥ 0 of each row [B]. Default all 1. */
  readonly sampleWeight?: Floats;
  /** Distance of rows to the centers. Default 'sqeuclidean'. */
  readonly metric?: Metric;
  /**
   * Names of the classes [nClasses], all different. Default those in `target`, each once, in the order of their UTF-16
   * code units; none if labels are integers.
   */
  readonly names?: readonly string[] | undefined;
}

/** Options of {@link ClassCenters.predictProba}. */
export interface ProbabilityOptions {
  /** Temperature T, from 1e-30 to 1e30: the larger, the closer the probabilities are to each other. Default 1. */
  readonly temperature?: number;
}

/**
 * One center for each class in feature space, `params` [nClasses, nDim], all 0 at first.
 *
 * Source: pytorch-ood 0.4.0, `ClassCenters`.
 */
export class ClassCenters extends Saveable {
  /** Number of classes, C. */
  readonly nClasses: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** True for anchors, which training does not move. */
  readonly fixed: boolean;
  /** Distance that `distances`, `predict` and `predictProba` use. */
  readonly metric: Metric;
  /** Names of the classes, if they have any. */
  readonly names: readonly string[] | undefined;
  private readonly _rust: Owned<RustCenters>;
  private _params: (() => Float32Array<ArrayBuffer>) | undefined;

  /**
   * @throws CenterLossError `ERR_OPTION` for sizes that are not positive integers and for unknown options;
   * `ERR_SHAPE` for another number of names; `ERR_OUT_OF_MEMORY`; `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: ClassCentersOptions = {}) {
    super();
    checkCount(nClasses, 'nClasses');
    checkCount(nDim, 'nDim');
    checkOptions(options, ['fixed', 'metric', 'names']);
    const { fixed = false, metric = 'sqeuclidean' } = options;
    checkChoice(fixed, 'fixed', [true, false]);
    checkMetric(metric);
    const names = checkNames(options.names, nClasses);
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.fixed = fixed;
    this.metric = metric;
    this.names = names;
    const Centers = rust(RustCenters);
    const centers = created(
      () => Centers.create(nClasses, nDim),
      nClasses * nDim,
      () => `${nClasses} centers of ${nDim} dimensions`,
    );
    this._rust = new Owned('ClassCenters', centers);
    this._params = undefined;
  }

  /**
   * Makes the mean of each class its center, c_j = Σ w_i·x_i / Σ w_i over its rows. The center of a class without rows
   * is Infinity in every dimension, so that no row is nearest to it. Rows with a label below 0, and those with a value
   * that is not finite, are left out. Labels that are names give the classes their names.
   * @param x rows [B, nDim]
   * @param target labels [B], at least one of a class; or names, null = left out
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
   */
  static fit(x: Embeddings, target: Target, options: FitCentersOptions = {}): ClassCenters {
    checkOptions(options, ['sampleWeight', 'nDim', 'nClasses', 'metric', 'names']);
    const labels = labelsOf(target);
    const found = checkNames(options.names ?? namesIn(labels));
    const { nDim = dimensionsOf(x), nClasses = classesIn(labels, found), sampleWeight, ...rest } = options;
    checkCount(nClasses, 'nClasses');
    const names = checkNames(found, nClasses);
    const statistics = createStatistics(nClasses, nDim, 'none');
    try {
      addRows({ ...statistics, names }, x, labels, { sampleWeight, forgetting: 1 });
      const centers = new ClassCenters(nClasses, statistics.nDim, { ...rest, names });
      statistics.rust.flush();
      statistics.rust.write_centers(centers.rust, 0);
      rowsTrainedOn(x);
      return centers;
    } finally {
      statistics.rust.free();
    }
  }

  /**
   * Centers [nClasses, nDim], row-major, to read and to write: a view on WebAssembly memory, not a copy. Read the
   * property again instead of keeping the array: when the memory grows, an array taken before loses it (its length
   * becomes 0), and a subarray of it does not keep the memory from being freed with its owner.
   * @throws CenterLossError `ERR_DISPOSED`
   */
  get params(): Float32Array<ArrayBuffer> {
    const { rust, nClasses, nDim } = this;
    // Made at the first read: most of many objects are never read.
    this._params ??= renewed(() => floatView(rust, rust.address(CentersArray.Params), nClasses * nDim));
    return this._params();
  }

  /** Copies the centers [nClasses, nDim], to keep. @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY` */
  toArray(): Float32Array<ArrayBuffer> {
    return copyFloats(this.rust.address(CentersArray.Params), this.nClasses * this.nDim);
  }

  /**
   * Distances d_ij of the rows to all centers [B, nClasses], by the metric of the centers.
   *
   * Each is within 1e-5 (relative) of the float64 value, also where rows lie close to a center far from the origin;
   * 'cosine' within 1e-5 and 3e-7·√d, since directions are rounded to float32. The least distance of a row is always
   * within 1e-5, and its first place is what `predict` gives. Many rows with many classes are computed by another sum
   * than few, so that the last digits of the others may differ.
   * @param x rows [B, nDim]
   * @param out array for the result, returned then; default a new one
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  distances(x: Embeddings, out?: Float32Array): Float32Array {
    return this._distances(x, out, () => {});
  }

  /**
   * Nearest class of each row, argmin_j d_ij, the lowest class among equals; −1 for a row without a finite distance
   * (a NaN or an infinite value in it, or one so large that its square overflows float32).
   * @param x rows [B, nDim]
   * @returns class per row [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  predict(x: Embeddings): Int32Array<ArrayBuffer> {
    // A disposed object says so, whatever the rows.
    this.rust;
    const values = asRows(x, 'x', this.nDim);
    const centers = this.rust;
    const classes = newIntegers(countRows(values, 'x', this.nDim));
    // The nearest center is the same for a distance and for its square.
    const isCosine = this.metric === 'cosine';
    this._forEachChunk(
      'predict',
      values,
      classes.length,
      1,
      isCosine ? Work.Classify : Work.Predict,
      (batch, start, end) => {
        if (isCosine) centers.classify(batch, ScoreKind.Distance, rustMetric(this.metric), 0);
        else centers.predict(batch);
        readIntegers(batch.address(BatchArray.Nearest), classes, start, end);
      },
    );
    return classes;
  }

  /**
   * Class probabilities by softmin over the distances, p_ij = e^(−d_ij/T) / Σ_k e^(−d_ik/T), [B, nClasses]; pytorch-ood
   * calls this `predict`, with T = 1. NaN in a row of x makes its probabilities NaN. The exponent is as exact as d is: p
   * has a relative error of up to 1e-5 + 1e-6·d/T.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  predictProba(x: Embeddings, options: ProbabilityOptions = {}): Float32Array<ArrayBuffer> {
    // A disposed object says so, whatever the options.
    checkOptions(this.rust && options, ['temperature']);
    const { temperature = 1 } = options;
    checkTemperature(temperature);
    return this._distances(x, undefined, (batch) => batch.softmin(temperature)) as Float32Array<ArrayBuffer>;
  }

  /**
   * Writes the centers with metric and names as a safetensors file.
   * @throws CenterLossError `ERR_OPTION` for centers that are not finite, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    const { nClasses, nDim, fixed, metric, names } = this;
    return encodeObject('ClassCenters', {
      config: { fixed, metric },
      names,
      tensors: { centers: centersTensor(this.params, nClasses, nDim) },
    });
  }

  /**
   * Reads what {@link save} wrote, to the last bit.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): ClassCenters {
    const saved = new SavedObject(bytes, 'ClassCenters');
    const config = saved.config<ClassCentersOptions>(['fixed', 'metric']);
    const { params, nClasses, nDim } = saved.centers();
    const names = saved.names(nClasses);
    const centers = restored('ClassCenters', () => new ClassCenters(nClasses, nDim, { ...config, names }));
    centers.params.set(params);
    return centers;
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): ClassCenters {
    return ClassCenters.load(bytesOfJson(value));
  }

  /** Frees the memory of the centers. Results stay valid; `params` taken before does not. */
  dispose(): void {
    this._rust.free();
  }

  /** @internal */
  get rust(): RustCenters {
    return this._rust.object;
  }

  /**
   * @internal Changes the number of classes. Only a classifier does so, with centers that nobody else has: `params` that
   * were taken before lose their memory.
   * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  _resize(nClasses: number): void {
    const { rust, nDim } = this;
    allocated(
      () => rust.resize(nClasses),
      nClasses * nDim,
      () => `${nClasses} centers of ${nDim} dimensions`,
    );
    (this as { nClasses: number }).nClasses = nClasses;
    this._params = undefined;
    // Codes that are kept lose the last class; a class that is new has some when it is written.
    rust.changed(nClasses);
  }

  /** @internal Writes the center of one class, of centers whose codes are kept. */
  _write(label: number, values: ArrayLike<number>): void {
    this.params.set(values, label * this.nDim);
    this.rust.changed(label);
  }

  /**
   * @internal Computes the distances of all rows, and lets `finish` change them in `Out`, chunk by chunk.
   * @param metric 'whitened': of rows and centers that a classifier whitens
   */
  _distances(
    x: Embeddings,
    out: Float32Array | undefined,
    finish: (batch: RustBatch) => void,
    metric: Metric | 'whitened' = this.metric,
  ): Float32Array {
    this.rust;
    const { nClasses } = this;
    const values = asRows(x, 'x', this.nDim);
    const centers = this.rust;
    const rows = countRows(values, 'x', this.nDim);
    if (out !== undefined) checkOut(out, rows * nClasses, { x: values, params: this.params });
    const outView = stable(out ?? newFloats(rows * nClasses));
    const isWhitened = metric === 'whitened';
    const work = isWhitened ? Work.ClassifyWhitened : Work.Distances;
    const own = isWhitened ? 'sqeuclidean' : metric;
    const compute = (batch: RustBatch, start: number, end: number) => {
      if (isWhitened) {
        centers.whiten(batch);
        centers.whitened_distances(batch);
      } else centers.distances(batch, rustMetric(own));
      finish(batch);
      readFloats(batch.address(BatchArray.Out), outView(), start * nClasses, end * nClasses);
    };
    this._forEachChunk('distances', values, rows, nClasses, work, compute, own);
    return outView();
  }

  /** Copies the rows into the scratch batch chunk by chunk, with memory for `outWidth` results for each row. */
  private _forEachChunk(
    call: string,
    x: NumberArray,
    rows: number,
    outWidth: number,
    work: Work,
    compute: (batch: RustBatch, start: number, end: number) => void,
    metric = this.metric,
  ): void {
    if (rows === 0) return;
    const { rust: centers, nDim } = this;
    const xView = stable(x);
    const rowsWithin = (bytes: number) => Math.floor(bytes / (4 * (nDim + outWidth)));
    const worthwhile = Math.min(WORTHWHILE_ROWS, rowsWithin(WORTHWHILE_BYTES));
    const chunks = Math.ceil(rows / Math.max(rowsWithin(CHUNK_BYTES), worthwhile, MIN_ROWS));
    const batch = scratchBatch();
    const most = Math.ceil(rows / chunks);
    reserveRows(batch, most, nDim, outWidth, call);
    prepare(centers, { batch, rows: most }, work, call, rustMetric(metric));
    for (let chunk = 0; chunk < chunks; chunk++) {
      // Chunks differ by at most one row: the kernel would compute a last chunk of few rows by another sum.
      const start = Math.floor((chunk * rows) / chunks);
      const end = Math.floor(((chunk + 1) * rows) / chunks);
      writeFloats(xView(), start * nDim, end * nDim, batch.address(BatchArray.X));
      batch.set_rows(end - start);
      compute(batch, start, end);
    }
  }
}

/** Counts the classes of labels: their names, or the largest label + 1. */
function classesIn(labels: Labels, names: readonly string[] | undefined): number {
  let [count, areWhole] = [names?.length ?? 0, true];
  const length = names ? 0 : lengthOf(labels);
  for (let i = 0; i < length; i++) {
    const label = labels[i];
    const value = typeof label === 'bigint' ? Number(label) : (label as number);
    if (!Number.isInteger(value)) areWhole = false;
    else if (value >= count) count = value + 1;
  }
  if (count > 0) return count;
  // `addRows` reports labels that are not integers.
  if (!areWhole) return 1;
  throw new CenterLossError('ERR_LABEL', `none of the ${lengthOf(labels)} labels in target is of a class`);
}

function dimensionsOf(x: Embeddings): number {
  const width = widthOf(x, 'x');
  if (width !== undefined) return width;
  const values = asRows(x, 'x', 1);
  throw new CenterLossError(
    'ERR_SHAPE',
    `x is a list of ${lengthOf(values)} numbers: give the option nDim, the number of dimensions of a row`,
  );
}
