// @ts-check
// What is measured: each work at each shape, and what any implementation of it must at least move and compute.

/** @typedef {{ B: number, D: number, C: number }} Shape  B rows, D dimensions, C classes */
/** @typedef {'gradients' | 'step' | 'distances' | 'predict' | 'calls'} Kind */

/**
 * @typedef {object} Demand  the least that any implementation does
 * @property {number} reads  bytes that are read only
 * @property {number} writes  bytes that are written only
 * @property {number} inPlace  bytes that are read and written where they stand
 * @property {number} multiplyAdds
 */

/** @typedef {{ id: string, kind: Kind, title: string, shape: Shape }} Work */

/** @type {Record<Kind, string>} */
const titles = {
  gradients: 'loss + both gradients',
  step: 'loss, gradient of x, new centers',
  distances: 'distances to all centers',
  predict: 'nearest center',
  calls: 'calls for one row',
};

/** @type {Shape[]} */
const batches = [
  { B: 64, D: 64, C: 10 },
  { B: 256, D: 128, C: 960 },
  { B: 256, D: 128, C: 10_000 },
];

const singles = batches.map((shape) => ({ ...shape, B: 1 }));

/** Bare reading of centers: the more dimensions, the less is left over for the rest. */
const wideSingles = [960, 10_000].map((C) => ({ B: 1, D: 512, C }));

/**
 * @param {Kind} kind
 * @param {Shape} shape
 * @returns {Work}
 */
const work = (kind, shape) => ({
  id: `${kind}-${shape.B}x${shape.D}x${shape.C}`,
  kind,
  title: `${titles[kind]}, B = ${shape.B}, D = ${shape.D}, C = ${shape.C.toLocaleString('en')}`,
  shape,
});

export const works = [
  ...batches.map((shape) => work('gradients', shape)),
  ...batches.slice(1).map((shape) => work('step', shape)),
  ...[...batches, ...singles].map((shape) => work('distances', shape)),
  ...[...batches, ...singles, ...wideSingles].map((shape) => work('predict', shape)),
  work('calls', { B: 1, D: 64, C: 10 }),
];

/** The works whose goals the issue names, for a second Node: without the peers they take a quarter of the time. */
export const onEveryNode = works.filter(
  ({ kind, shape: { B, C } }) => kind === 'calls' || (C > 10 && (kind === 'predict' ? B === 1 : B > 1)),
);

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
  const written = centers === 'dense' ? C * D : classesInBatch * (D + 1);
  return {
    reads: 4 * (B + B * D + classesInBatch * D),
    writes: 4 * (B * D + written),
    inPlace: 0,
    multiplyAdds: 2 * B * D,
  };
}

/**
 * As of the gradients, but the centers change where they stand.
 *
 * @param {Shape} shape
 * @param {number} classesInBatch
 * @returns {Demand}
 */
export function stepDemand({ B, D }, classesInBatch) {
  return { reads: 4 * (B + B * D), writes: 4 * B * D, inPlace: 4 * classesInBatch * D, multiplyAdds: 2 * B * D };
}

/**
 * @param {Shape} shape
 * @returns {Demand}
 */
export function distancesDemand({ B, D, C }) {
  return { reads: 4 * (B * D + C * D), writes: 4 * B * C, inPlace: 0, multiplyAdds: B * C * D };
}

/**
 * @param {Shape} shape
 * @returns {Demand}
 */
export function predictDemand({ B, D, C }) {
  return { reads: 4 * (B * D + C * D), writes: 4 * B, inPlace: 0, multiplyAdds: B * C * D };
}

/** Bytes that pass between registers and memory. @param {Demand} demand */
export const movedBytes = ({ reads, writes, inPlace }) => reads + writes + 2 * inPlace;
