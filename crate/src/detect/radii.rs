//! Radii from data: quantiles of the distances of rows to their own centers, by class.

use crate::detect::threshold::rank;
use crate::distance::metric::Metric;
use crate::loss::reduction::Labels;
use crate::rows::shape::{Rows, item, item_mut, slice};
use crate::simd::vector::{Vector, round_to_f32};

/// Writes the distances of the rows to their own centers to `by_class`, class after class. Those of class j end before
/// `ends[j]`. Rows without a class or at no finite distance are left out.
///
/// Distances are rounded up to `f32`: a radius equal to one of them has its row within. `row_distances` is scratch [B].
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
    // `ends` holds the start of each class first, and advances to its end as distances are written.
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

/// Smallest `f32` that is not below a distance; NaN for NaN.
fn rounded_up(distance: f64) -> f32 {
    let nearest = round_to_f32(distance);
    if f64::from(nearest) < distance { f32::from_bits(nearest.to_bits() + 1) } else { nearest }
}

/// radii[j] ← the smallest distance of class j that at least the share `quantile` of its distances do not exceed. The
/// distances ascend within each class, and end as [`own_distances`] says. A class without distances keeps its radius.
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
