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

/** Value of a binary16 by its definition. */
export function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
