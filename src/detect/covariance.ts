import { allocated, doubles } from '../memory/views.js';
import { newDoubles } from '../validate/allocate.js';
import type { NumberArray } from '../validate/arrays.js';
import { CenterLossError } from '../validate/errors.js';
import { CentersArray, type Centers as RustCenters } from '../wasm/bindings.js';

type Doubles = Float64Array<ArrayBuffer>;

/** Weight λ, from 0 to 1, by which correlations shrink; 'ledoit-wolf' finds it. */
export type Shrinkage = number | 'ledoit-wolf';

/** Normal distribution, with the factor W for which W·x has the covariance I. */
export interface Gaussian {
  /** Σ [nDim, nDim]. */
  readonly covariance: Doubles;
  /** W = L⁻¹, Σ = L·Lᵀ, row after row: the first i + 1 values of row i, and zeros up to a multiple of 4. */
  readonly factor: Doubles;
}

/** Distributions that score 'mahalanobis' measures by, with a full covariance. */
export interface Gaussians {
  /** Covariance that all classes share. */
  readonly classes: Gaussian;
  /** All known rows as one class, to whose distances the others are relative. */
  readonly background?: (Gaussian & { readonly mean: Doubles }) | undefined;
}

/** Factors that whiten rows and centers. */
export type Whitening = Pick<Gaussians, 'background'> & { readonly classes: Pick<Gaussian, 'factor'> };

/** Pivot of a correlation matrix below which it counts as singular: float64 keeps 1e-5 of a distance above it. */
const MIN_PIVOT = 1e-10;

const LANES = 4;
const widthOf = (nDim: number): number => Math.ceil(nDim / LANES) * LANES;

/** Known rows without their centers, as many at a time as a pass over a matrix takes. */
class Residuals {
  private readonly _x: NumberArray;
  private readonly _labels: Int32Array;
  private readonly _centers: ArrayLike<number>;
  private readonly _nDim: number;

  constructor(x: NumberArray, labels: Int32Array, centers: ArrayLike<number>, nDim: number) {
    [this._x, this._labels, this._centers, this._nDim] = [x, labels, centers, nDim];
  }

  /** Calls `act` with four rows at a time, zeros after the last. Returns the number of rows that are finite. */
  forEachFour(act: (four: Doubles) => void): number {
    const { _x: x, _labels: labels, _centers: centers, _nDim: nDim } = this;
    const four = newDoubles(LANES * nDim);
    let rows = 0;
    for (let row = 0; row < labels.length; row++) {
      const [from, center, to] = [row * nDim, (labels[row] as number) * nDim, (rows % LANES) * nDim];
      let isCounted = center >= 0;
      for (let k = 0; isCounted && k < nDim; k++) {
        const value = Math.fround(x[from + k] as number) - (centers[center + k] as number);
        isCounted = Number.isFinite(value);
        four[to + k] = value;
      }
      if (!isCounted) {
        four.fill(0, to, to + nDim);
        continue;
      }
      rows += 1;
      if (rows % LANES > 0) continue;
      act(four);
      four.fill(0);
    }
    if (rows % LANES > 0) act(four);
    return rows;
  }
}

/**
 * Fits the covariance of rows about their centers, Σ = Σ_i (x_i − c_i)(x_i − c_i)ᵀ/n, and shrinks it to
 * Σ'_kl = (1 − λ)·Σ_kl for k ≠ l: variances stay, whatever the units of the dimensions. 'ledoit-wolf' takes the λ of Ledoit
 * and Wolf 2004 for rows of variance 1 in each dimension.
 * @throws CenterLossError `ERR_SHAPE` for a covariance that is singular, `ERR_OUT_OF_MEMORY`
 */
export function fitGaussian(
  x: NumberArray,
  labels: Int32Array,
  centers: ArrayLike<number>,
  nDim: number,
  shrinkage: Shrinkage,
): Gaussian {
  const residuals = new Residuals(x, labels, centers, nDim);
  const covariance = newDoubles(nDim * nDim);
  const rows = residuals.forEachFour((four) => addOuterProducts(covariance, four, nDim));
  for (let i = 0; i < covariance.length; i++) covariance[i] = (covariance[i] as number) / rows;
  const rest = centers.length / nDim + nDim - rows;
  const hint =
    rest > 0
      ? `${rows} known rows are ${rest} too few for ${centers.length / nDim} centers of ${nDim} dimensions: add rows`
      : 'leave the dimension out';
  const deviations = deviationsOf(covariance, largestOf(centers, nDim), shrinkage !== 0, hint);
  const kept = 1 - (shrinkage === 'ledoit-wolf' ? ledoitWolf(covariance, deviations, residuals, rows) : shrinkage);
  for (let i = 0; i < nDim; i++) {
    for (let j = 0; j < i; j++) {
      const value = kept * (covariance[i * nDim + j] as number);
      covariance[i * nDim + j] = value;
      covariance[j * nDim + i] = value;
    }
    covariance[i * nDim + i] = (deviations[i] as number) ** 2;
  }
  return gaussianOf(covariance, hint);
}

/** Mean of the rows of class 0 that are finite. */
export function meanOf(x: NumberArray, labels: Int32Array, nDim: number): Doubles {
  const sums = newDoubles(nDim);
  const rows = new Residuals(x, labels, newDoubles(nDim), nDim).forEachFour((four) => {
    for (let i = 0; i < four.length; i++) sums[i % nDim] = (sums[i % nDim] as number) + (four[i] as number);
  });
  return sums.map((sum) => sum / rows);
}

/** Adds v·vᵀ of four rows v to the lower triangle of a matrix. */
function addOuterProducts(matrix: Doubles, four: Doubles, nDim: number): void {
  const [a, b, c, d] = [0, 1, 2, 3].map((row) => four.subarray(row * nDim, (row + 1) * nDim)) as [
    Doubles,
    Doubles,
    Doubles,
    Doubles,
  ];
  for (let i = 0; i < nDim; i++) {
    const [ai, bi, ci, di] = [a[i] as number, b[i] as number, c[i] as number, d[i] as number];
    for (let j = 0, at = i * nDim; j <= i; j++, at++) {
      const [aj, bj, cj, dj] = [a[j] as number, b[j] as number, c[j] as number, d[j] as number];
      matrix[at] = (matrix[at] as number) + (ai * aj + bi * bj + (ci * cj + di * dj));
    }
  }
}

/** Largest size of a finite value of the centers in each dimension. */
function largestOf(centers: ArrayLike<number>, nDim: number): Doubles {
  const largest = newDoubles(nDim);
  for (let i = 0; i < centers.length; i++) {
    const size = Math.abs(centers[i] as number);
    if (size < Number.POSITIVE_INFINITY && size > (largest[i % nDim] as number)) largest[i % nDim] = size;
  }
  return largest;
}

/**
 * Standard deviations. A dimension that does not vary beyond the rounding of its values to float32 has 1e-9 of the largest
 * variance, as in `fitPrecision`, if it may be still.
 */
function deviationsOf(covariance: Doubles, largest: Doubles, mayBeStill: boolean, hint: string): Doubles {
  const nDim = largest.length;
  const variances = largest.map((_, k) => covariance[k * nDim + k] as number);
  const most = Math.max(...variances);
  return variances.map((variance, k) => {
    if (variance > (2 ** -23 * (largest[k] as number)) ** 2) return Math.sqrt(variance);
    if (mayBeStill && most > 0) return Math.sqrt(1e-9 * most);
    throw singular(k, hint, most > 0);
  });
}

const singular = (dimension: number, hint: string, canShrink = true) =>
  new CenterLossError(
    'ERR_SHAPE',
    `the covariance is singular: dimension ${dimension} does not vary within the classes, or follows from those before it; ${hint}${canShrink ? ", or set shrinkage: 'ledoit-wolf'" : ''}`,
  );

/** The λ that minimizes the expected squared error of the shrunk correlations, over the dimensions that vary. */
function ledoitWolf(covariance: Doubles, deviations: Doubles, residuals: Residuals, rows: number): number {
  const nDim = deviations.length;
  let [squares, varying, fourth] = [0, 0, 0];
  for (let i = 0; i < nDim; i++) {
    for (let j = 0; j < i; j++) {
      const scale = (deviations[i] as number) * (deviations[j] as number);
      squares += 2 * ((covariance[i * nDim + j] as number) / scale) ** 2;
    }
    if ((covariance[i * nDim + i] as number) > (deviations[i] as number) ** 2 / 2) varying += 1;
  }
  residuals.forEachFour((four) => {
    for (let row = 0; row < LANES; row++) {
      let norm = 0;
      for (let k = 0; k < nDim; k++) norm += ((four[row * nDim + k] as number) / (deviations[k] as number)) ** 2;
      fourth += norm * norm;
    }
  });
  // The diagonal of the correlations is 1.
  const error = (fourth / rows - (squares + varying)) / rows;
  return squares > 0 ? Math.min(error, squares) / squares : 0;
}

/**
 * Factors a covariance.
 * @throws CenterLossError `ERR_SHAPE` for one that is singular, `ERR_OUT_OF_MEMORY`
 */
export function gaussianOf(covariance: Doubles, hint = 'give one that is positive definite'): Gaussian {
  const nDim = Math.sqrt(covariance.length);
  const deviations = Float64Array.from({ length: nDim }, (_, k) => Math.sqrt(covariance[k * nDim + k] as number));
  // The correlations are factored: their pivots do not depend on the units of the dimensions.
  const lower = newDoubles(nDim * nDim);
  for (let i = 0; i < nDim; i++) {
    for (let j = 0; j <= i; j++) {
      const scale = (deviations[i] as number) * (deviations[j] as number);
      let sum = (covariance[i * nDim + j] as number) / scale;
      for (let k = 0; k < j; k++) sum -= (lower[i * nDim + k] as number) * (lower[j * nDim + k] as number);
      if (i > j) lower[i * nDim + j] = sum / (lower[j * nDim + j] as number);
      else if (sum > MIN_PIVOT) lower[i * nDim + i] = Math.sqrt(sum);
      else throw singular(i, hint);
    }
  }
  const factor = newDoubles(startOf(nDim));
  for (let i = 0; i < nDim; i++) {
    const [row, pivot] = [factor.subarray(startOf(i)), lower[i * nDim + i] as number];
    row[i] = 1 / pivot;
    for (let k = 0; k < i; k++) {
      const [above, weight] = [factor.subarray(startOf(k)), (lower[i * nDim + k] as number) / pivot];
      for (let j = 0; j <= k; j++) row[j] = (row[j] as number) - weight * (above[j] as number);
    }
  }
  for (let i = 0; i < nDim; i++) {
    const row = factor.subarray(startOf(i));
    for (let j = 0; j <= i; j++) row[j] = (row[j] as number) / (deviations[j] as number);
  }
  return { covariance, factor };
}

/** Place of row i of a factor. */
function startOf(i: number): number {
  const blocks = Math.floor(i / LANES);
  return LANES * (blocks + 1) * (2 * blocks + (i % LANES));
}

/**
 * Writes W·c, with Infinity for NaN. The sums are those of the kernel, so that a row at a center has the distance 0.
 */
function whitenTo(to: Doubles, factor: Doubles, center: ArrayLike<number>): void {
  for (let i = 0; i < center.length; i++) {
    const row = factor.subarray(startOf(i), startOf(i + 1));
    const sums: [number, number, number, number] = [0, 0, 0, 0];
    for (let k = 0; k <= i; k++) {
      sums[k % LANES] = (sums[k % LANES] as number) + (row[k] as number) * (center[k] as number);
    }
    const sum = sums[0] + sums[2] + (sums[1] + sums[3]);
    to[i] = Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum;
  }
}

/** Factor of a diagonal precision. */
export function diagonalFactor(precision: Float32Array): Pick<Gaussian, 'factor'> {
  const factor = newDoubles(startOf(precision.length));
  precision.forEach((value, i) => {
    factor[startOf(i) + i] = Math.sqrt(value);
  });
  return { factor };
}

/**
 * Gives centers what whitened distances are computed with. To be called after every change of the centers.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function useGaussians(
  rust: RustCenters,
  params: () => Float32Array,
  nDim: number,
  { classes, background }: Whitening,
): void {
  const [nClasses, width, start] = [params().length / nDim, widthOf(nDim), startOf(nDim)];
  allocated(
    () => rust.reserve_whitening(background !== undefined),
    2 * (start + nClasses * width),
    () => `a covariance of ${nDim} dimensions and ${nClasses} whitened centers`,
  );
  const write = (array: CentersArray, { factor }: Pick<Gaussian, 'factor'>, centers: ArrayLike<number>) => {
    const count = centers.length / nDim;
    const to = doubles(rust.address(array), start + count * width);
    to.set(factor);
    for (let j = 0; j < count; j++) {
      const center = Array.prototype.slice.call(centers, j * nDim, (j + 1) * nDim);
      whitenTo(to.subarray(start + j * width), factor, center);
    }
  };
  write(CentersArray.Whitening, classes, params());
  if (background) write(CentersArray.Background, background, background.mean);
}
