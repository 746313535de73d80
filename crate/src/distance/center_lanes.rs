//! Distances of few dimensions: sums of squared differences with one center in each lane. With one dimension in each
//! lane, adding the lanes would take longer than the sums.

use crate::distance::packing::{Packed, pack};
use crate::rows::shape::{Rows, slice, slice_mut};
use crate::rows::walk::store_first;
use crate::simd::vector::{LANES, Vector};

/// Smallest number of dimensions that is too large.
const END_DIMS: usize = 16;

/// Number of vectors of centers that a row meets at once: their sums don't wait for each other.
const TILE_VECTORS: usize = 4;
const TILE_CENTERS: usize = TILE_VECTORS * LANES;

/// Number of dimensions of packed tiles: 4 KiB, a small part of the first-level cache and of the stack.
const PACKED_LEN: usize = 64;

/// Returns true if lanes of centers take less time than lanes of dimensions.
pub(crate) fn is_faster(dim: usize) -> bool {
    dim < END_DIMS
}

/// distmat[i, j] = ‖x_i − c_j‖²
#[inline(never)]
pub(crate) fn distances<V: Vector>(x: Rows, centers: Rows, distmat: &mut [f32]) {
    let n_classes = centers.count();
    for_each_tile::<V>(x, centers, |row, first, sums| {
        let to = slice_mut(distmat, row * n_classes + first, TILE_CENTERS.min(n_classes - first));
        if let Some(to) = to.as_chunks_mut().0.first_chunk_mut::<TILE_VECTORS>() {
            for (to, sum) in to.iter_mut().zip(sums) {
                sum.store(to);
            }
        } else {
            store_first(&sums, to);
        }
    });
}

/// Calls `visit(row, first_center, distances)` with the squared distances of a row to the centers of a tile, for all
/// rows and tiles. Each row meets the tiles in ascending order. The last center fills the last tile up.
#[inline]
pub(crate) fn for_each_tile<V: Vector>(x: Rows, centers: Rows, mut visit: impl FnMut(usize, usize, [V; TILE_VECTORS])) {
    let dim = x.dim();
    let mut packed = [[[0.0; LANES]; TILE_VECTORS]; PACKED_LEN];
    let block_centers = PACKED_LEN / dim * TILE_CENTERS;
    for first in (0..centers.count()).step_by(block_centers) {
        let block = centers.chunk(first, block_centers);
        let vectors = block.count().div_ceil(TILE_CENTERS) * TILE_VECTORS;
        for i in 0..vectors {
            let first = i / TILE_VECTORS * dim * TILE_VECTORS + i % TILE_VECTORS;
            let tile = slice_mut(packed.as_flattened_mut(), first, (dim - 1) * TILE_VECTORS + 1);
            pack::<V>(block, i * LANES, slice(&[0.0; END_DIMS], 0, dim), 1.0, tile, TILE_VECTORS);
        }
        let packed = slice(&packed, 0, vectors / TILE_VECTORS * dim);
        for row in 0..x.count() {
            for (i, tile) in packed.chunks_exact(dim).enumerate() {
                visit(row, first + i * TILE_CENTERS, squared_distances(x.row(row), tile));
            }
        }
    }
}

#[inline]
fn squared_distances<V: Vector>(x: &[f32], tile: &Packed<TILE_VECTORS>) -> [V; TILE_VECTORS] {
    let mut sums = [V::splat(0.0); TILE_VECTORS];
    for (x, c) in x.iter().zip(tile) {
        let x = V::splat(*x);
        for n in 0..TILE_VECTORS {
            let difference = x.sub(V::load(&c[n]));
            sums[n] = difference.mul_add(difference, sums[n]);
        }
    }
    sums
}
