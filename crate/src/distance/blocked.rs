//! Distances of all rows to all centers where `gemm` is not faster: sums of squared differences, in blocks of centers
//! that stay in the cache.

use crate::distance::center_lanes;
use crate::rows::shape::{Rows, item_mut, slice, slice_mut};
use crate::rows::walk::squared_distances;
use crate::simd::vector::{LANES, Vector};

/// Number of rows in a tile with four centers. 2·4 sums, 2 rows and a center leave registers to work in; of the shapes
/// 2×3, 3×3, 4×2, 3×4, 4×3, 2×6, 6×2 and 4×4 none was faster.
const TILE_ROWS: usize = 2;

/// Bytes of the centers in a block: half of a usual first-level cache.
const BLOCK_BYTES: usize = 16 * 1024;

/// Largest number of centers in a block: their distances from a row fit the stack.
pub(crate) const MAX_BLOCK_CENTERS: usize = 64;

/// Number of rows of few dimensions that meet a block together: packing the centers takes a tenth of their time.
const LANE_ROWS: usize = 16;

/// Calls `visit(row, first_center, distances)` with the squared distances of a row to the centers of a block, for all
/// rows and blocks. All rows meet a block while it is in the cache; each row meets the blocks in ascending order.
///
/// A distance depends on its row and its center alone, to the last bit: equal centers are at equal distances, at any
/// position.
#[inline(never)]
pub(crate) fn for_each_block<V: Vector>(x: Rows, centers: Rows, visit: &mut dyn FnMut(usize, usize, &[f32])) {
    let dim = x.dim();
    let centers_in_cache = BLOCK_BYTES.checked_div(dim * size_of::<f32>()).unwrap_or(0);
    let block_centers = centers_in_cache.next_multiple_of(LANES).clamp(LANES, MAX_BLOCK_CENTERS);
    let mut distances = [[0.0; MAX_BLOCK_CENTERS]; TILE_ROWS];
    for first in (0..centers.count()).step_by(block_centers) {
        let block = centers.chunk(first, block_centers);
        if center_lanes::is_faster(dim) {
            let mut distances = [0.0; LANE_ROWS * MAX_BLOCK_CENTERS];
            for row in (0..x.count()).step_by(LANE_ROWS) {
                let x = x.chunk(row, LANE_ROWS);
                let distances = slice_mut(&mut distances, 0, x.count() * block.count());
                center_lanes::distances::<V>(x, block, distances);
                for (offset, distances) in distances.chunks(block.count()).enumerate() {
                    visit(row + offset, first, distances);
                }
            }
            continue;
        }
        for row in (0..x.count()).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(x.count() - row);
            if rows == TILE_ROWS {
                distances_to_block::<V, TILE_ROWS>(x.rows(row), block, &mut distances);
            } else {
                distances_to_block::<V, 1>(x.rows(row), block, &mut distances);
            }
            for (offset, distances) in distances.iter().take(rows).enumerate() {
                visit(row + offset, first, slice(distances, 0, block.count()));
            }
        }
    }
}

#[inline(never)]
fn distances_to_block<V: Vector, const R: usize>(
    x: [&[f32]; R],
    block: Rows,
    distances: &mut [[f32; MAX_BLOCK_CENTERS]; TILE_ROWS],
) {
    let last = block.count() - 1;
    for first in (0..block.count()).step_by(LANES) {
        // The last center fills the last tile up; `visit` does not see these distances.
        let centers = core::array::from_fn(|offset| block.row((first + offset).min(last)));
        let tile = squared_distances::<V, R>(x, centers);
        for row in 0..R {
            tile[row].store(item_mut(distances[row].as_chunks_mut().0, first / LANES));
        }
    }
}
