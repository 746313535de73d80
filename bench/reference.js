// @ts-check
// The truth: float64, one loop per formula. A contender that disagrees is not timed.

/** @typedef {Record<string, ArrayLike<number>>} Outcome  named results, such as `gradX` */
/** @typedef {import('./data.js').Numbers} Numbers */

/** The rate of the centers in `step`, as the package has it by default. */
export const ALPHA = 0.5;

/**
 * @param {import('./shapes.js').Work} work
 * @param {import('./data.js').Data} data
 * @returns {Outcome}
 */
export function expected({ kind, shape }, data) {
  if (kind !== 'distances' && kind !== 'predict') return gradients(shape, data);
  const all = distances(shape, data);
  return kind === 'distances' ? { distances: all } : { nearest: nearest(shape, all) };
}

/**
 * loss = Σ ‖x_b − c_y‖² / (B·C), its two gradients, and the centers after one step of the paper's rule
 * c ← c − α·Σ(c − x)/(1 + n). The clamps of the original add less than 1e-12 and are left out.
 *
 * @param {import('./shapes.js').Shape} shape
 * @param {import('./data.js').Inputs} data
 * @returns {Outcome}
 */
function gradients({ B, D, C }, { x, target, centers }) {
  const gradX = new Float64Array(B * D);
  /** @type {Numbers} */
  const gradCenters = new Float64Array(C * D);
  /** @type {Numbers} */
  const rows = new Float64Array(C);
  /** @type {Numbers} */
  const stepped = Float64Array.from(/** @type {ArrayLike<number>} */ (centers));
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

/**
 * @param {import('./shapes.js').Shape} shape
 * @param {import('./data.js').Inputs} data
 */
function distances({ B, D, C }, { x, centers }) {
  const all = new Float64Array(B * C);
  for (let b = 0; b < B; b++) {
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += (x[b * D + d] - centers[c * D + d]) ** 2;
      all[b * C + c] = sum;
    }
  }
  return all;
}

/**
 * @param {import('./shapes.js').Shape} shape
 * @param {Float64Array} all
 */
function nearest({ B, C }, all) {
  return Int32Array.from({ length: B }, (_, b) => {
    const row = all.subarray(b * C, (b + 1) * C);
    return row.indexOf(row.reduce((least, value) => Math.min(least, value), Infinity));
  });
}

/**
 * An error of `tolerance` is allowed relative to the value or to the array's root mean square, whichever is
 * larger: sums that cancel have no relative accuracy to lose.
 *
 * @param {string} who
 * @param {Outcome} outcome
 * @param {Outcome} wanted
 * @param {number} tolerance
 */
export function assertAgrees(who, outcome, wanted, tolerance) {
  for (const name of Object.keys(outcome)) {
    const got = /** @type {Numbers} */ (outcome[name]);
    /** @type {Numbers | undefined} */
    const want = wanted[name];
    if (want === undefined) throw new Error(`${who}: there is no expected ${name}`);
    if (got.length !== want.length) {
      throw new Error(`${who}: ${name} has ${got.length} values, expected ${want.length}`);
    }
    let squares = 0;
    for (let i = 0; i < want.length; i++) squares += want[i] ** 2;
    const scale = Math.sqrt(squares / want.length);
    const allowed = name === 'nearest' ? 0 : tolerance;
    for (let i = 0; i < want.length; i++) {
      if (!(Math.abs(got[i] - want[i]) <= allowed * Math.max(Math.abs(want[i]), scale))) {
        throw new Error(`${who}: ${name}[${i}] is ${got[i]}, expected ${want[i]}`);
      }
    }
  }
}
