// Formulas in float64 as plain loops, for tests on random inputs.
import type { Metric } from 'center-loss';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const row = (values: ArrayLike<number>, i: number, dim: number): number[] =>
  Array.from({ length: dim }, (_, k) => values[i * dim + k] ?? 0);

const rows = (values: ArrayLike<number>, dim: number): number[][] =>
  Array.from({ length: values.length / dim }, (_, i) => row(values, i, dim));

const norm = (x: number[]): number => Math.sqrt(sum(x.map((value) => value * value)));

/** ‖x − c‖², ‖x − c‖, ½‖x/‖x‖ − c/‖c‖‖² (1 with a zero vector). */
function distance(metric: Metric, x: number[], c: number[]): number {
  const [a, b] = metric === 'cosine' ? [norm(x), norm(c)] : [1, 1];
  if (a === 0 || b === 0) return 1;
  const squared = sum(x.map((value, k) => (value / a - (c[k] ?? 0) / b) ** 2));
  return { sqeuclidean: squared, euclidean: Math.sqrt(squared), cosine: squared / 2 }[metric];
}

export const distances = (x: ArrayLike<number>, centers: ArrayLike<number>, dim: number, metric: Metric) =>
  rows(x, dim).map((x) => rows(centers, dim).map((c) => distance(metric, x, c)));

export interface WeightedRows {
  readonly x: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/** Statistics of classes in two passes; `spread` is the largest difference of a row from the mean of its class. */
export function statistics({ x, target, weights }: WeightedRows, nClasses: number, dim: number) {
  const known = Array.from(target, (label, i) => ({ label, weight: weights[i] ?? 0, x: row(x, i, dim) })).filter(
    ({ label, weight }) => label >= 0 && weight > 0,
  );
  const classes = Array.from({ length: nClasses }, (_, j) => known.filter(({ label }) => label === j));
  const counts = classes.map((own) => sum(own.map(({ weight }) => weight)));
  const average = (own: typeof known, count: number, of: (one: (typeof known)[number]) => number) =>
    count === 0 ? 0 : sum(own.map((one) => one.weight * of(one))) / count;
  const byClass = (of: (one: (typeof known)[number], k: number) => number) =>
    classes.flatMap((own, j) =>
      Array.from({ length: dim }, (_, k) => average(own, counts[j] ?? 0, (one) => of(one, k))),
    );
  const means = byClass(({ x }, k) => x[k] ?? 0);
  const off = ({ x, label }: (typeof known)[number], k: number) => (x[k] ?? 0) - (means[label * dim + k] ?? 0);
  return {
    counts,
    means,
    variances: byClass((one, k) => off(one, k) ** 2),
    covariance: Array.from({ length: dim * dim }, (_, at) =>
      average(known, sum(counts), (one) => off(one, Math.floor(at / dim)) * off(one, at % dim)),
    ),
    spread: Math.max(0, ...known.flatMap((one) => one.x.map((_, k) => Math.abs(off(one, k))))),
  };
}

/** Value of a binary16 by its definition. */
export function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
