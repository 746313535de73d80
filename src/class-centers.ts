import { checkChoice, checkCount, checkOptions, checkOut, countRows, type Floats } from './check.js';
import { disposedError, HoldsMemory } from './dispose.js';
import { kernels } from './load.js';
import { Block, BYTES, hold, newFloats, readFloats, readIntegers, scratch, writeFloats } from './memory.js';

/** Scratch memory for the rows that are computed at once: it stays within a last-level cache. */
const ROWS_AT_ONCE_BYTES = 4 * 2 ** 20;
/** Fewer at once would not be worth what the kernels do for all of them together … */
const WORTHWHILE_AT_ONCE = 256;
/** … unless they are so wide that they take more than this, … */
const WORTHWHILE_BYTES = 256 * 2 ** 20;
/** … and ever fewer would be computed as few rows are. */
const FEWEST_AT_ONCE = 32;

export interface ClassCentersOptions {
  /** Says that the centers are anchors, which training leaves where they are. Default false. */
  readonly fixed?: boolean;
}

/**
 * A center per class in feature space, `params` [nClasses, nFeatures], all 0 at first.
 *
 * Source: pytorch-ood 0.3.3, `ClassCenters`.
 */
export class ClassCenters extends HoldsMemory {
  readonly nClasses: number;
  readonly nFeatures: number;
  readonly fixed: boolean;
  readonly #params: Block<Float32Array<ArrayBuffer>>;
  #disposed = false;

  /**
   * @throws CenterLossError `ERR_OPTION` for sizes that are no positive integers and for unknown options;
   * `ERR_OUT_OF_MEMORY`; `ERR_WASM_BLOCKED`
   */
  constructor(nClasses: number, nFeatures: number, options: ClassCentersOptions = {}) {
    super();
    checkCount(nClasses, 'nClasses');
    checkCount(nFeatures, 'nFeatures');
    checkOptions(options, ['fixed']);
    const { fixed = false } = options;
    checkChoice(fixed, 'fixed', [true, false]);
    this.nClasses = nClasses;
    this.nFeatures = nFeatures;
    this.fixed = fixed;
    this.#params = Block.floats(nClasses * nFeatures, `${nClasses} centers of ${nFeatures} dimensions`);
  }

  /**
   * The centers [nClasses, nFeatures], row-major, to read and to write: a view on WebAssembly memory, not a copy.
   * Read the property anew rather than keeping the array: when the memory grows, an array taken before loses it
   * (its length becomes 0), and a piece cut from it does not keep the memory from being freed with its owner.
   * @throws CenterLossError `ERR_DISPOSED`
   */
  get params(): Float32Array<ArrayBuffer> {
    this.#checkAlive();
    return this.#params.view;
  }

  /**
   * Squared Euclidean distances d_ij = Σ_k (x_ik − c_jk)², [B, nClasses], each within 1e-5 (relative) of the float64
   * value also where rows lie close to a center far from the origin. Many rows with many classes are computed by another
   * sum than few, so that the last digits may differ; not those of a row's least distance, whose first place is what
   * `predict` gives.
   * @param x rows [B, nFeatures]
   * @param out where to write the result, returned then; default a new array
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  distances(x: Floats, out?: Float32Array): Float32Array {
    return this.#inRowBlocks(x, out, () => {});
  }

  /**
   * The nearest class of each row, argmin_j d_ij, the lowest class among equals; −1 for a row that has no finite
   * distance (a NaN or an infinite value in it, or one so large that its square overflows float32).
   * @param x rows [B, nFeatures]
   * @returns class per row [B]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  predict(x: Floats): Int32Array<ArrayBuffer> {
    this.#checkAlive();
    const rows = countRows(x, 'x', this.nFeatures, 'nFeatures');
    const classes = new Int32Array(rows);
    this.#forRowBlocks('predict', x, rows, 1, (first, count, xAt, resultAt, workAt) => {
      kernels().predict(xAt, count, this.#params.address, this.nClasses, this.nFeatures, resultAt, workAt);
      readIntegers(resultAt, classes.subarray(first, first + count));
    });
    return classes;
  }

  /**
   * Class probabilities by softmin over squared distances, p_ij = e^(−d_ij) / Σ_k e^(−d_ik), [B, nClasses]: what
   * pytorch-ood calls `predict`. NaN in a row of x makes its probabilities NaN. The exponent is as exact as d is: p has a
   * relative error of up to 1e-5 + 1e-6·d.
   * @param x rows [B, nFeatures]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  predictProba(x: Floats): Float32Array<ArrayBuffer> {
    return this.#inRowBlocks(x, undefined, (distances, rows) => {
      kernels().softmin(distances, rows, this.nClasses);
    }) as Float32Array<ArrayBuffer>;
  }

  /** Frees the memory of the centers. What was returned before stays valid; `params` taken before does not. */
  dispose(): void {
    this.#disposed = true;
    this.#params.free();
  }

  /** @internal Where the centers are, for the kernels. */
  get address(): number {
    this.#checkAlive();
    return this.#params.address;
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError('ClassCenters');
  }

  /** Distances of all rows, made into the result block by block where they stand. */
  #inRowBlocks(
    x: Floats,
    out: Float32Array | undefined,
    finish: (distancesAddress: number, rows: number) => void,
  ): Float32Array {
    this.#checkAlive();
    const { nClasses, nFeatures } = this;
    const rows = countRows(x, 'x', nFeatures, 'nFeatures');
    if (out !== undefined) checkOut(out, rows * nClasses, { x, params: this.#params.view });
    const outNow = hold(out ?? newFloats(rows * nClasses));
    this.#forRowBlocks('distances', x, rows, nClasses, (first, count, xAt, resultAt, workAt) => {
      kernels().distances(xAt, count, this.#params.address, nClasses, nFeatures, resultAt, workAt);
      finish(resultAt, count);
      readFloats(resultAt, outNow().subarray(first * nClasses, (first + count) * nClasses));
    });
    return outNow();
  }

  /** Copies rows in, as many at once as scratch memory holds, `resultWidth` values to a row of the result. */
  #forRowBlocks(
    call: string,
    x: Floats,
    rows: number,
    resultWidth: number,
    compute: (first: number, count: number, xAt: number, resultAt: number, workAt: number) => void,
  ): void {
    if (rows === 0) return;
    const xNow = hold(x);
    const dim = this.nFeatures;
    const within = (bytes: number) => Math.floor(bytes / (BYTES * (dim + resultWidth)));
    const worthwhile = Math.min(WORTHWHILE_AT_ONCE, within(WORTHWHILE_BYTES));
    const blocks = Math.ceil(rows / Math.max(within(ROWS_AT_ONCE_BYTES), worthwhile, FEWEST_AT_ONCE));
    const atOnce = Math.ceil(rows / blocks);
    const [xAt, resultAt, workAt] = scratch(`${call} for ${atOnce} rows`, [
      BYTES * atOnce * dim,
      BYTES * atOnce * resultWidth,
      kernels().distances_workspace_bytes(atOnce, this.nClasses, dim) >>> 0,
    ]);
    for (let block = 0; block < blocks; block++) {
      // All of one size, give or take a row: a last one of few rows would be computed as few rows are.
      const first = Math.floor((block * rows) / blocks);
      const count = Math.floor(((block + 1) * rows) / blocks) - first;
      writeFloats(xNow(), first * dim, (first + count) * dim, xAt);
      compute(first, count, xAt, resultAt, workAt);
    }
  }
}
