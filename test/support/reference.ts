// Formulas in float64 as plain loops, for tests on random inputs.
import type { Metric, Penalty, Reduction } from 'center-loss';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const row = (values: ArrayLike<number>, i: number, dim: number): number[] =>
  Array.from({ length: dim }, (_, k) => values[i * dim + k] ?? 0);

const rows = (values: ArrayLike<number>, dim: number): number[][] =>
  Array.from({ length: values.length / dim }, (_, i) => row(values, i, dim));

const norm = (x: number[]): number => Math.sqrt(sum(x.map((value) => value * value)));

/** ‖x − c‖², ‖x − c‖, ½‖x/‖x‖ − c/‖c‖‖² (1 with a zero vector). */
export function distance(metric: Metric, x: number[], c: number[]): number {
  const [a, b] = metric === 'cosine' ? [norm(x), norm(c)] : [1, 1];
  if (a === 0 || b === 0) return 1;
  const squared = sum(x.map((value, k) => (value / a - (c[k] ?? 0) / b) ** 2));
  return { sqeuclidean: squared, euclidean: Math.sqrt(squared), cosine: squared / 2 }[metric];
}

export const distances = (x: ArrayLike<number>, centers: ArrayLike<number>, dim: number, metric: Metric) =>
  rows(x, dim).map((x) => rows(centers, dim).map((c) => distance(metric, x, c)));

/** ∂d/∂x; with x and c exchanged it is ∂d/∂c. */
function slope(metric: Metric, x: number[], c: number[]): number[] {
  const [a, b, d] = [norm(x), norm(c), distance(metric, x, c)];
  return x.map((value, k) => {
    const difference = value - (c[k] ?? 0);
    if (metric === 'sqeuclidean') return 2 * difference;
    if (metric === 'euclidean') return d === 0 ? 0 : difference / d;
    return a === 0 || b === 0 ? 0 : (value / a - (c[k] ?? 0) / b - (d * value) / a) / a;
  });
}

export interface Batch {
  readonly x: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly centers: ArrayLike<number>;
  readonly nClasses: number;
  readonly nDim: number;
  readonly reduction: Reduction;
  readonly classWeight?: ArrayLike<number> | undefined;
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

/** Known rows with a weight, each with its class, if it has one, and the factor of its loss. */
function knownRows({ x, target, nClasses, nDim, reduction, classWeight, sampleWeight }: Batch) {
  const known = Array.from(target, (label, i) => ({
    ...{ i, label, x: row(x, i, nDim), hasClass: label < nClasses },
    weight: (sampleWeight?.[i] ?? 1) * (label < nClasses ? (classWeight?.[label] ?? 1) : 1),
  })).filter(({ label, i }) => label >= 0 && (sampleWeight?.[i] ?? 1) > 0);
  const total = sum(known.map(({ weight }) => weight));
  const scale = { mean: 1 / (total * nClasses), batch: 1 / total, wen: 1 / (2 * total), sum: 1 }[reduction];
  return known.map((one) => ({ ...one, weight: total === 0 ? 0 : one.weight * scale }));
}

export interface CenterBatch extends Batch {
  readonly metric: Metric;
  readonly penalty: Penalty;
  readonly radius: number | ArrayLike<number>;
}

const [FLOOR, CEILING] = [1e-12, 1e12];

/**
 * Center loss and its gradients. `size` is the loss without a radius, which its rounding is relative to; `scaleX` and
 * `scaleCenters` have the lengths of the vectors that each entry of a gradient is a part of.
 */
export function centerLoss(batch: CenterBatch) {
  const { centers, nClasses, nDim, metric, penalty, radius, reduction, classWeight, sampleWeight } = batch;
  const isPlain = metric === 'sqeuclidean' && penalty === 'hinge' && typeof radius === 'number';
  const isClamped = isPlain && !classWeight && !sampleWeight && reduction !== 'wen';
  const [low, high] = isClamped ? [FLOOR, CEILING] : [0, Number.POSITIVE_INFINITY];
  const cost = (excess: number) => (penalty === 'hinge' ? excess : excess ** 2 / 2);
  const costSlope = (excess: number) => (penalty === 'hinge' ? Number(excess > low && excess < high) : excess);
  const zeros = ({ length }: ArrayLike<number>) => new Array<number>(length).fill(0);
  const [gradX, scaleX] = [zeros(batch.x), zeros(batch.x)];
  const [gradCenters, scaleCenters] = [zeros(centers), zeros(centers)];
  // Two equal directions differ by 1e-16 in float64. The gradient divides that by the length; as a part of the 1e-5 that
  // is allowed, it is 1e-7.
  const rounding = (x: number[]) => (metric === 'cosine' && norm(x) > 0 ? 1e-7 / norm(x) : 0);
  let [loss, size] = [0, 0];
  for (const { i, label, x, hasClass, weight } of knownRows(batch)) {
    loss += weight * low * (hasClass ? nClasses - 1 : nClasses);
    if (!hasClass) continue;
    const c = row(centers, label, nDim);
    const r = typeof radius === 'number' ? radius : (radius[label] ?? 0);
    const d = distance(metric, x, c);
    const excess = Math.max(d - r, 0);
    loss += weight * Math.min(Math.max(cost(excess), low), high);
    size += weight * cost(d + Math.abs(r));
    const factor = weight * costSlope(excess);
    const largest = Math.max(weight * costSlope(d + Math.abs(r)), factor);
    const [slopeX, slopeCenter] = [slope(metric, x, c), slope(metric, c, x)];
    for (let k = 0; k < nDim; k++) {
      const [at, to] = [i * nDim + k, label * nDim + k];
      gradX[at] = factor * (slopeX[k] ?? 0);
      scaleX[at] = largest * (norm(slopeX) + rounding(x));
      gradCenters[to] = (gradCenters[to] ?? 0) + factor * (slopeCenter[k] ?? 0);
      scaleCenters[to] = (scaleCenters[to] ?? 0) + largest * (norm(slopeCenter) + rounding(c));
    }
  }
  return { loss, size, gradX, gradCenters, scaleX, scaleCenters };
}

/** Centers after an averaging rule; the rows of 'cosine' are directions. */
export function moved(batch: CenterBatch, rule: 'wen' | 'mean' | 'ema', rate: number): number[] {
  return rows(batch.centers, batch.nDim).flatMap((center, j) => {
    const own = knownRows(batch).filter(({ label }) => label === j);
    const points = own
      .map(({ x }) => (batch.metric === 'cosine' ? x.map((value) => value / norm(x)) : x))
      .filter((x) => !x.some(Number.isNaN));
    const n = points.length;
    if (n === 0) return center;
    return center.map((value, k) => {
      const total = sum(points.map((point) => point[k] ?? 0));
      const apart = n * value - total;
      return {
        wen: value - (rate * apart) / (1 + n),
        mean: value - (rate * apart) / n,
        ema: rate * value + ((1 - rate) * total) / n,
      }[rule];
    });
  });
}

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
