//! Squared distances of every row to every center.

use crate::distance::blocked::for_each_block;
use crate::distance::gemm;
use crate::rows::shape::{Rows, part_mut};
use crate::rows::walk::copy;
use crate::simd::vector::Vector;

/// distmat[i, j] = ‖x_i − c_j‖², within 10⁻⁵ of the float64 value; `room` has [`gemm::room_values`] places.
///
/// The least of a row, and all that are as good as equal to it, are direct sums: they depend on the row and the center
/// alone, and the lowest class among a row's least is what [`crate::detect::nearest`] gives.
pub fn distances<V: Vector>(x: Rows, centers: Rows, room: &mut [f32], distmat: &mut [f32]) {
    let n_classes = centers.count();
    if gemm::pays(x.count(), n_classes, x.dim()) {
        return gemm::distances::<V>(x, centers, room, Some(distmat), None);
    }
    for_each_block::<V>(x, centers, &mut |row, first, distances| {
        let of_block = part_mut(distmat, row * n_classes + first, distances.len());
        copy::<V>(distances, of_block);
    });
}
