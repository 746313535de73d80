// @ts-check
// Seeded data, so that every implementation and every run gets the same numbers, and the correct results of it: float64,
// one loop per formula. An implementation that disagrees ends the run before it is timed.

/** @import { Data, Numbers, Results, Shape } from './types.js' */

/** mulberry32, whose 32 bits of state suffice for test data. @param {number} seed @returns {() => number} uniform in [0, 1) */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Rows lie around their own centers as they do in training, yet far enough off that float32 baselines which expand
 * ‖x − c‖² keep their digits: the comparison is of speed, and accuracy has tests of its own.
 *
 * @param {Shape} shape
 * @param {number} [seed]
 * @returns {Data}
 */
export function makeData({ B, D, C }, seed = 1) {
  const random = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centers = Float32Array.from({ length: C * D }, normal);
  const target = Int32Array.from({ length: B }, () => Math.floor(random() * C));
  const x = new Float32Array(B * D);
  target.forEach((label, row) => {
    for (let d = 0; d < D; d++) x[row * D + d] = (centers[label * D + d] ?? 0) + normal();
  });
  return { x, target, centers };
}

/** Distance of an anchor from the origin; the default of `CACLoss`. */
const MAGNITUDE = 10;

/** {@link makeData} with anchors on axes as centers. @param {Shape} shape @returns {Data} */
export function makeAnchors(shape) {
  const { D } = shape;
  const { x, target, centers } = makeData(shape);
  const anchors = centers.map((_, i) => (i % D === Math.floor(i / D) ? MAGNITUDE : 0));
  const moved = x.map((value, i) => {
    const at = (target[Math.floor(i / D)] ?? 0) * D + (i % D);
    return value + (anchors[at] ?? 0) - (centers[at] ?? 0);
  });
  return { x: moved, target, centers: anchors };
}

/** Rate of the centers in `step`; the package's default. */
export const ALPHA = 0.5;

/**
 * loss = Σ ‖x_b − c_y‖² / (B·C), its two gradients, and the centers after one step of the paper's rule
 * c ← c − α·Σ(c − x)/(1 + n). The clamps of the original add less than 1e-12 and are left out.
 *
 * @param {Shape} shape
 * @param {Data} data
 * @returns {Results}
 */
export function expectedGradients({ B, D, C }, data) {
  /** @type {{ x: Numbers, target: Numbers, centers: Numbers }} */
  const { x, target, centers } = data;
  const gradX = new Float64Array(B * D);
  /** @type {Numbers} */
  const gradCenters = new Float64Array(C * D);
  /** @type {Numbers} */
  const rows = new Float64Array(C);
  /** @type {Numbers} */
  const stepped = Float64Array.from(data.centers);
  let loss = 0;
  for (let b = 0; b < B; b++) rows[target[b]] += 1;
  for (let b = 0; b < B; b++) {
    const label = target[b];
    for (let d = 0; d < D; d++) {
      const residual = x[b * D + d] - centers[label * D + d];
      loss += residual ** 2 / (B * C);
      gradX[b * D + d] = (2 * residual) / (B * C);
      gradCenters[label * D + d] -= (2 * residual) / (B * C);
      stepped[label * D + d] += (ALPHA * residual) / (1 + rows[label]);
    }
  }
  return { loss: [loss], gradX, gradCenters, centers: stepped };
}

/** @param {Shape} shape @param {Data} data @returns {Results} */
export function expectedDistances({ B, D, C }, data) {
  /** @type {{ x: Numbers, centers: Numbers }} */
  const { x, centers } = data;
  const distances = new Float64Array(B * C);
  const nearest = new Int32Array(B);
  for (let b = 0; b < B; b++) {
    let least = Infinity;
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += (x[b * D + d] - centers[c * D + d]) ** 2;
      distances[b * C + c] = sum;
      if (sum < least) [least, nearest[b]] = [sum, c];
    }
  }
  return { distances, nearest };
}

/** Gradient of all centers from that of some. @param {Int32Array} classes @param {Float32Array} rows @param {Shape} shape */
export function scatter(classes, rows, { C, D }) {
  const all = new Float32Array(C * D);
  classes.forEach((label, row) => {
    all.set(rows.subarray(row * D, (row + 1) * D), label * D);
  });
  return all;
}

/**
 * An error of `tolerance` is allowed relative to the value or to the array's root mean square, whichever is larger:
 * sums that cancel have no relative accuracy to lose.
 *
 * @param {string} name  of the implementation, for the message
 * @param {Results} results
 * @param {Results} expected
 * @param {number} tolerance
 */
export function assertAgrees(name, results, expected, tolerance) {
  for (const [key, got] of Object.entries(results)) {
    const wanted = expected[key];
    if (wanted === undefined) throw new Error(`${name}: there is no expected ${key}`);
    if (got.length !== wanted.length) throw new Error(`${name}: ${key} has length ${got.length}, not ${wanted.length}`);
    let squares = 0;
    for (let i = 0; i < wanted.length; i++) squares += Number(wanted[i]) ** 2;
    const scale = Math.sqrt(squares / wanted.length);
    const allowed = key === 'nearest' ? 0 : tolerance;
    for (let i = 0; i < wanted.length; i++) {
      const [value, correct] = [Number(got[i]), Number(wanted[i])];
      if (!(Math.abs(value - correct) <= allowed * Math.max(Math.abs(correct), scale))) {
        throw new Error(`${name}: ${key}[${i}] is ${value}, expected ${correct}`);
      }
    }
  }
}
