//! Rows turned for the product tile: dimension after dimension, the values of a few rows side by side.

use crate::rows::shape::{Rows, at_mut, part};
use crate::simd::vector::{LANES, Vector};

/// The most rows that an origin is the mean of.
const ORIGIN_ROWS: usize = 64;

/// The dimensions of [`LANES`]·`N` rows: value k of row [`LANES`]·n + lane stands at `[k][n][lane]`.
pub(crate) type Packed<const N: usize> = [[[f32; LANES]; N]];

/// Writes the mean of some rows, evenly spread over all, to `origin`.
///
/// Seen from there the rows are as short as they can be, and so are the products that their distances are made of.
/// Any origin would do: one that is far off only leaves more distances to be summed directly.
#[inline(never)]
pub(crate) fn mean_of_some(rows: Rows, origin: &mut [f32]) {
    let step = rows.count().div_ceil(ORIGIN_ROWS).max(1);
    origin.fill(0.0);
    let mut count = 0.0;
    for row in (0..rows.count()).step_by(step) {
        for (sum, value) in origin.iter_mut().zip(rows.row(row)) {
            *sum += value;
        }
        count += 1.0;
    }
    for sum in origin {
        let mean = *sum / count;
        // Of a center that is not finite, or is huge, the others need not suffer.
        *sum = if mean.is_finite() { mean } else { 0.0 };
    }
}

/// Writes factor·(row − origin) of four rows to every `step`th place of `packed`. Past the last row, that one stands in.
#[inline(never)]
pub(crate) fn pack<V: Vector>(
    rows: Rows,
    first_row: usize,
    origin: &[f32],
    factor: f32,
    packed: &mut [[f32; LANES]],
    step: usize,
) {
    let rows = core::array::from_fn::<_, LANES, _>(|lane| rows.row((first_row + lane).min(rows.count() - 1)));
    let factor = V::splat(factor);
    for start in (0..origin.len()).step_by(LANES) {
        let count = LANES.min(origin.len() - start);
        let load = |row: &[f32]| {
            let values = part(row, start, count);
            values.first_chunk().map_or_else(|| V::load_partial(values), V::load)
        };
        let origin = load(origin);
        let turned = V::transpose(rows.map(|row| load(row).sub(origin).mul(factor)));
        for (k, turned) in turned.into_iter().take(count).enumerate() {
            turned.store(at_mut(packed, (start + k) * step));
        }
    }
}
