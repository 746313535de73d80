//! Squared Mahalanobis distances by a full covariance Σ, as squared distances of whitened rows: with Σ = L·Lᵀ and
//! W = L⁻¹, (x − c)ᵀ·Σ⁻¹·(x − c) = ‖W·x − W·c‖².
//!
//! All of it is `f64`: whitened rows off the origin may be much longer than their differences, which lose as many digits.

use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut};
use crate::rows::walk_f64::widen_to;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Vector of a factor or of a whitened row.
pub type Lanes64 = [f64; LANES];

/// Number of rows or centers that are computed together, each as it would be alone.
const AT_ONCE: usize = 4;

/// Number of vectors of a factor W [dim, dim]. Row i has its first i + 1 values, and zeros that fill the last vector up.
#[must_use]
pub fn factor_len(dim: usize) -> usize {
    (0..dim).fold(0, |len: usize, i| len.saturating_add(i / LANES + 1))
}

/// whitened ← W·x. A whitened row has one vector for four dimensions, and zeros after the last.
pub fn whiten<V: Vector>(factor: &[Lanes64], x: Rows, whitened: &mut [Lanes64]) {
    let dim = x.dim();
    for (first, rows) in whitened.chunks_mut(AT_ONCE * dim.div_ceil(LANES)).enumerate() {
        for (row, to) in rows.chunks_mut(dim.div_ceil(LANES)).enumerate() {
            widen_to::<V>(x.row(first * AT_ONCE + row), to);
        }
        whiten_rows::<V>(factor, dim, rows);
    }
}

/// Whitens wide rows in place, from the last value to the first: value i depends on values up to i alone. The values after
/// it in its vector meet zeros of the factor, so that only a row that is not finite is changed by them.
#[inline(never)]
fn whiten_rows<V: Vector>(factor: &[Lanes64], dim: usize, rows: &mut [Lanes64]) {
    let width = dim.div_ceil(LANES);
    let mut end = factor_len(dim);
    for i in (0..dim).rev() {
        let vectors = i / LANES + 1;
        end -= vectors;
        let weights = slice(factor, end, vectors);
        if rows.len() == AT_ONCE * width {
            let four: [&[Lanes64]; AT_ONCE] = core::array::from_fn(|row| slice(rows, row * width, vectors));
            let mut sums = [V::F64x4::splat(0.0); AT_ONCE];
            for (k, weight) in weights.iter().enumerate() {
                let weight = V::F64x4::load(weight);
                for row in 0..AT_ONCE {
                    sums[row] = weight.mul_add(V::F64x4::load(&four[row][k]), sums[row]);
                }
            }
            for (row, sum) in sums.into_iter().enumerate() {
                *item_mut(slice_mut(rows, row * width, width).as_flattened_mut(), i) = sum.sum();
            }
        } else {
            for row in rows.chunks_mut(width) {
                let mut sum = V::F64x4::splat(0.0);
                for (weight, value) in weights.iter().zip(&*row) {
                    sum = V::F64x4::load(weight).mul_add(V::F64x4::load(value), sum);
                }
                *item_mut(row.as_flattened_mut(), i) = sum.sum();
            }
        }
    }
}

/// ‖x − c‖² of a whitened row and whitened centers.
#[inline]
fn squared_distances<V: Vector, const N: usize>(x: &[Lanes64], centers: [&[Lanes64]; N]) -> [f64; N] {
    let centers = centers.map(|center| slice(center, 0, x.len()));
    let mut sums = [V::F64x4::splat(0.0); N];
    for (k, x) in x.iter().enumerate() {
        let x = V::F64x4::load(x);
        for j in 0..N {
            let difference = x.sub(V::F64x4::load(&centers[j][k]));
            sums[j] = difference.mul_add(difference, sums[j]);
        }
    }
    sums.map(F64x4::sum)
}

/// distances ← squared distances of whitened rows to one whitened center
pub fn to_one<V: Vector>(whitened: &[Lanes64], center: &[Lanes64], distances: &mut [f64]) {
    for (to, row) in distances.iter_mut().zip(whitened.chunks(center.len())) {
        [*to] = squared_distances::<V, 1>(row, [center]);
    }
}

/// Rows and centers after the same factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whitened<'a> {
    /// Rows.
    pub rows: &'a [Lanes64],
    /// Centers. One that is not finite is Infinity in all dimensions.
    pub centers: &'a [Lanes64],
    /// Distances that are subtracted from those of each row; none, or one for each row.
    pub background: &'a [f64],
}

/// Calls `visit(row, first_center, distances)` with ‖W·x − W·c‖², without that of the background, for the rows from
/// `start` on, as [`crate::distance::blocked::for_each_block`] does.
#[inline(never)]
pub(crate) fn for_each_block<V: Vector>(
    Whitened { rows, centers, background }: Whitened,
    dim: usize,
    start: usize,
    count: usize,
    visit: &mut dyn FnMut(usize, usize, &[f32]),
) {
    let width = dim.div_ceil(LANES);
    for (block, centers) in centers.chunks(AT_ONCE * width).enumerate() {
        let n_centers = centers.len() / width;
        // The last center fills the block up.
        let four: [&[Lanes64]; AT_ONCE] =
            core::array::from_fn(|offset| slice(centers, offset.min(n_centers - 1) * width, width));
        for row in 0..count {
            let shift = if background.is_empty() { 0.0 } else { item(background, start + row) };
            let squares = squared_distances::<V, AT_ONCE>(slice(rows, (start + row) * width, width), four);
            let distances = squares.map(|square| round_to_f32(square - shift));
            visit(row, block * AT_ONCE, slice(&distances, 0, n_centers));
        }
    }
}
