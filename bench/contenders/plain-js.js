// @ts-check
// The best plain loops found: arithmetic in float64 (rounding each step with Math.fround takes 1.2 to 2 times as
// long in V8), two sums for the loss, four centers to each read of x for distances, outputs made once.

import { timed } from '../measure.js';

/** @typedef {import('../shapes.js').Shape} Shape */
/** @typedef {import('../data.js').Inputs} Inputs */
/** @typedef {import('../data.js').Numbers} Numbers */

const TOLERANCE = 1e-5;

/**
 * One row's share of the loss; writes its gradient and takes it from its center's row.
 *
 * @param {Numbers} x
 * @param {number} row  where the row begins in `x` and `gradX`
 * @param {Numbers} centers
 * @param {number} center
 * @param {Numbers} gradX
 * @param {Numbers} gradCenters
 * @param {number} gradCenter  where the center's row begins in `gradCenters`
 * @param {number} D
 * @param {number} scale
 */
function rowGradients(x, row, centers, center, gradX, gradCenters, gradCenter, D, scale) {
  const even = D - (D % 2);
  let sum0 = 0;
  let sum1 = 0;
  let d = 0;
  for (; d < even; d += 2) {
    const residual0 = x[row + d] - centers[center + d];
    const residual1 = x[row + d + 1] - centers[center + d + 1];
    sum0 += residual0 * residual0;
    sum1 += residual1 * residual1;
    const gradient0 = scale * residual0;
    const gradient1 = scale * residual1;
    gradX[row + d] = gradient0;
    gradX[row + d + 1] = gradient1;
    gradCenters[gradCenter + d] -= gradient0;
    gradCenters[gradCenter + d + 1] -= gradient1;
  }
  if (d < D) {
    const residual = x[row + d] - centers[center + d];
    sum0 += residual * residual;
    gradX[row + d] = scale * residual;
    gradCenters[gradCenter + d] -= scale * residual;
  }
  return sum0 + sum1;
}

/** @param {Shape} shape */
export function denseGradients({ B, D, C }) {
  const gradX = new Float32Array(B * D);
  const gradCenters = new Float32Array(C * D);
  const scale = 2 / (B * C);
  /** @param {Inputs} data */
  return ({ x, target, centers }) => {
    gradCenters.fill(0);
    let sum = 0;
    for (let b = 0; b < B; b++) {
      const center = target[b] * D;
      sum += rowGradients(x, b * D, centers, center, gradX, gradCenters, center, D, scale);
    }
    return { loss: sum / (B * C), gradX, gradCenters };
  };
}

/** @param {Shape} shape */
export function touchedGradients({ B, D, C }) {
  const gradX = new Float32Array(B * D);
  const rows = new Float32Array(Math.min(B, C) * D);
  const classes = new Int32Array(Math.min(B, C));
  /** @type {Numbers} */
  const slots = new Int32Array(C).fill(-1);
  const scale = 2 / (B * C);
  /** @param {Inputs} data */
  return ({ x, target, centers }) => {
    let touched = 0;
    let sum = 0;
    for (let b = 0; b < B; b++) {
      const label = target[b];
      let slot = slots[label];
      if (slot < 0) {
        slot = touched++;
        slots[label] = slot;
        classes[slot] = label;
        rows.fill(0, slot * D, (slot + 1) * D);
      }
      sum += rowGradients(x, b * D, centers, label * D, gradX, rows, slot * D, D, scale);
    }
    for (let b = 0; b < B; b++) slots[target[b]] = -1;
    return { loss: sum / (B * C), gradX, classes: classes.subarray(0, touched), rows };
  };
}

/**
 * @param {Numbers} x
 * @param {number} row  where the row begins in `x`
 * @param {Numbers} centers
 * @param {number} C
 * @param {number} D
 * @param {Numbers} out
 * @param {number} at  where the row begins in `out`
 */
function rowDistances(x, row, centers, C, D, out, at) {
  const fours = C - (C % 4);
  let c = 0;
  for (; c < fours; c += 4) {
    const center0 = c * D;
    const center1 = center0 + D;
    const center2 = center1 + D;
    const center3 = center2 + D;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let d = 0; d < D; d++) {
      const value = x[row + d];
      const residual0 = value - centers[center0 + d];
      const residual1 = value - centers[center1 + d];
      const residual2 = value - centers[center2 + d];
      const residual3 = value - centers[center3 + d];
      sum0 += residual0 * residual0;
      sum1 += residual1 * residual1;
      sum2 += residual2 * residual2;
      sum3 += residual3 * residual3;
    }
    out[at + c] = sum0;
    out[at + c + 1] = sum1;
    out[at + c + 2] = sum2;
    out[at + c + 3] = sum3;
  }
  for (; c < C; c++) {
    let sum = 0;
    for (let d = 0; d < D; d++) {
      const residual = x[row + d] - centers[c * D + d];
      sum += residual * residual;
    }
    out[at + c] = sum;
  }
}

/** @param {Shape} shape */
export function distances({ B, D, C }) {
  const out = new Float32Array(B * C);
  /** @param {Inputs} data */
  return ({ x, centers }) => {
    for (let b = 0; b < B; b++) rowDistances(x, b * D, centers, C, D, out, b * C);
    return out;
  };
}

/** @param {Shape} shape */
export function predict({ B, D, C }) {
  const nearest = new Int32Array(B);
  // One row of distances stays in the first caches, so keeping it costs nothing beside computing it.
  /** @type {Numbers} */
  const row = new Float32Array(C);
  /** @param {Inputs} data */
  return ({ x, centers }) => {
    for (let b = 0; b < B; b++) {
      rowDistances(x, b * D, centers, C, D, row, 0);
      let best = -1;
      let least = Infinity;
      for (let c = 0; c < C; c++) {
        if (row[c] < least) {
          least = row[c];
          best = c;
        }
      }
      nearest[b] = best;
    }
    return nearest;
  };
}

/**
 * @param {import('../shapes.js').Work} work
 * @param {Inputs} data
 * @returns {import('../measure.js').Contender[]}
 */
export function plainJs({ kind, shape }, data) {
  /**
   * @template Result
   * @param {string} name
   * @param {() => Result} run
   * @param {(result: Result) => import('../reference.js').Outcome} outcome
   * @returns {import('../measure.js').Contender}
   */
  const contender = (name, run, outcome) => ({
    name,
    group: 'peer',
    tolerance: TOLERANCE,
    outcome: () => outcome(run()),
    time: timed(run),
  });

  if (kind === 'distances') {
    const run = distances(shape);
    return [
      contender(
        'plain JS',
        () => run(data),
        (result) => ({ distances: result }),
      ),
    ];
  }
  if (kind === 'predict') {
    const run = predict(shape);
    return [
      contender(
        'plain JS',
        () => run(data),
        (result) => ({ nearest: result }),
      ),
    ];
  }
  if (kind !== 'gradients') return [];
  const dense = denseGradients(shape);
  const touched = touchedGradients(shape);
  return [
    contender(
      'plain JS',
      () => dense(data),
      ({ loss, gradX, gradCenters }) => ({ loss: [loss], gradX, gradCenters }),
    ),
    contender(
      'plain JS, touched',
      () => touched(data),
      ({ loss, gradX, classes, rows }) => {
        const gradCenters = new Float32Array(shape.C * shape.D);
        classes.forEach((label, slot) => {
          gradCenters.set(rows.subarray(slot * shape.D, (slot + 1) * shape.D), label * shape.D);
        });
        return { loss: [loss], gradX, gradCenters };
      },
    ),
  ];
}
