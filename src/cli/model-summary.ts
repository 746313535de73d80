import { ClassCenters } from '../index.js';
import type { SavedModel } from './model.js';
import { numberText } from './report.js';

/** Most classes that are shown and compared: the distances between more centers take seconds. */
const MAX_CLASSES = 400;

/** Facts about a model for people: about all classes, or about some if there are many. */
export interface ModelSummary {
  /** Number of classes of the model, shown or not. */
  readonly nClasses: number;
  /** Number of classes without rows: they have no center, and are not shown. */
  readonly emptyClasses: number;
  /** Names of the classes that are shown, in their order. */
  readonly names: readonly string[];
  /** Text of each class in a few words. */
  readonly described: readonly string[];
  readonly centers: readonly Float32Array[];
  /** Euclidean distances between the centers. */
  readonly distances: Float32Array;
  /** Least distance of each center to another; empty for a single one. */
  readonly nearest: readonly number[];
  readonly radius: readonly number[] | undefined;
  readonly counts: readonly number[] | undefined;
  readonly thresholds: readonly number[] | undefined;
}

export function summarize({ params, nClasses, nDim, names, radius, counts, threshold }: SavedModel): ModelSummary {
  const all = Array.from({ length: nClasses }, (_, j) => j).filter((j) => Number.isFinite(params[j * nDim]));
  const stride = Math.ceil(all.length / MAX_CLASSES);
  const shown = all.filter((_, i) => i % stride === 0);
  const centers = shown.map((j) => params.subarray(j * nDim, (j + 1) * nDim));
  const distances = distancesBetween(centers, nDim);
  const shownOf = (values: number | ArrayLike<number> | undefined) =>
    typeof values === 'object' ? shown.map((j) => values[j] as number) : undefined;
  const countsShown = shownOf(counts);
  const nearest = shown.length < 2 ? [] : shown.map((_, i) => nearestOther(distances, i, shown.length));
  return {
    nClasses,
    emptyClasses: nClasses - all.length,
    names: shown.map((j) => names?.[j] ?? `${j}`),
    described: shown.map((_, i) => {
      const rows = countsShown ? `${numberText(countsShown[i] as number)} rows, ` : '';
      return nearest.length > 0 ? `${rows}${numberText(nearest[i] as number)} to the nearest other center` : rows;
    }),
    centers,
    distances,
    nearest,
    radius: shownOf(radius),
    counts: countsShown,
    thresholds: shownOf(threshold),
  };
}

function distancesBetween(rows: readonly Float32Array[], nDim: number): Float32Array {
  if (rows.length === 0) return new Float32Array(0);
  const centers = new ClassCenters(rows.length, nDim, { metric: 'euclidean' });
  for (const [i, row] of rows.entries()) centers.params.set(row, i * nDim);
  const matrix = centers.distances(centers.toArray());
  centers.dispose();
  return matrix;
}

function nearestOther(matrix: Float32Array, row: number, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let j = 0; j < size; j++) if (j !== row) least = Math.min(least, matrix[row * size + j] as number);
  return least;
}
