//! Scatter matrices Σ w·v·vᵀ. Only the upper triangle is kept: row i from column i on, row after row.

use crate::rows::shape::{item, item_mut, slice, slice_mut};
use crate::rows::walk::for_lanes;
use crate::simd::vector::Vector;

/// Number of rows in a pass, which loads and stores each entry once for all of them.
pub(crate) const ROWS_PER_PASS: usize = 4;

/// Number of entries in the triangle of a matrix [dim, dim].
#[must_use]
pub(crate) fn len(dim: usize) -> usize {
    start(dim, dim)
}

/// Position of row `i`.
fn start(i: usize, dim: usize) -> usize {
    i * (2 * dim - i + 1) / 2
}

/// run ← run + Σ_r w_r·v_r·v_rᵀ, in `f32`.
#[inline(never)]
pub(crate) fn add_rows<V: Vector>(run: &mut [f32], weights: [f32; ROWS_PER_PASS], rows: [&[f32]; ROWS_PER_PASS]) {
    let dim = rows.first().map_or(0, |row| row.len());
    for i in 0..dim {
        let factors: [V; ROWS_PER_PASS] = core::array::from_fn(|r| V::splat(weights[r] * item(rows[r], i)));
        let columns = dim - i;
        let entries = slice_mut(run, start(i, dim), columns);
        for_lanes::<V, ROWS_PER_PASS, 1>(rows.map(|row| slice(row, i, columns)), [entries], |values, [sum]| {
            let [a, b, c, d]: [V; ROWS_PER_PASS] = core::array::from_fn(|r| factors[r].mul(values[r]));
            [sum.add(a.add(b).add(c.add(d)))]
        });
    }
}

/// scatter ← scatter + run; run ← 0
pub(crate) fn drain(run: &mut [f32], scatter: &mut [f64]) {
    for (run, sum) in run.iter_mut().zip(scatter) {
        *sum += f64::from(*run);
        *run = 0.0;
    }
}

/// scatter ← scatter + factor·v·vᵀ
#[inline(never)]
pub(crate) fn add_outer(scatter: &mut [f64], factor: f64, v: &[f64]) {
    let dim = v.len();
    for (i, value) in v.iter().enumerate() {
        let scale = factor * value;
        for (sum, value) in slice_mut(scatter, start(i, dim), dim - i).iter_mut().zip(slice(v, i, dim - i)) {
            *sum += scale * value;
        }
    }
}

/// Writes scatter / weight as a whole matrix [dim, dim]; 0 if the weight is 0.
pub(crate) fn covariance(scatter: &[f64], weight: f64, dim: usize, out: &mut [f64]) {
    for i in 0..dim {
        for (j, &sum) in (i..dim).zip(slice(scatter, start(i, dim), dim - i)) {
            // Clamp: rounding can make a zero variance slightly negative.
            let sum = if i == j { sum.max(0.0) } else { sum };
            let value = if weight > 0.0 { sum / weight } else { 0.0 };
            *item_mut(out, i * dim + j) = value;
            *item_mut(out, j * dim + i) = value;
        }
    }
}
