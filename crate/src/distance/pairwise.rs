//! Rows × centers in any metric, by the kernels of the squared distance.

use crate::detect::softmin::map_lanes;
use crate::distance::cosine::{self, Directions};
use crate::distance::gemm;
use crate::distance::metric::Metric;
use crate::distance::squared_euclidean;
use crate::rows::shape::{Rows, split_mut};
use crate::simd::vector::Vector;

/// `f32` values of room that [`distances`] wants.
#[must_use]
pub fn room_values(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    match metric {
        Metric::Cosine => {
            cosine::room_values_of_centers(n_classes, dim) + cosine::room_values_of_rows(rows, n_classes, dim)
        }
        _ => gemm::room_values(rows, n_classes, dim),
    }
}

/// distmat[i, j] = d(x_i, c_j) by the metric; NaN where a value is not finite. The least of a row, and all that are as good
/// as equal to it, depend on the row and the center alone: they are those of [`crate::detect::classify`].
pub fn distances<V: Vector>(metric: Metric, x: Rows, centers: Rows, room: &mut [f32], distmat: &mut [f32]) {
    if metric == Metric::Cosine {
        let of_centers = cosine::room_values_of_centers(centers.count(), x.dim());
        let (of_centers, room) = split_mut(room, of_centers);
        return Directions::new::<V>(centers, of_centers).distances::<V>(x, room, distmat);
    }
    squared_euclidean::distances::<V>(x, centers, room, distmat);
    if metric == Metric::Euclidean {
        roots::<V>(distmat);
    }
}

/// d ← √d
pub(crate) fn roots<V: Vector>(squares: &mut [f32]) {
    map_lanes::<V>(squares, V::sqrt);
}
