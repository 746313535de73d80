// @ts-check
// What is measured: each work at each shape, and what any implementation of it must at least move and compute.

/** @typedef {{ B: number, D: number, C: number }} Shape  B rows, D dimensions, C classes */
/** @typedef {'gradients' | 'distances' | 'predict'} Kind */
/** @typedef {{ bytes: number, multiplyAdds: number }} Demand */
/** @typedef {{ id: string, kind: Kind, title: string, shape: Shape }} Work */

/** @type {Record<Kind, string>} */
const titles = {
  gradients: 'loss + both gradients',
  distances: 'distances to all centers',
  predict: 'nearest center',
};

/** @type {Shape[]} */
const batches = [
  { B: 64, D: 64, C: 10 },
  { B: 256, D: 128, C: 960 },
  { B: 256, D: 128, C: 10_000 },
];

const singles = batches.map((shape) => ({ ...shape, B: 1 }));

/**
 * @param {Kind} kind
 * @param {Shape} shape
 * @returns {Work}
 */
const work = (kind, shape) => ({
  id: `${kind}-${shape.B}x${shape.D}x${shape.C}`,
  kind,
  title: `${titles[kind]}, B = ${shape.B}, D = ${shape.D}, C = ${shape.C}`,
  shape,
});

export const works = [
  ...batches.map((shape) => work('gradients', shape)),
  ...[...batches, ...singles].map((shape) => work('distances', shape)),
  ...[...batches, ...singles].map((shape) => work('predict', shape)),
];

/**
 * The least a gather can do: each input read once, each output written once, two multiply-adds an element
 * (the square into the loss, the residual into its center's gradient).
 *
 * @param {Shape} shape
 * @param {number} classesInBatch  distinct labels: only their centers are read
 * @param {'dense' | 'touched'} centers  which rows of the center gradient are written
 * @returns {Demand}
 */
export function gradientsDemand({ B, D, C }, classesInBatch, centers) {
  const labels = centers === 'dense' ? B : B + classesInBatch;
  const written = centers === 'dense' ? C : classesInBatch;
  return { bytes: 4 * (labels + 2 * B * D + (classesInBatch + written) * D), multiplyAdds: 2 * B * D };
}

/**
 * @param {Shape} shape
 * @returns {Demand}
 */
export function distancesDemand({ B, D, C }) {
  return { bytes: 4 * (B * D + C * D + B * C), multiplyAdds: B * C * D };
}

/**
 * @param {Shape} shape
 * @returns {Demand}
 */
export function predictDemand({ B, D, C }) {
  return { bytes: 4 * (B * D + C * D + B), multiplyAdds: B * C * D };
}
