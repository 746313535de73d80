//! How all rows meet all centers where the expansion does not pay: blocks for the cache, direct sums.

use crate::distance::packing::pack;
use crate::rows::shape::{Rows, at_mut, part, part_mut};
use crate::rows::walk::squared_distances;
use crate::simd::vector::{LANES, Vector};

/// Rows of a tile; its centers are four. 2·4 sums, 2 rows and a center leave registers to work in; of the shapes
/// 2×3, 3×3, 4×2, 3×4, 4×3, 2×6, 6×2 and 4×4 none was faster.
const TILE_ROWS: usize = 2;

/// Bytes of centers that all rows pass over before the next ones are read: half of a usual first-level cache.
const BLOCK_BYTES: usize = 16 * 1024;

/// The most centers in a block, so that their distances from a row fit the stack.
pub(crate) const BLOCK_CENTERS: usize = 64;

/// Fewer dimensions than these are summed with a center in each lane: with a dimension in each, what joins the lanes
/// would take longer than the sums.
const FEW: usize = 16;

/// Calls `visit(row, first_center, distances)` with the squared distances of a row to some centers, for all rows × all
/// centers: each block of centers is passed over by all rows while it is in the cache, and of one row the centers
/// come in ascending order.
///
/// A distance depends on the other rows and centers in nothing, not even its last bit: equal centers are at equal
/// distances, wherever they stand.
#[inline(never)]
pub(crate) fn for_each_block<V: Vector>(x: Rows, centers: Rows, visit: &mut dyn FnMut(usize, usize, &[f32])) {
    let dim = x.dim();
    let of_cache = BLOCK_BYTES.checked_div(dim * size_of::<f32>()).unwrap_or(0);
    let at_once = of_cache.next_multiple_of(LANES).clamp(LANES, BLOCK_CENTERS);
    let mut distances = [[0.0; BLOCK_CENTERS]; TILE_ROWS];
    for first in (0..centers.count()).step_by(at_once) {
        let block = centers.part(first, at_once);
        if dim < FEW {
            distances_in_few::<V>(x, block, &mut |row, distances| visit(row, first, distances));
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
                visit(row + offset, first, part(distances, 0, block.count()));
            }
        }
    }
}

/// Not inlined: one copy serves the distances and the predictions.
#[inline(never)]
fn distances_to_block<V: Vector, const R: usize>(
    x: [&[f32]; R],
    block: Rows,
    distances: &mut [[f32; BLOCK_CENTERS]; TILE_ROWS],
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

/// With a center in each lane, dimension after dimension.
#[inline(never)]
fn distances_in_few<V: Vector>(x: Rows, block: Rows, visit: &mut dyn FnMut(usize, &[f32])) {
    let dim = x.dim();
    let mut turned = [[0.0; LANES]; BLOCK_CENTERS / LANES * FEW];
    let mut distances = [0.0; BLOCK_CENTERS];
    for center in (0..block.count()).step_by(LANES) {
        let to = part_mut(&mut turned, center / LANES * dim, dim);
        pack::<V>(block, center, part(&[0.0; FEW], 0, dim), 1.0, to, 1);
    }
    let turned = part(&turned, 0, block.count().div_ceil(LANES) * dim);
    for row in 0..x.count() {
        let x = x.row(row);
        for (centers, to) in turned.chunks_exact(dim.max(1)).zip(distances.as_chunks_mut().0) {
            let sums = x.iter().zip(centers).fold(V::splat(0.0), |sum, (x, c)| {
                let difference = V::splat(*x).sub(V::load(c));
                difference.mul_add(difference, sum)
            });
            sums.store(to);
        }
        visit(row, part(&distances, 0, block.count()));
    }
}
