//! Squared distances of all rows to all centers.

use crate::distance::blocked::for_each_block;
use crate::distance::center_lanes;
use crate::distance::gemm;
use crate::rows::shape::{Rows, slice_mut};
use crate::rows::walk::copy;
use crate::simd::vector::Vector;

/// distmat[i, j] = ‖x_i − c_j‖², within 10⁻⁵ of the `f64` value; `scratch` has the length [`gemm::scratch_len`].
///
/// The smallest distance of a row, and all that may be equal to it, are direct sums: they depend on the row and the
/// center alone. The lowest class among the smallest is the one that [`crate::detect::nearest`] finds.
pub fn distances<V: Vector>(x: Rows, centers: Rows, scratch: &mut [f32], distmat: &mut [f32]) {
    if gemm::is_faster(x.count(), centers.count(), x.dim()) {
        return gemm::distances::<V>(x, centers, scratch, distmat);
    }
    direct_distances::<V>(x, centers, distmat);
}

/// The same by sums of differences, each with the same bits in a batch of any size.
#[inline(never)]
pub(crate) fn direct_distances<V: Vector>(x: Rows, centers: Rows, distmat: &mut [f32]) {
    if center_lanes::is_faster(x.dim()) {
        return center_lanes::distances::<V>(x, centers, distmat);
    }
    let n_classes = centers.count();
    for_each_block::<V>(x, centers, &mut |row, first, distances| {
        let block = slice_mut(distmat, row * n_classes + first, distances.len());
        copy::<V>(distances, block);
    });
}
