//! How all rows meet all centers: tiles for the registers, blocks for the cache.

use crate::rows::squared_distances;
use crate::shape::{Rows, at_mut, part};
use crate::vector::{LANES, Vector};

/// Rows of a tile; its centers are four. 2·4 sums, 2 rows and a center leave registers to work in; of the shapes
/// 2×3, 3×3, 4×2, 3×4, 4×3, 2×6, 6×2 and 4×4 none was faster.
const TILE_ROWS: usize = 2;

/// Bytes of centers that all rows pass over before the next ones are read: half of a usual first-level cache.
const BLOCK_BYTES: usize = 16 * 1024;

/// The most centers in a block, so that their distances from a row fit the stack.
const BLOCK_CENTERS: usize = 64;

/// Calls `visit(row, first_center, distances)` with the squared distances of a row to some centers, for all rows × all
/// centers: each block of centers is passed over by all rows while it is in the cache, and of one row the centers
/// come in ascending order.
///
/// A distance depends on the other rows and centers in nothing, not even its last bit: equal centers are at equal
/// distances, wherever they stand.
#[inline(never)]
pub(crate) fn for_each_block<V: Vector>(x: Rows, centers: Rows, visit: &mut dyn FnMut(usize, usize, &[f32])) {
    let of_cache = BLOCK_BYTES.checked_div(x.dim() * size_of::<f32>()).unwrap_or(0);
    let at_once = of_cache.next_multiple_of(LANES).clamp(LANES, BLOCK_CENTERS);
    let mut distances = [[0.0; BLOCK_CENTERS]; TILE_ROWS];
    let mut first = 0;
    while first < centers.count() {
        let block = centers.part(first, at_once);
        for row in (0..x.count()).step_by(TILE_ROWS) {
            let [of_row, of_next] = &mut distances;
            if row + TILE_ROWS <= x.count() {
                distances_to_block::<V, TILE_ROWS>(x.rows(row), block, &mut [of_row, of_next]);
                visit(row, first, part(of_row, 0, block.count()));
                visit(row + 1, first, part(of_next, 0, block.count()));
            } else {
                distances_to_block::<V, 1>(x.rows(row), block, &mut [of_row]);
                visit(row, first, part(of_row, 0, block.count()));
            }
        }
        first += at_once;
    }
}

/// Not inlined: one copy serves the distances and the predictions.
#[inline(never)]
fn distances_to_block<V: Vector, const R: usize>(
    x: [&[f32]; R],
    block: Rows,
    distances: &mut [&mut [f32; BLOCK_CENTERS]; R],
) {
    let last = block.count() - 1;
    for first in (0..block.count()).step_by(LANES) {
        // Past the last center it stands in again; those distances are computed in vain and not handed out.
        let centers = core::array::from_fn(|offset| block.row((first + offset).min(last)));
        let tile = squared_distances::<V, R>(x, centers);
        for row in 0..R {
            tile[row].store(at_mut(distances[row].as_chunks_mut().0, first / LANES));
        }
    }
}
