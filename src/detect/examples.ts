import { listTensor, type SavedObject } from '../io/saved-object.js';
import type { Tensor } from '../io/tensor.js';
import { copyDoubles, doubles, stable } from '../memory/views.js';
import { addRows, createStatistics } from '../statistics/rows.js';
import { checkTotals } from '../statistics/totals.js';
import { newArray, newIntegers } from '../validate/allocate.js';
import type { Floats } from '../validate/checks.js';
import { asRows, countRows, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import { StatisticsArray } from '../wasm/bindings.js';

type Doubles = Float64Array<ArrayBuffer>;

/**
 * Weight and mean of the examples of each class that has some, [1 + nDim]: Σ w_i, then Σ w_i·x_i / Σ w_i. Means are
 * float64, so that many small additions lose nothing.
 */
export class Examples {
  private readonly _nDim: number;
  private readonly _means = new Map<number, Doubles>();

  constructor(nDim: number) {
    this._nDim = nDim;
  }

  /** Weight and mean of a class; undefined without examples. */
  get(label: number): Doubles | undefined {
    return this._means.get(label);
  }

  set(label: number, mean: Doubles): void {
    this._means.set(label, mean);
  }

  /** Removes the examples of a class. The class `last` takes its number. */
  remove(label: number, last: number): void {
    const mean = this._means.get(last);
    this._means.delete(label);
    if (mean) this._means.set(label, mean);
    this._means.delete(last);
  }

  /**
   * Computes weight and mean of earlier examples and new ones, without those that are not finite.
   * @param x rows [n, nDim]
   * @throws CenterLossError `ERR_SHAPE`, also if no new example counts; `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
   */
  joined(earlier: Doubles | undefined, x: Embeddings, sampleWeight: Floats | undefined): Doubles {
    const nDim = this._nDim;
    const values = asRows(x, 'examples', nDim);
    const rows = countRows(values, 'examples', nDim);
    const valuesView = stable(values);
    const statistics = createStatistics(1, nDim, 'none');
    const { rust } = statistics;
    try {
      // The mean follows the weight in the memory of a single class.
      const address = rust.address(StatisticsArray.Counts);
      if (earlier) {
        doubles(address, 1 + nDim).set(earlier);
        rust.restore();
      }
      addRows(statistics, valuesView(), newIntegers(rows), { sampleWeight, forgetting: 1 });
      rust.flush();
      const all = copyDoubles(address, 1 + nDim);
      if (all[0] !== (earlier?.[0] ?? 0)) return all;
    } finally {
      rust.free();
    }
    throw new CenterLossError('ERR_SHAPE', `none of the ${rows} examples is finite and of a weight that counts`);
  }

  /** Weights [nClasses], 0 without examples, and means of the classes that have some; no tensors if none has. */
  tensors(nClasses: number): Record<string, Tensor> {
    if (this._means.size === 0) return {};
    const [nDim, shape] = [this._nDim, [this._means.size, this._nDim]];
    const weights = new Float64Array(nClasses);
    const means = newArray(() => new Float64Array(this._means.size * nDim), 8 * this._means.size * nDim);
    let nth = 0;
    for (let label = 0; label < nClasses; label++) {
      const mean = this._means.get(label);
      if (mean === undefined) continue;
      weights.set(mean.subarray(0, 1), label);
      means.set(mean.subarray(1), nth * nDim);
      nth += 1;
    }
    return { exampleWeights: listTensor(weights), exampleMeans: { dtype: 'F64', shape, data: means } };
  }

  /** Reads the tensors, if there are any. @throws CenterLossError `ERR_FORMAT` */
  read(saved: SavedObject, nClasses: number): void {
    if (!saved.has('exampleWeights')) return;
    const nDim = this._nDim;
    const weights = saved.doubles('exampleWeights', [nClasses]);
    const labels = [...weights.keys()].filter((label) => weights[label] !== 0);
    const counts = weights.filter((weight) => weight !== 0);
    const means = saved.doubles('exampleMeans', [labels.length, nDim]);
    const none = { rejected: new Float64Array(1), squares: new Float64Array(0), scatter: new Float64Array(0) };
    checkTotals({ ...none, counts, means }, { nClasses: labels.length, nDim, covariance: 'none' });
    labels.forEach((label, nth) => {
      const mean = new Float64Array(1 + nDim);
      mean.set(counts.subarray(nth, nth + 1));
      mean.set(means.subarray(nth * nDim, (nth + 1) * nDim), 1);
      this._means.set(label, mean);
    });
  }
}
