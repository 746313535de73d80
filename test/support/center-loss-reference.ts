// The loss of rows at their own centers in float64, as plain loops.

export type Metric = 'sqeuclidean' | 'euclidean' | 'cosine';
export type Penalty = 'hinge' | 'half-squared';
export type Reduction = 'mean' | 'batch' | 'wen' | 'sum';

export interface Own {
  readonly x: ArrayLike<number>;
  readonly centers: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly nClasses: number;
  readonly nDim: number;
  readonly metric: Metric;
  readonly penalty: Penalty;
  readonly reduction: Reduction;
  readonly radii: ArrayLike<number>;
  readonly classWeight: ArrayLike<number>;
  readonly sampleWeight: ArrayLike<number>;
}

export const row = (values: ArrayLike<number>, i: number, dim: number): number[] =>
  Array.from({ length: dim }, (_, k) => values[i * dim + k] ?? 0);

export const norm = (x: number[]): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

/** ‖x − c‖², ‖x − c‖, ½‖x/‖x‖ − c/‖c‖‖² (1 with a zero vector). */
export function distance(metric: Metric, x: number[], c: number[]): number {
  const [a, b] = [norm(x), norm(c)];
  let sum = 0;
  for (const [k, value] of x.entries()) {
    sum += metric === 'cosine' ? (value / a - (c[k] ?? 0) / b) ** 2 : (value - (c[k] ?? 0)) ** 2;
  }
  if (metric === 'cosine') return a === 0 || b === 0 ? 1 : sum / 2;
  return metric === 'euclidean' ? Math.sqrt(sum) : sum;
}

/** ∂d/∂x; ∂d/∂c is that with x and c changed for one another. */
export function slope(metric: Metric, x: number[], c: number[]): number[] {
  const [a, b, d] = [norm(x), norm(c), distance(metric, x, c)];
  return x.map((value, k) => {
    const difference = value - (c[k] ?? 0);
    if (metric === 'sqeuclidean') return 2 * difference;
    if (metric === 'euclidean') return d === 0 ? 0 : difference / d;
    return a === 0 || b === 0 ? 0 : (value / a - (c[k] ?? 0) / b - (d * value) / a) / a;
  });
}

/** A row's class, if it has one and a weight. */
export function classOf({ target, sampleWeight, nClasses }: Own, i: number): number | undefined {
  const label = target[i] ?? -1;
  return label >= 0 && label < nClasses && (sampleWeight[i] ?? 1) > 0 ? label : undefined;
}

const weight = (own: Own, i: number): number =>
  (own.sampleWeight[i] ?? 1) * (own.classWeight[classOf(own, i) ?? -1] ?? 1);

export function scale(own: Own): number {
  let total = 0;
  for (let i = 0; i < own.target.length; i++) {
    if ((own.target[i] ?? -1) >= 0 && (own.sampleWeight[i] ?? 1) > 0) total += weight(own, i);
  }
  if (total === 0) return 0;
  return { mean: 1 / (total * own.nClasses), batch: 1 / total, wen: 1 / (2 * total), sum: 1 }[own.reduction];
}

export interface Truth {
  loss: number;
  /** The loss without a radius: what its rounding is relative to. */
  size: number;
  gradX: number[];
  gradCenters: number[];
  /** Of each entry of the gradients, the length of the vectors that it is a part of, and what float64 may round there. */
  scaleX: number[];
  scaleCenters: number[];
}

/**
 * Of two directions that are the same, float64 leaves some 1e-16, which a gradient has divided by the length: as a part
 * of what 1e-5 allows, 1e-12.
 */
const roundingOf = (metric: Metric, x: number[]): number => {
  const length = norm(x);
  return metric === 'cosine' && length > 0 ? 1e-7 / length : 0;
};

/** Loss and gradients. */
export function truth(own: Own): Truth {
  const { x, centers, nDim, metric, penalty, radii } = own;
  const zeros = (length: number) => new Array<number>(length).fill(0);
  const result: Truth = {
    loss: 0,
    size: 0,
    gradX: zeros(x.length),
    gradCenters: zeros(centers.length),
    scaleX: zeros(x.length),
    scaleCenters: zeros(centers.length),
  };
  const s = scale(own);
  for (let i = 0; i < own.target.length; i++) {
    const j = classOf(own, i);
    if (j === undefined) continue;
    const [xi, cj] = [row(x, i, nDim), row(centers, j, nDim)];
    const d = distance(metric, xi, cj);
    const radius = radii[j] ?? 0;
    const cost = (excess: number) => (penalty === 'hinge' ? excess : excess ** 2 / 2);
    const pull = (excess: number) => (penalty === 'hinge' ? Number(excess > 0) : excess);
    const w = s * weight(own, i);
    result.loss += w * cost(Math.max(d - radius, 0));
    result.size += w * cost(d + Math.abs(radius));
    const [ofX, ofCenter] = [slope(metric, xi, cj), slope(metric, cj, xi)];
    for (let k = 0; k < nDim; k++) {
      const [at, to] = [i * nDim + k, j * nDim + k];
      const p = w * pull(Math.max(d - radius, 0));
      const most = w * Math.max(pull(d + Math.abs(radius)), p);
      result.gradX[at] = p * (ofX[k] ?? 0);
      result.gradCenters[to] = (result.gradCenters[to] ?? 0) + p * (ofCenter[k] ?? 0);
      result.scaleX[at] = most * (norm(ofX) + roundingOf(metric, xi));
      result.scaleCenters[to] = (result.scaleCenters[to] ?? 0) + most * (norm(ofCenter) + roundingOf(metric, cj));
    }
  }
  return result;
}

/** Centers after an averaging rule; of 'cosine', of the rows' directions. */
export function moved(own: Own, rule: 'wen' | 'mean' | 'ema', rate: number): number[] {
  const { nDim, metric } = own;
  const centers = Array.from(own.centers);
  for (let j = 0; j < own.nClasses; j++) {
    const rows: number[][] = [];
    for (let i = 0; i < own.target.length; i++) {
      if (classOf(own, i) !== j) continue;
      const xi = row(own.x, i, nDim);
      const length = metric === 'cosine' ? norm(xi) : 1;
      if (length > 0) rows.push(xi.map((value) => value / length));
    }
    const n = rows.length;
    if (n === 0) continue;
    for (let k = 0; k < nDim; k++) {
      const center = centers[j * nDim + k] ?? 0;
      const sum = rows.reduce((sum, row) => sum + (row[k] ?? 0), 0);
      const apart = n * center - sum;
      centers[j * nDim + k] = {
        wen: center - (rate * apart) / (1 + n),
        mean: center - (rate * apart) / n,
        ema: rate * center + ((1 - rate) * sum) / n,
      }[rule];
    }
  }
  return centers;
}
