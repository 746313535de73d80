// Statistics of classes in float64, as plain loops in two passes.

export interface Rows {
  readonly x: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

export interface Statistics {
  readonly counts: number[];
  readonly means: number[];
  readonly variances: number[];
  readonly covariance: number[];
  /** The largest difference of a row from the mean of its class. */
  readonly spread: number;
}

export function statisticsOf({ x, target, weights }: Rows, nClasses: number, dim: number): Statistics {
  const zeros = (length: number) => new Array<number>(length).fill(0);
  const [counts, means, variances, covariance] = [nClasses, nClasses * dim, nClasses * dim, dim * dim].map(zeros) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const known = Array.from(target, (label, i) => ({ label, i, weight: weights[i] as number })).filter(
    ({ label }) => label >= 0,
  );
  const add = (to: number[], at: number, value: number) => {
    to[at] = (to[at] as number) + value;
  };
  for (const { label, i, weight } of known) {
    add(counts, label, weight);
    for (let k = 0; k < dim; k++) add(means, label * dim + k, weight * (x[i * dim + k] as number));
  }
  for (let at = 0; at < means.length; at++) {
    const count = counts[Math.floor(at / dim)] as number;
    means[at] = count === 0 ? 0 : (means[at] as number) / count;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  let spread = 0;
  for (const { label, i, weight } of known.filter(({ weight }) => weight > 0)) {
    const off = Array.from({ length: dim }, (_, k) => (x[i * dim + k] as number) - (means[label * dim + k] as number));
    for (const [k, difference] of off.entries()) {
      spread = Math.max(spread, Math.abs(difference));
      add(variances, label * dim + k, (weight * difference ** 2) / (counts[label] as number));
      for (const [l, other] of off.entries()) add(covariance, k * dim + l, (weight * difference * other) / total);
    }
  }
  return { counts, means, variances, covariance, spread };
}
