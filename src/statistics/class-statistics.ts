import { ClassCenters } from '../centers/class-centers.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { encodeObject, restored, SavedObject } from '../io/saved-object.js';
import type { Tensor } from '../io/tensor.js';
import { Batch } from '../memory/batch.js';
import { Owned } from '../memory/dispose.js';
import { splitArguments, takeInputs } from '../memory/inputs.js';
import { allocated, copyDoubles, doubles } from '../memory/views.js';
import { checkChoice, checkCount, checkNumber, checkOptions, type Floats } from '../validate/checks.js';
import type { Embeddings } from '../validate/embeddings.js';
import { CenterLossError, quoted } from '../validate/errors.js';
import type { Target } from '../validate/labels.js';
import { checkNames } from '../validate/names.js';
import { rowsTrainedOn } from '../validate/trained-rows.js';
import { type Statistics as RustStatistics, StatisticsArray } from '../wasm/bindings.js';
import { addRows, COVARIANCES, type Covariance, createStatistics } from './rows.js';
import { checkTotals, type StatisticsTotals, totalsShape } from './totals.js';

/** Options of {@link ClassStatistics}. */
export interface ClassStatisticsOptions {
  /** Default 'diagonal'. */
  readonly covariance?: Covariance;
  /** Factor γ, above 0 and at most 1, of the weights of all rows at each later call of `add`. Default 1. */
  readonly forgetting?: number;
  /** Names of the classes [nClasses], all different: labels may then be names. Default none. */
  readonly names?: readonly string[] | undefined;
}

/** Options of {@link ClassStatistics.add} and `OpenSetClassifier.addExamples`. */
export interface AddOptions {
  /** Weight of each row [B], finite and ≥ 0. Default all 1. */
  readonly sampleWeight?: Floats;
}

/**
 * Counts, means and variances of classes from rows that come batch by batch, and of all rows of several such objects:
 * of class j, over its rows x_i of weight w_i,
 *
 *   n_j = Σ w_i,   m_j = Σ w_i·x_i / n_j,   v_j = Σ w_i·(x_i − m_j)² / n_j (in each dimension),
 *   tied covariance = Σ_j Σ w_i·(x_i − m_j)(x_i − m_j)ᵀ / Σ_j n_j,
 *
 * the maximum likelihood estimates. One pass loses nothing to many rows or to an offset: means are within 1e-6 of the
 * spread of the rows, variances within 1e-6 of themselves (below 1e-36 they may be 0).
 *
 * Sources: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 1962;
 * Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 */
export class ClassStatistics extends Saveable {
  /** Number of classes, C. */
  readonly nClasses: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** Second moments that are kept. */
  readonly covariance: Covariance;
  /** Factor of the weight of earlier rows at each `add`. */
  readonly forgetting: number;
  /** Names of the classes, if they have any. */
  readonly names: readonly string[] | undefined;
  private readonly _rust: Owned<RustStatistics>;

  /**
   * @throws CenterLossError `ERR_OPTION` for sizes that are not positive integers and for options out of their range;
   * `ERR_OUT_OF_MEMORY`; `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nDim: number, options: ClassStatisticsOptions = {}) {
    super();
    checkCount(nClasses, 'nClasses');
    checkCount(nDim, 'nDim');
    checkOptions(options, ['covariance', 'forgetting', 'names']);
    const { covariance = 'diagonal', forgetting = 1 } = options;
    checkChoice(covariance, 'covariance', Object.keys(COVARIANCES) as Covariance[]);
    checkNumber(forgetting, 'forgetting', (value) => value > 0 && value <= 1, 'a number above 0 and at most 1');
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.covariance = covariance;
    this.forgetting = forgetting;
    this.names = checkNames(options.names, nClasses);
    this._rust = new Owned('ClassStatistics', createStatistics(nClasses, nDim, covariance).rust);
  }

  /**
   * @internal Rebuilds statistics from the contents of a file. Adding the same rows to both gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for totals that no rows have, before anything is allocated; else as the
   * constructor
   */
  static restore(
    nClasses: number,
    nDim: number,
    { totals, ...options }: ClassStatisticsOptions & { readonly totals: StatisticsTotals },
  ): ClassStatistics {
    checkTotals(totals, { nClasses, nDim, covariance: options.covariance ?? 'diagonal' });
    const statistics = new ClassStatistics(nClasses, nDim, options);
    statistics._forEachTotal((name, address, length) => {
      doubles(address, length).set(totals[name]);
    });
    statistics.rust.restore();
    return statistics;
  }

  /**
   * Adds rows. Those with a label below 0 or of weight 0 are ignored; those with a value that is not
   * finite are left out and counted in `rejected`.
   *
   * With a `Batch`, nothing is copied.
   * @param x rows [B, nDim]
   * @param target labels [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing is
   * added then
   */
  add(x: Embeddings, target: Target, options?: AddOptions): void;
  /** Adds the rows of a batch. */
  add(batch: Batch, options?: AddOptions): void;
  add(x: Embeddings | Batch, targetOrOptions?: Target | AddOptions, optionsAfter?: AddOptions): void {
    this.rust;
    const [target, options] = splitArguments<Target, AddOptions>('add', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    const { nClasses, nDim, forgetting } = this;
    const { sampleWeight } = options;
    if (x instanceof Batch) {
      const spec = { call: 'add', width: nDim, nClasses, labels: 'strict', sampleWeight } as const;
      const { batch } = takeInputs(x, target, spec);
      this.rust.add(batch, forgetting);
    } else addRows(this, x, target, { sampleWeight, forgetting });
    rowsTrainedOn(x);
  }

  /**
   * Adds all rows of other statistics, exactly as if they had been added here. The forgetting factor is not applied.
   * @param other statistics of as many classes and dimensions, of the same covariance, and of the same names if both
   * have names; they stay as they are
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_DISPOSED`
   */
  merge(other: ClassStatistics): void {
    const rust = this.rust;
    // By their addresses, since an object may stand behind a proxy.
    if (!(other instanceof ClassStatistics) || addressOf(other.rust) === addressOf(rust)) {
      throw new CenterLossError('ERR_OPTION', 'merge takes other ClassStatistics');
    }
    if (other.nClasses !== this.nClasses || other.nDim !== this.nDim) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `the other statistics are of ${other.nClasses} classes of ${other.nDim} dimensions, these of ${this.nClasses} of ${this.nDim}`,
      );
    }
    checkChoice(other.covariance, 'the covariance of the others', [this.covariance]);
    const { names = other.names } = this;
    const differs = names?.findIndex((name, j) => name !== (other.names ?? names)[j]) ?? -1;
    if (names && differs >= 0) {
      throw new CenterLossError(
        'ERR_OPTION',
        `class ${differs} is ${quoted(names[differs] as string)} here, but ${quoted(other.names?.[differs] ?? '')} in the other statistics`,
      );
    }
    rust.merge(other.rust);
  }

  /** Σ w [nClasses], a copy; the number of rows where none has a weight. @throws CenterLossError `ERR_DISPOSED` */
  get counts(): Float64Array<ArrayBuffer> {
    return this._copy(StatisticsArray.Counts, this.nClasses);
  }

  /** Means [nClasses, nDim], a copy; 0 of a class without rows. @throws CenterLossError `ERR_DISPOSED` */
  get means(): Float64Array<ArrayBuffer> {
    return this._copy(StatisticsArray.Means, this.nClasses * this.nDim);
  }

  /** Number of rows with a class that were left out for a value that is not finite. @throws CenterLossError `ERR_DISPOSED` */
  get rejected(): number {
    return this._copy(StatisticsArray.Rejected, 1)[0] as number;
  }

  /**
   * Variances [nClasses, nDim], the maximum likelihood estimates; 0 of a class without rows.
   * @throws CenterLossError `ERR_OPTION` with covariance 'none', `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  variances(): Float64Array<ArrayBuffer> {
    const rust = this.rust;
    this._checkHas('variances', ['diagonal', 'tied']);
    this._reserveResults();
    rust.variances();
    return copyDoubles(rust.address(StatisticsArray.Results), this.nClasses * this.nDim);
  }

  /**
   * Covariance [nDim, nDim] of rows around the means of their classes, the maximum likelihood estimate of the one that
   * all classes share; 0 without rows.
   * @throws CenterLossError `ERR_OPTION` unless the covariance is 'tied', `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  tiedCovariance(): Float64Array<ArrayBuffer> {
    const rust = this.rust;
    this._checkHas('tiedCovariance', ['tied']);
    this._reserveResults();
    rust.tied_covariance();
    return copyDoubles(rust.address(StatisticsArray.Results), this.nDim ** 2);
  }

  /**
   * Makes the means centers. The center of a class without rows is Infinity in every dimension, so that no row is nearest
   * to it.
   * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  toCenters(): ClassCenters {
    this.rust;
    const centers = new ClassCenters(this.nClasses, this.nDim, { names: this.names });
    this.writeCenters(centers, 0);
    return centers;
  }

  /**
   * Makes rows in WebAssembly memory, to write to and then pass to `add`.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number): Batch {
    this.rust;
    return new Batch(rows, this.nClasses, this.nDim);
  }

  /**
   * Writes the statistics as a safetensors file: 8 bytes for each class, and for each of its dimensions 8 more, or 16
   * with variances.
   * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    const { nClasses, nDim, names, covariance, forgetting, totals } = this;
    const { rejected, counts, means, squares, scatter } = totals;
    const tensor = (shape: number[], data: Float64Array<ArrayBuffer>): Tensor => ({ dtype: 'F64', shape, data });
    return encodeObject('ClassStatistics', {
      config: { covariance, forgetting },
      names,
      tensors: {
        rejected: tensor([], rejected),
        counts: tensor([nClasses], counts),
        means: tensor([nClasses, nDim], means),
        squares: squares.length > 0 ? tensor([nClasses, nDim], squares) : undefined,
        scatter: scatter.length > 0 ? tensor([scatter.length], scatter) : undefined,
      },
    });
  }

  /**
   * Reads what {@link save} wrote. Adding the same rows to both objects gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): ClassStatistics {
    const saved = new SavedObject(bytes, 'ClassStatistics');
    const config = saved.config<ClassStatisticsOptions>(['covariance', 'forgetting']);
    const [nClasses, nDim] = saved.shape('means');
    const names = saved.names(nClasses);
    // Statistics of another covariance have other totals: none may be missing, or be left over.
    const optional = (name: string, shape: readonly number[], isThere: boolean) =>
      isThere || saved.has(name) ? saved.doubles(name, shape) : new Float64Array(0);
    const totals = {
      rejected: saved.doubles('rejected', []),
      counts: saved.doubles('counts', [nClasses]),
      means: saved.doubles('means', [nClasses, nDim]),
      squares: optional('squares', [nClasses, nDim], config.covariance !== 'none'),
      scatter: optional('scatter', [(nDim * (nDim + 1)) / 2], config.covariance === 'tied'),
    };
    return restored('ClassStatistics', () => ClassStatistics.restore(nClasses, nDim, { ...config, names, totals }));
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): ClassStatistics {
    return ClassStatistics.load(bytesOfJson(value));
  }

  /** Frees the memory of the statistics; batches have a `dispose` of their own. */
  dispose(): void {
    this._rust.free();
  }

  /** @internal */
  get rust(): RustStatistics {
    return this._rust.object;
  }

  /** @internal Writes the means to centers, from center `first` on, as {@link toCenters}. */
  writeCenters(centers: ClassCenters, first: number): void {
    const rust = this._flushed();
    rust.write_centers(centers.rust, first);
  }

  /** @internal Copies all values that a file has. @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY` */
  get totals(): StatisticsTotals {
    const totals = {} as { -readonly [Name in keyof StatisticsTotals]: StatisticsTotals[Name] };
    this._forEachTotal((name, address, length) => {
      totals[name] = copyDoubles(address, length);
    });
    return totals;
  }

  /** Calls `act` with the place of each of the totals in memory, once all rows are in them. */
  private _forEachTotal(act: (name: keyof StatisticsTotals, address: number, length: number) => void): void {
    const rust = this._flushed();
    const shape = totalsShape(this);
    for (const name of Object.keys(shape) as (keyof StatisticsTotals)[]) {
      act(name, rust.address(StatisticsArray[TOTALS[name]]), shape[name]);
    }
  }

  private _flushed(): RustStatistics {
    const rust = this.rust;
    rust.flush();
    return rust;
  }

  private _copy(array: StatisticsArray, length: number): Float64Array<ArrayBuffer> {
    return copyDoubles(this._flushed().address(array), length);
  }

  private _reserveResults(): void {
    const rust = this._flushed();
    const { nClasses, nDim } = this;
    allocated(
      () => rust.reserve_results(),
      2 * nDim * Math.max(nClasses, this.covariance === 'tied' ? nDim : 0),
      () => `results of ${nClasses} classes of ${nDim} dimensions`,
    );
  }

  private _checkHas(name: string, covariances: readonly Covariance[]): void {
    if (covariances.includes(this.covariance)) return;
    throw new CenterLossError('ERR_OPTION', `there is no ${name} with covariance '${this.covariance}'`);
  }
}

const addressOf = (rust: RustStatistics): number => rust.address(StatisticsArray.Counts);

const TOTALS = {
  rejected: 'Rejected',
  counts: 'Counts',
  means: 'Means',
  squares: 'Squares',
  scatter: 'Scatter',
} as const satisfies Record<keyof StatisticsTotals, keyof typeof StatisticsArray>;
