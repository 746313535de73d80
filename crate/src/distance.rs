//! Squared distances of every row to every center.

use crate::rows::squared_distances;
use crate::shape::Rows;
use crate::vector::Vector;

/// Rows and centers of a register tile: 2·4 sums, 2 rows and 4 centers fill 14 of the 16 SIMD registers.
const TILE_ROWS: usize = 2;
const TILE_CENTERS: usize = 4;

/// Bytes of centers that all rows pass over before the next ones are read: half of a usual first-level cache.
const CENTER_BLOCK_BYTES: usize = 16 * 1024;

/// Calls `visit(row, first_center, distances)` for tiles that cover all rows × all centers: each center block is
/// passed over by all rows while it is in the cache, and of one row the centers come in ascending order.
#[inline]
pub(crate) fn for_each_tile<V: Vector>(x: Rows, centers: Rows, mut visit: impl FnMut(usize, usize, &[f32])) {
    let dim = x.dim();
    let block = (CENTER_BLOCK_BYTES / (dim * size_of::<f32>())).next_multiple_of(TILE_CENTERS).max(TILE_CENTERS);
    for start in (0..centers.count()).step_by(block) {
        let end = centers.count().min(start + block);
        for row in (0..x.count()).step_by(TILE_ROWS) {
            for center in (start..end).step_by(TILE_CENTERS) {
                // Past the last center it stands in again; its distances are computed in vain and not handed out.
                let tile = core::array::from_fn(|offset| centers.row((center + offset).min(end - 1)));
                let width = TILE_CENTERS.min(end - center);
                if row + TILE_ROWS <= x.count() {
                    let distances = squared_distances::<V, TILE_ROWS, TILE_CENTERS>(x.rows(row), tile);
                    for (offset, distances) in distances.iter().enumerate() {
                        visit(row + offset, center, &distances[..width]);
                    }
                } else {
                    let [distances] = squared_distances::<V, 1, TILE_CENTERS>(x.rows(row), tile);
                    visit(row, center, &distances[..width]);
                }
            }
        }
    }
}

/// distmat[i, j] = ‖x_i − c_j‖²
pub fn distances<V: Vector>(x: Rows, centers: Rows, distmat: &mut [f32]) {
    let n_classes = centers.count();
    for_each_tile::<V>(x, centers, |row, center, distances| {
        distmat[row * n_classes + center..][..distances.len()].copy_from_slice(distances);
    });
}
