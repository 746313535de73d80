// Losses of rows against all centers in float64, as plain loops over the formulas of their papers.
import { type Reduction, weight as unweighted } from './reference.js';

export interface Batch {
  readonly x: ArrayLike<number>;
  readonly target: readonly number[];
  readonly centers: ArrayLike<number>;
  readonly nClasses: number;
  readonly nDim: number;
  readonly classWeight?: ArrayLike<number> | undefined;
  readonly sampleWeight?: ArrayLike<number> | undefined;
  readonly reduction: Reduction;
}

export type LossName = 'CACLoss' | 'ContrastiveCenterLoss' | 'TripletCenterLoss' | 'IslandLoss';

const row = (values: ArrayLike<number>, i: number, dim: number): number[] =>
  Array.from({ length: dim }, (_, k) => values[i * dim + k] ?? 0);

const squared = (x: number[], c: number[]): number => x.reduce((sum, value, k) => sum + (value - (c[k] ?? 0)) ** 2, 0);

/** ℓ of squared distances. */
function ofRow(name: LossName, parameter: number, d: number[], y: number): number {
  const own = d[y] ?? 0;
  const others = d.filter((_, j) => j !== y);
  switch (name) {
    case 'CACLoss': {
      const terms = others.map((other) => Math.exp(Math.sqrt(own) - Math.sqrt(other)));
      return Math.log1p(terms.reduce((sum, term) => sum + term, 0)) + parameter * Math.sqrt(own);
    }
    case 'ContrastiveCenterLoss':
      return (0.5 * own) / (others.reduce((sum, other) => sum + other, 0) + parameter);
    case 'TripletCenterLoss':
      return Math.max(0, 0.5 * own + parameter - 0.5 * Math.min(...others));
    case 'IslandLoss':
      return 0.5 * own;
  }
}

/** Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1) */
export function repulsion(centers: ArrayLike<number>, nClasses: number, nDim: number): number {
  let sum = 0;
  for (let j = 0; j < nClasses; j++) {
    for (let k = 0; k < nClasses; k++) {
      if (j === k) continue;
      const [a, b] = [row(centers, j, nDim), row(centers, k, nDim)];
      const dot = a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0);
      sum += 1 + (dot === 0 ? 0 : dot / Math.hypot(...a) / Math.hypot(...b));
    }
  }
  return sum;
}

/** The loss of a batch with weights; rows with a label of no class count in Σ w only. */
export function proxyLoss(name: LossName, parameter: number, batch: Batch): number {
  const { x, target, centers, nClasses, nDim, classWeight, sampleWeight, reduction } = batch;
  let [sum, total] = [0, 0];
  target.forEach((label, i) => {
    if (label < 0) return;
    const hasClass = label < nClasses;
    const weight = (sampleWeight?.[i] ?? 1) * (hasClass ? (classWeight?.[label] ?? 1) : 1);
    total += weight;
    if (!hasClass) return;
    const d = Array.from({ length: nClasses }, (_, j) => squared(row(x, i, nDim), row(centers, j, nDim)));
    sum += weight * ofRow(name, parameter, d, label);
  });
  if (total === 0) return 0;
  const island = name === 'IslandLoss' ? parameter * repulsion(centers, nClasses, nDim) : 0;
  return sum * unweighted(reduction, total, nClasses) + island;
}

/** How far the rows are from where the triplet-center loss has a kink: at 0, and where two centers are equally near. */
export function distanceToKink(margin: number, { x, target, centers, nClasses, nDim }: Batch): number {
  const distances = target.flatMap((label, i) => {
    if (label < 0 || label >= nClasses) return [];
    const d = Array.from({ length: nClasses }, (_, j) => 0.5 * squared(row(x, i, nDim), row(centers, j, nDim)));
    const [least = 0, next = Number.POSITIVE_INFINITY] = d.filter((_, j) => j !== label).sort((a, b) => a - b);
    return [next - least, Math.abs((d[label] ?? 0) + margin - least)];
  });
  return Math.min(...distances, Number.POSITIVE_INFINITY);
}
