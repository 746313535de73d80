import { ClassCenters } from '../index.js';
import type { Model } from './model.js';

/** Most classes that are shown and compared: the distances between more centers take seconds. */
const MAX_CLASSES = 400;

/** Nearest other center of a center. */
export interface Neighbor {
  /** Its place among the classes that are shown. */
  readonly index: number;
  readonly distance: number;
}

/** Facts about a model for people: about all classes, or about some if there are many. */
export interface ModelSummary {
  /** Number of classes of the model, shown or not. */
  readonly nClasses: number;
  /** Number of classes without rows: they have no center, and are not shown. */
  readonly emptyClasses: number;
  /** Numbers of the classes that are shown. */
  readonly shown: readonly number[];
  /** Names of these classes. */
  readonly names: readonly string[];
  readonly centers: readonly Float32Array[];
  /** Euclidean distances between the centers. */
  readonly distances: Float32Array;
  /** Nearest other center of each; empty for a single one. */
  readonly nearest: readonly Neighbor[];
  readonly radius: readonly number[] | undefined;
  readonly counts: readonly number[] | undefined;
  readonly thresholds: readonly number[] | undefined;
  /** Radius and threshold of each class as Euclidean lengths, where the metric and the score have such. */
  readonly rings: readonly Readonly<Record<string, number>>[];
}

export function summarize(model: Model): ModelSummary {
  const { params, nClasses, nDim, names, radius, counts, threshold } = model;
  const all = Array.from({ length: nClasses }, (_, j) => j).filter((j) => Number.isFinite(params[j * nDim]));
  const stride = Math.ceil(all.length / MAX_CLASSES);
  const shown = all.filter((_, i) => i % stride === 0);
  const centers = shown.map((j) => params.subarray(j * nDim, (j + 1) * nDim));
  const distances = distancesBetween(centers, nDim);
  const shownOf = (values: number | ArrayLike<number> | undefined) =>
    typeof values === 'object' ? shown.map((j) => values[j] as number) : undefined;
  return {
    nClasses,
    emptyClasses: nClasses - all.length,
    shown,
    names: shown.map((j) => names?.[j] ?? `${j}`),
    centers,
    distances,
    nearest: shown.length < 2 ? [] : shown.map((_, i) => nearestOther(distances, i, shown.length)),
    radius: shownOf(radius),
    counts: shownOf(counts),
    thresholds: shownOf(threshold),
    rings: shown.map((j) => ringsOf(model, j)),
  };
}

function ringsOf(
  { classifier, metric = classifier.metric, radius, threshold }: Model,
  j: number,
): Record<string, number> {
  const of = (values: number | ArrayLike<number> | undefined) =>
    (typeof values === 'object' ? values[j] : values) ?? Number.NaN;
  const { score } = classifier;
  const limit = of(threshold) * (score === 'normalized' ? of(radius) : score === 'distance' ? 1 : Number.NaN);
  const lengthOf = { sqeuclidean: Math.sqrt, euclidean: Math.abs, cosine: () => Number.NaN }[metric ?? 'sqeuclidean'];
  const rings = { radius: lengthOf(of(radius)), threshold: lengthOf(limit) };
  return Object.fromEntries(Object.entries(rings).filter(([, length]) => length > 0 && Number.isFinite(length)));
}

function distancesBetween(rows: readonly Float32Array[], nDim: number): Float32Array {
  if (rows.length === 0) return new Float32Array(0);
  const centers = new ClassCenters(rows.length, nDim, { metric: 'euclidean' });
  for (const [i, row] of rows.entries()) centers.params.set(row, i * nDim);
  const matrix = centers.distances(centers.toArray());
  centers.dispose();
  return matrix;
}

function nearestOther(matrix: Float32Array, row: number, size: number): Neighbor {
  let nearest = { index: -1, distance: Number.POSITIVE_INFINITY };
  for (let index = 0; index < size; index++) {
    const distance = matrix[row * size + index] as number;
    if (index !== row && distance < nearest.distance) nearest = { index, distance };
  }
  return nearest;
}
