// Distances and scores in float64 as plain loops.
import type { Metric, Score } from 'center-loss';

const rowsOf = (values: ArrayLike<number>, dim: number) =>
  Array.from({ length: values.length / dim }, (_, i) =>
    Array.from({ length: dim }, (_, k) => values[i * dim + k] ?? 0),
  );

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Σ_k (x_k − c_k)²·w_k */
export function weighted(
  x: ArrayLike<number>,
  centers: ArrayLike<number>,
  dim: number,
  weights: ArrayLike<number>,
): number[][] {
  return rowsOf(x, dim).map((row) =>
    rowsOf(centers, dim).map((center) =>
      sum(row.map((value, k) => (value - (center[k] ?? 0)) ** 2 * (weights[k] ?? 0))),
    ),
  );
}

const unit = (row: number[]) => {
  const length = Math.sqrt(sum(row.map((value) => value * value)));
  return row.map((value) => value / length);
};

/** d_ij by the metric; 1 where there is no angle. */
export function distances(x: ArrayLike<number>, centers: ArrayLike<number>, dim: number, metric: Metric): number[][] {
  if (metric !== 'cosine') {
    const squares = weighted(x, centers, dim, new Array(dim).fill(1));
    return metric === 'euclidean' ? squares.map((row) => row.map(Math.sqrt)) : squares;
  }
  return rowsOf(x, dim).map((row) =>
    rowsOf(centers, dim).map((center) => {
      const [u, v] = [unit(row), unit(center)];
      const half = sum(u.map((value, k) => (value - (v[k] ?? 0)) ** 2)) / 2;
      return Number.isNaN(half) ? 1 : half;
    }),
  );
}

const softmin = (d: number[]) => {
  const least = Math.min(...d);
  const likelihoods = d.map((distance) => Math.exp(least - distance));
  return likelihoods.map((likelihood) => likelihood / sum(likelihoods));
};

/** A score of one row's distances; `radius` is that of all classes. */
export function score(d: number[], score: Score, radius: number): number {
  const [first = 0, second = Number.POSITIVE_INFINITY] = [...d].sort((a, b) => a - b);
  const p = softmin(d);
  switch (score) {
    case 'normalized':
      return first / radius;
    case 'softmin':
      return 1 - Math.max(...p);
    case 'entropy':
      return -sum(p.map((one) => (one > 0 ? one * Math.log(one) : 0)));
    case 'knn-centers':
      return second === 0 ? 1 : first / second;
    default:
      return first;
  }
}

/** min_j d_j·(1 − p_j), 1 − p_j as the sum of the others. */
export function cac(d: number[]): number {
  const p = softmin(d);
  return Math.min(...d.map((distance, j) => distance * sum(p.filter((_, k) => k !== j))));
}

/** 1/s²_k, s²_k = Σ_i (x_ik − c_{y_i,k})²/n, at least 1e-9 of the largest; what float32 has no number for is its largest. */
export function precision(x: ArrayLike<number>, target: number[], centers: ArrayLike<number>, dim: number): number[] {
  const variances = new Array<number>(dim).fill(0);
  const n = target.filter((label) => label >= 0).length;
  target.forEach((label, i) => {
    if (label < 0) return;
    for (let k = 0; k < dim; k++) {
      variances[k] = (variances[k] ?? 0) + ((x[i * dim + k] ?? 0) - (centers[label * dim + k] ?? 0)) ** 2 / n;
    }
  });
  const largest = Math.max(...variances);
  return variances.map((variance) =>
    largest === 0 ? 1 : Math.min(1 / Math.max(variance, 1e-9 * largest), 3.4028234663852886e38),
  );
}
