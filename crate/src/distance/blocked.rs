//! Distances of all rows to all centers where `gemm` is not faster: sums of squared differences, in blocks of centers
//! that stay in the cache.

use crate::distance::packing::pack;
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

/// Smallest number of dimensions for tiles. With fewer dimensions each lane holds one center: with one dimension in
/// each lane, adding the lanes would take longer than the sums.
const MIN_TILE_DIMS: usize = 16;

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
        if dim < MIN_TILE_DIMS {
            distances_by_center_lanes::<V>(x, block, &mut |row, distances| visit(row, first, distances));
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

/// Computes distances with one center in each lane, one dimension at a time.
#[inline(never)]
fn distances_by_center_lanes<V: Vector>(x: Rows, block: Rows, visit: &mut dyn FnMut(usize, &[f32])) {
    let dim = x.dim();
    let mut packed = [[[0.0; LANES]; 1]; MAX_BLOCK_CENTERS / LANES * MIN_TILE_DIMS];
    let mut distances = [0.0; MAX_BLOCK_CENTERS];
    for center in (0..block.count()).step_by(LANES) {
        let to = slice_mut(&mut packed, center / LANES * dim, dim);
        pack::<V, 1>(block, center, slice(&[0.0; MIN_TILE_DIMS], 0, dim), 1.0, to, 0);
    }
    let packed = slice(&packed, 0, block.count().div_ceil(LANES) * dim);
    for row in 0..x.count() {
        let x = x.row(row);
        for (centers, to) in packed.chunks_exact(dim.max(1)).zip(distances.as_chunks_mut().0) {
            let sums = x.iter().zip(centers).fold(V::splat(0.0), |sum, (x, [c])| {
                let difference = V::splat(*x).sub(V::load(c));
                difference.mul_add(difference, sum)
            });
            sums.store(to);
        }
        visit(row, slice(&distances, 0, block.count()));
    }
}
