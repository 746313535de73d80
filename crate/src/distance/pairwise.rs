//! Distances of all rows to all centers in any metric.

use crate::detect::softmin::map_lanes;
use crate::distance::cosine::{self, Directions};
use crate::distance::gemm;
use crate::distance::metric::Metric;
use crate::distance::squared_euclidean;
use crate::rows::shape::{Rows, split_mut, total_len};
use crate::simd::vector::Vector;

/// Length of the scratch for [`distances`].
#[must_use]
pub fn scratch_len(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    match metric {
        Metric::Cosine => total_len([
            (1, cosine::center_scratch_len(n_classes, dim)),
            (1, cosine::row_scratch_len(rows, n_classes, dim)),
        ]),
        _ => gemm::scratch_len(rows, n_classes, dim),
    }
}

/// distmat[i, j] = d(x_i, c_j) in the metric; NaN where a value is not finite. The smallest distance of a row, and all
/// that may be equal to it, depend on the row and the center alone: they have the bits that [`crate::detect::classify`]
/// finds.
pub fn distances<V: Vector>(metric: Metric, x: Rows, centers: Rows, scratch: &mut [f32], distmat: &mut [f32]) {
    if metric == Metric::Cosine {
        let len = cosine::center_scratch_len(centers.count(), x.dim());
        let (center_scratch, scratch) = split_mut(scratch, len);
        return Directions::new::<V>(centers, center_scratch).distances::<V>(x, false, scratch, distmat);
    }
    squared_euclidean::distances::<V>(x, centers, scratch, distmat);
    if metric == Metric::Euclidean {
        roots::<V>(distmat);
    }
}

/// d ← √d, for all values.
pub(crate) fn roots<V: Vector>(squares: &mut [f32]) {
    map_lanes::<V>(squares, V::sqrt);
}
