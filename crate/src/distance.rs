//! Squared distances of every row to every center.

use crate::shape::{Rows, part_mut};
use crate::tiles::for_each_block;
use crate::vector::Vector;

/// distmat[i, j] = ‖x_i − c_j‖²
///
/// Summed from the differences, three operations a dimension, where ‖x‖² + ‖c‖² − 2x·c would take two: the tile is
/// bound by more than its arithmetic, so that the expansion, which needs the direct sum beside it wherever it
/// cancels, gained a tenth at D = 128 and put `predict` at odds with the argmin of the matrix.
pub fn distances<V: Vector>(x: Rows, centers: Rows, distmat: &mut [f32]) {
    let n_classes = centers.count();
    for_each_block::<V>(x, centers, &mut |row, first, distances| {
        let of_block = part_mut(distmat, row * n_classes + first, distances.len());
        of_block.copy_from_slice(distances);
    });
}
