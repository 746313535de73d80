// @ts-check
// The fastest plain loops found: arithmetic in float64 (rounding each step with Math.fround takes 1.2 to 2 times as
// long in V8), two sums for the loss, four centers to each read of x for distances, outputs made once.

import { scatter } from '../data.js';
import { timed } from '../measure.js';

/** @import { Case, Data, Implementation, Numbers, Results, Shape } from '../types.js' */

/**
 * Adds one row's gradients to `gradCenters` and returns its share of the loss. The last parameters are where the row
 * begins in `x`, its center in `centers`, and that center's gradient in `gradCenters`.
 *
 * @param {Numbers} x @param {Numbers} centers @param {Numbers} gradX @param {Numbers} gradCenters
 * @param {number} D @param {number} scale @param {number} row @param {number} center @param {number} gradCenter
 */
function rowGradients(x, centers, gradX, gradCenters, D, scale, row, center, gradCenter) {
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

/** Gradients of all centers, or of the touched ones in slots. @param {Shape} shape @param {Data} data @param {boolean} touched */
function gradients({ B, D, C }, { x, target, centers }, touched) {
  const gradX = new Float32Array(B * D);
  const slotCount = touched ? Math.min(B, C) : C;
  const rows = new Float32Array(slotCount * D);
  const classes = new Int32Array(slotCount);
  /** @type {{ labels: Numbers, slots: Numbers }} */
  const { labels, slots } = { labels: target, slots: new Int32Array(C).fill(-1) };
  const scale = 2 / (B * C);
  return () => {
    if (!touched) rows.fill(0);
    let used = 0;
    let sum = 0;
    for (let b = 0; b < B; b++) {
      const label = labels[b];
      let slot = touched ? slots[label] : label;
      if (slot < 0) {
        slot = used++;
        slots[label] = slot;
        classes[slot] = label;
        rows.fill(0, slot * D, (slot + 1) * D);
      }
      sum += rowGradients(x, centers, gradX, rows, D, scale, b * D, label * D, slot * D);
    }
    if (touched) for (let b = 0; b < B; b++) slots[labels[b]] = -1;
    return { loss: [sum / (B * C)], gradX, classes: classes.subarray(0, used), rows };
  };
}

/**
 * Distances of the row that begins at `row`, to `out` from `start` on.
 *
 * @param {Numbers} x @param {Numbers} centers @param {Numbers} out
 * @param {number} C @param {number} D @param {number} row @param {number} start
 */
function rowDistances(x, centers, out, C, D, row, start) {
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
    out[start + c] = sum0;
    out[start + c + 1] = sum1;
    out[start + c + 2] = sum2;
    out[start + c + 3] = sum3;
  }
  for (; c < C; c++) {
    let sum = 0;
    for (let d = 0; d < D; d++) {
      const residual = x[row + d] - centers[c * D + d];
      sum += residual * residual;
    }
    out[start + c] = sum;
  }
}

/** @param {Shape} shape @param {Data} data */
function distances({ B, D, C }, { x, centers }) {
  const out = new Float32Array(B * C);
  return () => {
    for (let b = 0; b < B; b++) rowDistances(x, centers, out, C, D, b * D, b * C);
    return { distances: out };
  };
}

/** @param {Shape} shape @param {Data} data */
function predict({ B, D, C }, { x, centers }) {
  const nearest = new Int32Array(B);
  // One row of distances stays in the first caches, so keeping it costs nothing beside computing it.
  /** @type {Numbers} */
  const row = new Float32Array(C);
  return () => {
    for (let b = 0; b < B; b++) {
      rowDistances(x, centers, row, C, D, b * D, 0);
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
    return { nearest };
  };
}

/** @param {Case} one @param {Data} data @returns {Implementation[]} */
export function implementations({ operation, shape }, data) {
  /** @param {string} name @param {() => unknown} run @param {() => Results} results @returns {Implementation} */
  const plain = (name, run, results) => ({ name, tolerance: 1e-5, results, time: timed(run) });
  if (operation === 'gradients') {
    const [dense, touched] = [gradients(shape, data, false), gradients(shape, data, true)];
    const denseResults = () => {
      const { loss, gradX, rows } = dense();
      return { loss, gradX, gradCenters: rows };
    };
    const touchedResults = () => {
      const { loss, gradX, classes, rows } = touched();
      return { loss, gradX, gradCenters: scatter(classes, rows, shape) };
    };
    return [plain('plain JS', dense, denseResults), plain('plain JS, touched', touched, touchedResults)];
  }
  if (operation !== 'distances' && operation !== 'predict') return [];
  const run = { distances, predict }[operation](shape, data);
  return [plain('plain JS', run, run)];
}
