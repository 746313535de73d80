import {
  Batch,
  Block,
  BYTES,
  CenterLossError,
  ClassCenters,
  checkChoice,
  checkCount,
  checkNumber,
  checkOptions,
  checkRowsMatch,
  checkTarget,
  countRows,
  disposedError,
  type Floats,
  HoldsMemory,
  hold,
  integers,
  newBatch,
  readBytes,
  scratch,
  type Target,
  writeBytes,
  writeFloats,
  writeLabels,
} from '../core.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import { argumentsOf, operandsOf } from './operands.js';
import { decode, encode } from './statistics-bytes.js';
import { COVARIANCES, type Stretch, type Totals, totalsOf } from './statistics-totals.js';
import { checkedWeights } from './weights.js';

/** What `ClassStatistics` knows beside counts and means. */
export type Covariance =
  /** The variance of each class in each dimension. */
  | 'diagonal'
  /** These, and the covariance [D, D] of rows around the means of their classes, one for all classes. */
  | 'tied'
  /** Nothing. */
  | 'none';

export interface ClassStatisticsOptions {
  /** Default 'diagonal'. */
  readonly covariance?: Covariance;
  /** γ, above 0 and at most 1: what rows of a call of `add` weigh is γ times as much after each later one. Default 1. */
  readonly forgetting?: number;
}

export interface AddOptions {
  /** The weight of each row [B], finite and ≥ 0. Default: 1. */
  readonly sampleWeight?: Floats;
}

/** Rows that are copied in at once: they stay within the cache from which they are read then. */
const AT_ONCE_BYTES = 2 ** 18;
const DOUBLE_BYTES = 8;

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
export class ClassStatistics extends HoldsMemory {
  readonly nClasses: number;
  readonly nFeatures: number;
  readonly covariance: Covariance;
  readonly forgetting: number;
  readonly #block: Block<Float32Array<ArrayBuffer>>;
  readonly #totals: Totals;
  #disposed = false;

  /**
   * @throws CenterLossError `ERR_OPTION` for sizes that are no positive integers and for options out of their range;
   * `ERR_OUT_OF_MEMORY`; `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nFeatures: number, options: ClassStatisticsOptions = {}) {
    super();
    checkCount(nClasses, 'nClasses');
    checkCount(nFeatures, 'nFeatures');
    checkOptions(options, ['covariance', 'forgetting']);
    const { covariance = 'diagonal', forgetting = 1 } = options;
    checkChoice<Covariance>(covariance, 'covariance', COVARIANCES);
    checkNumber(forgetting, 'forgetting', (value) => value > 0 && value <= 1, 'a number above 0 and at most 1');
    this.nClasses = nClasses;
    this.nFeatures = nFeatures;
    this.covariance = covariance;
    this.forgetting = forgetting;
    this.#totals = totalsOf(nClasses, nFeatures, covariance);
    const bytes = openSet().statistics_bytes(nClasses, nFeatures, COVARIANCES.indexOf(covariance));
    this.#block = Block.floats(bytes / BYTES, `statistics of ${nClasses} classes of ${nFeatures} features`);
    openSet().statistics_restore(...this.#self());
  }

  /**
   * Adds rows. Those with a label below 0 or of weight 0 are as if they were not there; those with a value that is not
   * finite are left out and counted in `rejected`.
   *
   * With a `Batch`, nothing is copied.
   * @param x rows [B, nFeatures]
   * @param target labels [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing is
   * added then
   */
  add(x: Embeddings, target: Target, options?: AddOptions): void;
  add(batch: Batch, options?: AddOptions): void;
  add(x: Embeddings | Batch, targetOrOptions?: Target | AddOptions, optionsAfter?: AddOptions): void {
    this.#checkAlive();
    const [target, options] = argumentsOf<Target, AddOptions>('add', x, targetOrOptions, optionsAfter);
    checkOptions(options, ['sampleWeight']);
    if (x instanceof Batch) this.#addBatch(x, options);
    else this.#addRows(asFloats(x, 'x'), target, options);
  }

  /**
   * Adds all rows of others, exactly: as if they had been added here. A forgetting factor does not age either.
   * @param other of as many classes and features, and of the same covariance; it stays as it is
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_DISPOSED`
   */
  merge(other: ClassStatistics): void {
    this.#checkAlive();
    if (!(other instanceof ClassStatistics) || other === this) {
      throw new CenterLossError('ERR_OPTION', 'merge takes other ClassStatistics');
    }
    if (other.nClasses !== this.nClasses || other.nFeatures !== this.nFeatures) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `the other statistics are of ${other.nClasses} classes of ${other.nFeatures} features, these of ${this.nClasses} of ${this.nFeatures}`,
      );
    }
    checkChoice(other.covariance, 'the covariance of the others', [this.covariance]);
    openSet().statistics_merge(...this.#self(), other.#address);
  }

  /** Σ w [nClasses], a copy; the number of rows where none has a weight. @throws CenterLossError `ERR_DISPOSED` */
  get counts(): Float64Array<ArrayBuffer> {
    return this.#read(this.#totals.counts);
  }

  /** Means [nClasses, nFeatures], a copy; 0 of a class without rows. @throws CenterLossError `ERR_DISPOSED` */
  get means(): Float64Array<ArrayBuffer> {
    return this.#read(this.#totals.means);
  }

  /** Rows with a class that were left out for a value that is not finite. @throws CenterLossError `ERR_DISPOSED` */
  get rejected(): number {
    return this.#read(this.#totals.rejected)[0] as number;
  }

  /**
   * Variances [nClasses, nFeatures], the maximum likelihood estimates; 0 of a class without rows.
   * @throws CenterLossError `ERR_OPTION` with covariance 'none', `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  variances(): Float64Array<ArrayBuffer> {
    this.#checkKnows('variances', ['diagonal', 'tied']);
    const at = this.#room('variances', this.nClasses * this.nFeatures);
    openSet().statistics_variances(...this.#self(), at);
    return doublesAt(at, this.nClasses * this.nFeatures);
  }

  /**
   * The covariance [nFeatures, nFeatures] of rows around the means of their classes, the maximum likelihood estimate of
   * the one that all classes share; 0 without rows.
   * @throws CenterLossError `ERR_OPTION` unless the covariance is 'tied', `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  tiedCovariance(): Float64Array<ArrayBuffer> {
    this.#checkKnows('tiedCovariance', ['tied']);
    const at = this.#room('the tied covariance', this.nFeatures ** 2);
    openSet().statistics_covariance(...this.#self(), at);
    return doublesAt(at, this.nFeatures ** 2);
  }

  /**
   * The means as centers. That of a class without rows is Infinity in every dimension, so that no row is ever nearest
   * to it.
   * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  toCenters(): ClassCenters {
    this.#checkAlive();
    const centers = new ClassCenters(this.nClasses, this.nFeatures);
    this.writeCenters(centers.address);
    return centers;
  }

  /**
   * All of it, to be stored or sent: 8 bytes a class, and for each of its dimensions 8 more, or 16 with variances.
   * @throws CenterLossError `ERR_DISPOSED`
   */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { nClasses, nFeatures, covariance, forgetting } = this;
    const totals = this.#read({ start: 0, length: this.#totals.length });
    return encode({ nClasses, nFeatures, covariance, forgetting, totals });
  }

  /**
   * What `toBytes` gave, as it was: rows that are added then lead to the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other bytes, with the value at fault; `ERR_OUT_OF_MEMORY`
   */
  static fromBytes(bytes: Uint8Array): ClassStatistics {
    const { nClasses, nFeatures, covariance, forgetting, totals } = decode(bytes);
    const statistics = new ClassStatistics(nClasses, nFeatures, { covariance, forgetting });
    writeBytes(totals, statistics.#totalsAddress);
    openSet().statistics_restore(...statistics.#self());
    return statistics;
  }

  /**
   * Rows in WebAssembly memory, to write to and then pass to `add`.
   * @param rows B
   * @throws CenterLossError `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  batch(rows: number): Batch {
    this.#checkAlive();
    return newBatch(rows, this.nClasses, this.nFeatures);
  }

  /** Frees its memory; batches have a `dispose` of their own. */
  dispose(): void {
    this.#disposed = true;
    this.#block.free();
  }

  /** @internal Writes what {@link toCenters} has to an address. */
  writeCenters(address: number): void {
    openSet().statistics_settle(...this.#self());
    openSet().statistics_centers(...this.#self(), address);
  }

  get #address(): number {
    this.#checkAlive();
    return this.#block.address;
  }

  get #totalsAddress(): number {
    const [address, ...shape] = this.#self();
    return address + openSet().statistics_totals(...shape);
  }

  /** What every kernel takes. */
  #self(): [address: number, nClasses: number, nFeatures: number, covariance: number] {
    return [this.#address, this.nClasses, this.nFeatures, COVARIANCES.indexOf(this.covariance)];
  }

  #addBatch(batch: Batch, { sampleWeight }: AddOptions): void {
    const { nClasses, nFeatures } = this;
    const at = operandsOf(batch, undefined, {
      call: 'add',
      width: nFeatures,
      widthName: 'nFeatures',
      nClasses,
      labels: 'strict',
      sampleWeight,
      work: () => [],
    });
    openSet().statistics_add(...this.#self(), at.x, at.target, at.rows, at.sampleWeight, this.forgetting);
  }

  #addRows(x: Floats, target: Target, { sampleWeight }: AddOptions): void {
    const dim = this.nFeatures;
    const rows = countRows(x, 'x', dim, 'nFeatures');
    checkTarget(target);
    checkRowsMatch(rows, 'x', dim, target.length);
    const weights = checkedWeights(sampleWeight, 'sampleWeight', rows, 'rows');
    const [xNow, targetNow] = [hold(x), hold(target as Int32Array)];
    const atOnce = Math.min(rows, Math.max(1, Math.floor(AT_ONCE_BYTES / (BYTES * dim))));
    const [xAt, labelsAt, weightsAt] = scratch(`add with ${rows} rows of ${dim} values`, [
      BYTES * atOnce * dim,
      BYTES * rows,
      weights ? BYTES * rows : 0,
    ]);
    writeLabels(targetNow(), this.nClasses, 'strict', integers(), labelsAt / BYTES);
    if (weights) writeFloats(weights, 0, rows, weightsAt);
    const self = this.#self();
    // At least once: the rows before are older now, even if none came.
    for (let first = 0; first === 0 || first < rows; first += atOnce) {
      const end = Math.min(first + atOnce, rows);
      writeFloats(xNow(), first * dim, end * dim, xAt);
      const [labels, weight] = [labelsAt + BYTES * first, weights ? weightsAt + BYTES * first : 0];
      openSet().statistics_add(...self, xAt, labels, end - first, weight, first === 0 ? this.forgetting : 1);
      if (rows === 0) break;
    }
  }

  #read({ start, length }: Stretch): Float64Array<ArrayBuffer> {
    openSet().statistics_settle(...this.#self());
    return doublesAt(this.#totalsAddress + DOUBLE_BYTES * start, length);
  }

  /** Where a result of 64-bit numbers may stand, once all rows are in the totals. */
  #room(what: string, length: number): number {
    const [at] = scratch(`${what} of ${this.nClasses} classes of ${this.nFeatures} features`, [DOUBLE_BYTES * length]);
    openSet().statistics_settle(...this.#self());
    return at;
  }

  #checkKnows(what: string, which: readonly Covariance[]): void {
    this.#checkAlive();
    if (which.includes(this.covariance)) return;
    throw new CenterLossError('ERR_OPTION', `there is no ${what} with covariance '${this.covariance}'`);
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError('ClassStatistics');
  }
}

function doublesAt(address: number, length: number): Float64Array<ArrayBuffer> {
  const copy = newDoubles(length);
  readBytes(address, copy);
  return copy;
}

function newDoubles(length: number): Float64Array<ArrayBuffer> {
  try {
    return new Float64Array(length);
  } catch (cause) {
    throw new CenterLossError('ERR_OUT_OF_MEMORY', `the result needs ${DOUBLE_BYTES * length} bytes`, { cause });
  }
}
