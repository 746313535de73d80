//! Walks over rows that are summed in `f64`.

use crate::rows::shape::slice;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, trap};

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

/// sum ← sum + factor·x. A sum has one vector for four dimensions.
#[inline(never)]
pub(crate) fn add_scaled<V: Vector>(x: &[f32], factor: f64, sum: &mut [[f64; LANES]]) {
    add_to_sum::<V, 1>([x], factor, sum, |[x]| x);
}

/// sum ← sum + factor·(x − c)
#[inline(never)]
pub(crate) fn add_difference<V: Vector>(x: &[f32], c: &[f32], factor: f64, sum: &mut [[f64; LANES]]) {
    add_to_sum::<V, 2>([x, c], factor, sum, |[x, c]| x.sub(c));
}

/// sum ← x
pub(crate) fn widen_to<V: Vector>(x: &[f32], sum: &mut [[f64; LANES]]) {
    sum.fill([0.0; LANES]);
    add_scaled::<V>(x, 1.0, sum);
}

/// sum ← sum + factor·f(rows)
#[inline]
fn add_to_sum<V: Vector, const I: usize>(
    rows: [&[f32]; I],
    factor: f64,
    sum: &mut [[f64; LANES]],
    f: impl Fn([V; I]) -> V,
) {
    let factor = V::F64x4::splat(factor);
    let mut sums = sum.iter_mut();
    for_each_vector::<V, I>(rows, |values| {
        let Some(sum) = sums.next() else { trap() };
        f(values).widen().mul_add(factor, V::F64x4::load(sum)).store(sum);
    });
}

/// to ← sum
#[inline(never)]
pub(crate) fn narrow_to<V: Vector>(sum: &[[f64; LANES]], to: &mut [f32]) {
    let (lanes, rest) = to.as_chunks_mut();
    let mut sums = sum.iter().map(|sum| V::narrow(V::F64x4::load(sum)));
    lanes.iter_mut().zip(&mut sums).for_each(|(to, sum)| sum.store(to));
    if let Some(last) = sums.next() {
        last.store_partial(rest);
    }
}
