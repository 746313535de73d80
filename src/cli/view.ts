import type { SavedCenters } from '../files/index.js';
import { ClassCenters, distances } from '../open-set.js';
import { numberText } from './report.js';

/** How many classes a page shows and a summary compares: what is done with their centers takes seconds for more. */
const MOST_SHOWN = 400;

/** What there is to see of a model: some of its classes, all of them if they are few. */
export interface View {
  /** Of the model, shown or not. */
  readonly nClasses: number;
  /** Of the classes that are shown, in their order. */
  readonly names: readonly string[];
  /** In a few words, each. */
  readonly described: readonly string[];
  readonly centers: readonly Float32Array[];
  /** Euclidean ones between the centers. */
  readonly distances: Float32Array;
  /** The least distance of each to another; empty for a single one. */
  readonly nearest: readonly number[];
  readonly radius: readonly number[] | undefined;
  readonly counts: readonly number[] | undefined;
  readonly thresholds: readonly number[] | undefined;
  readonly outcome?: {
    readonly confusion: Uint32Array | undefined;
    readonly scores: { readonly known: Float32Array; readonly unknown: Float32Array };
  };
}

/** Classes without rows have no center, and are not shown. */
export function viewOf({ params, nClasses, nFeatures, names, radius, counts, thresholds }: SavedCenters): View {
  const centerOf = (j: number) => params.subarray(j * nFeatures, (j + 1) * nFeatures);
  const all = Array.from({ length: nClasses }, (_, j) => j).filter((j) => Number.isFinite(params[j * nFeatures]));
  const every = Math.ceil(all.length / MOST_SHOWN);
  const shown = all.filter((_, i) => i % every === 0);
  const centers = shown.map(centerOf);
  const between = distancesBetween(centers, nFeatures);
  const of = (values: number | ArrayLike<number> | undefined) =>
    typeof values === 'object' ? shown.map((j) => values[j] as number) : undefined;
  const countsShown = of(counts);
  const nearest = shown.length < 2 ? [] : shown.map((_, i) => nearestOther(between, i, shown.length));
  return {
    nClasses,
    names: shown.map((j) => names?.[j] ?? `${j}`),
    described: shown.map((_, i) => {
      const rows = countsShown ? `${numberText(countsShown[i] as number)} rows, ` : '';
      return nearest.length > 0 ? `${rows}${numberText(nearest[i] as number)} to the nearest other center` : rows;
    }),
    centers,
    distances: between,
    nearest,
    radius: of(radius),
    counts: countsShown,
    thresholds: of(thresholds),
  };
}

function distancesBetween(rows: readonly Float32Array[], nFeatures: number): Float32Array {
  if (rows.length === 0) return new Float32Array(0);
  const centers = new ClassCenters(rows.length, nFeatures);
  for (const [i, row] of rows.entries()) centers.params.set(row, i * nFeatures);
  const matrix = distances(centers, centers.params.slice(), { metric: 'euclidean' });
  centers.dispose();
  return matrix;
}

function nearestOther(matrix: Float32Array, row: number, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let j = 0; j < size; j++) if (j !== row) least = Math.min(least, matrix[row * size + j] as number);
  return least;
}
