// The formulas in float64 as plain loops: what every build is held against.

/** d_ij = Σ_k (x_ik − c_jk)² */
export function distances(x: ArrayLike<number>, centers: ArrayLike<number>, dim: number): number[][] {
  const rows = (values: ArrayLike<number>) =>
    Array.from({ length: values.length / dim }, (_, i) =>
      Array.from({ length: dim }, (_, k) => values[i * dim + k] ?? 0),
    );
  return rows(x).map((row) =>
    rows(centers).map((center) => row.reduce((sum, value, k) => sum + (value - (center[k] ?? 0)) ** 2, 0)),
  );
}

export type Reduction = 'mean' | 'batch' | 'wen' | 'sum';

/** The weight of one entry of the sum in the loss; B counts the known rows. */
export function weight(reduction: Reduction, known: number, nClasses: number): number {
  if (known === 0) return 0;
  return { mean: 1 / (known * nClasses), batch: 1 / known, wen: 0.5 / known, sum: 1 }[reduction];
}

const FLOOR = 1e-12;
const CEILING = 1e12;

/** w · Σ over the known rows' masked entries, clamped but for 'wen'. */
export function loss(distmat: number[][], target: number[], reduction: Reduction, radius: number): number {
  const known = target.filter((label) => label >= 0).length;
  const nClasses = distmat[0]?.length ?? 0;
  let sum = 0;
  target.forEach((label, i) => {
    if (label < 0) return;
    for (const [j, distance] of (distmat[i] ?? []).entries()) {
      const masked = j === label ? Math.max(distance - radius, 0) : 0;
      sum += reduction === 'wen' ? masked : Math.min(Math.max(masked, FLOOR), CEILING);
    }
  });
  return sum * weight(reduction, known, nClasses);
}

/** ∂loss/∂x and ∂loss/∂centers, with Σ|terms| of each entry of the latter, the scale of its rounding. */
export function gradients(
  x: ArrayLike<number>,
  target: number[],
  centers: ArrayLike<number>,
  dim: number,
  reduction: Reduction,
  radius: number,
): { gradX: number[]; gradCenters: number[]; magnitude: number[] } {
  const nClasses = centers.length / dim;
  const factor = 2 * weight(reduction, target.filter((label) => label >= 0).length, nClasses);
  const gradX = new Array<number>(x.length).fill(0);
  const gradCenters = new Array<number>(centers.length).fill(0);
  const magnitude = new Array<number>(centers.length).fill(0);
  const distmat = distances(x, centers, dim);
  target.forEach((label, i) => {
    if (label < 0 || label >= nClasses) return;
    const excess = (distmat[i]?.[label] ?? 0) - radius;
    if (!(reduction === 'wen' ? excess > 0 : excess > FLOOR && excess < CEILING)) return;
    for (let k = 0; k < dim; k++) {
      const gradient = factor * ((x[i * dim + k] ?? 0) - (centers[label * dim + k] ?? 0));
      gradX[i * dim + k] = gradient;
      gradCenters[label * dim + k] = (gradCenters[label * dim + k] ?? 0) - gradient;
      magnitude[label * dim + k] = (magnitude[label * dim + k] ?? 0) + Math.abs(gradient);
    }
  });
  return { gradX, gradCenters, magnitude };
}

/** c_j − α·Σ(c_j − x_i)/(1 + n_j) */
export function wenUpdate(
  x: ArrayLike<number>,
  target: number[],
  centers: ArrayLike<number>,
  dim: number,
  alpha: number,
): number[] {
  const moved = Array.from(centers);
  for (let j = 0; j < centers.length / dim; j++) {
    const rows = target.flatMap((label, i) => (label === j ? [i] : []));
    for (let k = 0; k < dim; k++) {
      const center = centers[j * dim + k] ?? 0;
      const pull = rows.reduce((sum, i) => sum + center - (x[i * dim + k] ?? 0), 0);
      moved[j * dim + k] = center - (alpha * pull) / (1 + rows.length);
    }
  }
  return moved;
}
