//! Radii from data: the distances of rows to their own centers, class by class, and their quantiles.

use crate::detect::threshold::rank;
use crate::distance::metric::Metric;
use crate::loss::reduction::Labels;
use crate::rows::shape::{Rows, item, item_mut, slice};
use crate::simd::vector::{Vector, round_to_f32};

/// The distances of the rows to their own centers, those of a class side by side and the classes in order: those of
/// class j end before `ends[j]`. Rows without a class, and those at no finite distance, have none.
///
/// Rounded up to `f32`, so that a radius that is one of them has its row within. `row_distances` is scratch for one a row.
#[allow(clippy::cast_possible_truncation, reason = "rows fit the 32 bits of a wasm address")]
pub fn own_distances<V: Vector>(
    metric: Metric,
    x: Rows,
    labels: &Labels,
    centers: Rows,
    row_distances: &mut [f32],
    ends: &mut [u32],
    by_class: &mut [f32],
) {
    ends.fill(0);
    for row in 0..x.count() {
        let own = labels.class(row).map_or(f32::INFINITY, |class| {
            let distance = rounded_up(metric.pair::<V>(x.row(row), centers.row(class)).distance);
            *item_mut(ends, class) += u32::from(distance.is_finite());
            distance
        });
        *item_mut(row_distances, row) = own;
    }
    // Where the distances of each class start, which moves to their end as they are written.
    let mut start = 0;
    for end in &mut *ends {
        start += core::mem::replace(end, start);
    }
    for row in 0..x.count() {
        let (Some(class), distance) = (labels.class(row), item(row_distances, row)) else { continue };
        if distance.is_finite() {
            let end = item_mut(ends, class);
            *item_mut(by_class, *end as usize) = distance;
            *end += 1;
        }
    }
}

/// The least `f32` that is not below a distance; NaN for NaN.
fn rounded_up(distance: f64) -> f32 {
    let nearest = round_to_f32(distance);
    if f64::from(nearest) < distance { f32::from_bits(nearest.to_bits() + 1) } else { nearest }
}

/// radii[j] ← of the distances of class j, ascending, the first that at least the share `quantile` of them do not
/// exceed; a class without any keeps its radius. `ends` as [`own_distances`] leaves them.
pub fn quantiles(by_class: &[f32], ends: &[u32], quantile: f64, radii: &mut [f32]) {
    let mut start = 0;
    for (&end, radius) in ends.iter().zip(radii) {
        let class_distances = slice(by_class, start as usize, (end - start) as usize);
        if !class_distances.is_empty() {
            *radius = item(class_distances, rank(quantile, class_distances.len()) - 1);
        }
        start = end;
    }
}
