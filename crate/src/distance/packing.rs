//! Rows in the layout of the register tile: dimension after dimension, the values of a few rows side by side.

use crate::rows::shape::{Rows, item, item_mut, slice};
use crate::rows::walk::for_lanes;
use crate::simd::vector::{LANES, Vector};

/// Largest number of rows in the mean that is the origin.
const MAX_ORIGIN_ROWS: usize = 64;

/// [`LANES`]·`N` rows: value k of row [`LANES`]·n + lane is `[k][n][lane]`.
pub(crate) type Packed<const N: usize> = [[[f32; LANES]; N]];

/// Writes the mean of some rows, evenly spread over all, to `origin`.
///
/// Relative to this origin the rows are about as short as they can be, and so are the products in their distances. Any
/// origin is correct: a far one only leaves more distances to be summed directly.
#[inline(never)]
pub(crate) fn mean_of_sample<V: Vector>(rows: Rows, origin: &mut [f32]) {
    let step = rows.count().div_ceil(MAX_ORIGIN_ROWS).max(1);
    origin.fill(0.0);
    let mut count = 0.0;
    for row in (0..rows.count()).step_by(step) {
        for_lanes::<V, 1, 1>([rows.row(row)], [origin], |[value], [sum]| [sum.add(value)]);
        count += 1.0;
    }
    for sum in origin {
        let mean = *sum / count;
        // A mean that is not finite becomes 0, so that one bad center does not spoil the origin for the others.
        *sum = if mean.is_finite() { mean } else { 0.0 };
    }
}

/// Writes factor·(row − origin) of four rows to every `step`th vector of `packed`. The last row stands in for rows past
/// the end.
#[inline(never)]
pub(crate) fn pack<V: Vector>(
    rows: Rows,
    first_row: usize,
    origin: &[f32],
    factor: f32,
    packed: &mut [[f32; LANES]],
    step: usize,
) {
    let vectors = origin.len() / LANES;
    let rows = core::array::from_fn::<_, LANES, _>(|lane| rows.row((first_row + lane).min(rows.count() - 1)));
    // Slices of one length let the compiler drop the bounds checks in the loop.
    let lanes = rows.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let factor = V::splat(factor);
    for (i, origin) in origin.as_chunks::<LANES>().0.iter().enumerate() {
        let origin = V::load(origin);
        let columns = V::transpose(lanes.map(|row| V::load(&row[i]).sub(origin).mul(factor)));
        for (k, column) in columns.into_iter().enumerate() {
            column.store(item_mut(packed, (i * LANES + k) * step));
        }
    }
    for k in vectors * LANES..origin.len() {
        let column = V::load(&rows.map(|row| item(row, k))).sub(V::splat(item(origin, k)));
        column.mul(factor).store(item_mut(packed, k * step));
    }
}
