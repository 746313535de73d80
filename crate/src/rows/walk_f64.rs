//! Walks over rows that are summed in `f64`.

use crate::rows::shape::slice;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector};

/// Calls `f` with four dimensions of the rows at a time; zeros fill the last vectors up. All rows have one length.
#[inline]
pub(crate) fn for_each_vector<V: Vector, const I: usize>(rows: [&[f32]; I], mut f: impl FnMut([V; I])) {
    let dim = rows.first().map_or(0, |row| row.len());
    let rows = rows.map(|row| slice(row, 0, dim).as_chunks::<LANES>());
    for i in 0..dim / LANES {
        f(rows.map(|(lanes, _)| V::load(&lanes[i])));
    }
    if !dim.is_multiple_of(LANES) {
        f(rows.map(|(_, rest)| V::load_partial(rest)));
    }
}

/// ‖x‖². Squares of `f32` values neither overflow nor underflow in `f64`.
#[inline(never)]
pub(crate) fn squared_norm<V: Vector>(x: &[f32]) -> f64 {
    let mut sum = V::F64x4::splat(0.0);
    for_each_vector::<V, 1>([x], |[x]| {
        let x = x.widen();
        sum = x.mul_add(x, sum);
    });
    sum.sum()
}

/// Σ_k x_k
pub(crate) fn sum<V: Vector>(x: &[f32]) -> f64 {
    let mut sum = V::F64x4::splat(0.0);
    for_each_vector::<V, 1>([x], |[x]| sum = sum.add(x.widen()));
    sum.sum()
}
