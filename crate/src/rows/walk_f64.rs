//! Walks over rows that are summed in `f64`.

use crate::rows::shape::part;
use crate::simd::f64x4::Wide;
use crate::simd::vector::{LANES, Vector};

/// Walks over rows of one length, four dimensions at a time; after the last there are zeros.
#[inline]
pub(crate) fn each_four<V: Vector, const I: usize>(rows: [&[f32]; I], mut f: impl FnMut([V; I])) {
    let dim = rows.first().map_or(0, |row| row.len());
    let rows = rows.map(|row| part(row, 0, dim).as_chunks::<LANES>());
    for run in 0..dim / LANES {
        f(rows.map(|(lanes, _)| V::load(&lanes[run])));
    }
    if !dim.is_multiple_of(LANES) {
        f(rows.map(|(_, rest)| V::load_partial(rest)));
    }
}

/// ‖x‖²: of `f32` values, squares neither overflow in `f64` nor underflow.
#[inline(never)]
pub(crate) fn square<V: Vector>(x: &[f32]) -> f64 {
    let mut sum = V::Wide::splat(0.0);
    each_four::<V, 1>([x], |[x]| {
        let x = x.widen();
        sum = x.mul_add(x, sum);
    });
    sum.sum()
}

/// Σ_k x_k
pub(crate) fn sum<V: Vector>(x: &[f32]) -> f64 {
    let mut sum = V::Wide::splat(0.0);
    each_four::<V, 1>([x], |[x]| sum = sum.add(x.widen()));
    sum.sum()
}
