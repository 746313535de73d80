//! Distances of many rows to many centers at two operations a dimension: ‖x − c‖² = ‖x'‖² + ‖c'‖² − x'·2c', where x'
//! and c' are x and c minus an origin amid the centers.
//!
//! This expansion cancels where x is close to c. Its largest rounding error is known; where that is more than the
//! promised accuracy allows, `refine` sums the distance from the differences instead.

use crate::distance::micro_kernel::{PARTIAL_DIMS, TILE_CENTERS, TILE_VECTORS, micro_kernel};
use crate::distance::packing::{Packed, mean_of_sample, pack};
use crate::distance::refine::{BLOCK_CENTERS, BlockValues, TIE_FACTOR, refine};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::{copy, squared_distance};
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Number of values in a block of centers, which stays in a usual second-level cache while rows meet it.
const BLOCK_LEN: usize = 16384;

/// Number of rows that are packed at once: few enough for a usual second-level cache, and so many that packing the
/// centers for them costs a few hundredths of the time for the products.
const CHUNK_ROWS: usize = 256;

/// Smallest number of rows for which packing the centers pays.
const MIN_ROWS: usize = 24;

/// Smallest number of classes. With fewer, a row gains less than it costs to find its nearest center.
const MIN_CLASSES: usize = 96;

/// Smallest number of dimensions. With fewer, the terms beside the products take longer than the products.
const MIN_DIMS: usize = 16;

/// Largest relative error of an expanded distance: the promised 10⁻⁵, minus the error of rounding the distance itself.
const TOLERANCE: f32 = 0.95e-5;

/// Largest share of ‖x'‖² + ‖c'‖² that may cancel. With a larger share most distances would be computed twice.
const MAX_CANCELLED_SHARE: f32 = 0.75;

/// Distances below may have lost digits to underflow.
const UNDERFLOW_GUARD: f32 = 1e-30;

/// Largest squared norm of x' or c': the sum of two such norms, or a distance, stays finite.
const MAX_SQUARED_NORM: f32 = 4e37;

/// Share of S = ‖x'‖² + ‖c'‖² that a distance must exceed to be as exact as promised.
///
/// With u = 2⁻²⁴: since Σ|x'_k·2c'_k| ≤ S, the sum of the products is off by at most (PARTIAL_DIMS +
/// D/PARTIAL_DIMS)·u·S. Each norm is a sum in 16 parts, off by (D/16 + 7)·u of itself, with D at most the 512 that are
/// summed in `f32`. The sum of the norms is off by u·S. The rounding of x' and c' moves a distance d by at most
/// 2u·√(2·S·d): below 3u·S where d is below S, and below 3u·d elsewhere.
#[allow(clippy::cast_precision_loss, reason = "small counts")]
fn cancelled_share(dim: usize) -> f32 {
    let roundings = (PARTIAL_DIMS + dim / PARTIAL_DIMS) + (dim.min(512) / 16 + 7) + 1 + 3;
    roundings as f32 * (f32::EPSILON / 2.0) / TOLERANCE
}

/// Returns true if the expansion takes less time than direct sums.
pub(crate) fn is_faster(rows: usize, n_classes: usize, dim: usize) -> bool {
    let is_large = rows >= MIN_ROWS && n_classes >= MIN_CLASSES && dim >= MIN_DIMS;
    is_large && cancelled_share(dim) <= MAX_CANCELLED_SHARE
}

/// Length of the scratch for [`distances`].
#[must_use]
pub fn scratch_len(rows: usize, n_classes: usize, dim: usize) -> usize {
    if !is_faster(rows, n_classes, dim) {
        return 0;
    }
    let rows = packed_rows(rows);
    total_len([(1, dim), (rows, dim), (rows, 2), (block_centers(dim), dim)])
}

fn packed_rows(rows: usize) -> usize {
    rows.min(CHUNK_ROWS).next_multiple_of(LANES)
}

/// Number of centers in a block.
fn block_centers(dim: usize) -> usize {
    (BLOCK_LEN / dim.max(1)).next_multiple_of(TILE_CENTERS).clamp(TILE_CENTERS, BLOCK_CENTERS)
}

/// Scratch of [`distances`], divided. `x`, `norms` and `nearest` belong to the packed rows: their values, squared norms
/// and smallest distances so far.
struct Scratch<'a> {
    origin: &'a mut [f32],
    x: &'a mut Packed<1>,
    norms: &'a mut [[f32; LANES]],
    nearest: &'a mut [[f32; LANES]],
    centers: &'a mut Packed<TILE_VECTORS>,
}

impl<'a> Scratch<'a> {
    fn new(values: &'a mut [f32], rows: usize, dim: usize) -> Self {
        let (origin, values) = split_mut(values, dim);
        let (x, values) = split_mut(values, packed_rows(rows) * dim);
        let (norms, values) = split_mut(values, packed_rows(rows));
        let (nearest, centers) = split_mut(values, packed_rows(rows));
        let (x, centers) = (x.as_chunks_mut().0.as_chunks_mut().0, centers.as_chunks_mut().0.as_chunks_mut().0);
        Self { origin, x, norms: norms.as_chunks_mut().0, nearest: nearest.as_chunks_mut().0, centers }
    }
}

/// Writes the distances of all rows to all centers to `distmat`.
///
/// All packed rows meet a block of centers while it is in the cache; each row meets the blocks in ascending order.
#[inline(never)]
pub(crate) fn distances<V: Vector>(x: Rows, centers: Rows, scratch: &mut [f32], distmat: &mut [f32]) {
    let dim = x.dim();
    let share = cancelled_share(dim);
    let mut scratch = Scratch::new(scratch, x.count(), dim);
    let (mut norms, mut doubts, mut tile) = ([0.0; BLOCK_CENTERS], [0.0; BLOCK_CENTERS], [[0.0; BLOCK_CENTERS]; LANES]);
    mean_of_sample(centers, scratch.origin);
    for first_row in (0..x.count()).step_by(CHUNK_ROWS) {
        let x = x.chunk(first_row, CHUNK_ROWS);
        scratch.pack_rows::<V>(x);
        for first in (0..centers.count()).step_by(block_centers(dim)) {
            let block = centers.chunk(first, block_centers(dim));
            scratch.pack_block::<V>(block, &mut norms);
            let mut max_doubt = 0.0;
            for (doubt, norm) in doubts.iter_mut().zip(norms).take(block.count()) {
                *doubt = norm * share;
                max_doubt = if *doubt > max_doubt { *doubt } else { max_doubt };
            }
            for row in (0..x.count()).step_by(LANES) {
                scratch.expanded_distances::<V>(row, block.count(), &norms, &mut tile);
                let row_doubts = item(scratch.norms, row / LANES).map(|norm| norm * share + UNDERFLOW_GUARD);
                let nearest = item_mut(scratch.nearest, row / LANES);
                let clear = clear_rows::<V>(&tile, block.count(), &row_doubts, max_doubt, nearest);
                for offset in 0..LANES.min(x.count() - row) {
                    let (row_index, x) = (first_row + row + offset, x.row(row + offset));
                    let distances = &mut tile[offset];
                    if clear & (1 << offset) == 0 {
                        nearest[offset] =
                            refine::<V>(x, block, row_doubts[offset], &doubts, nearest[offset], distances);
                    }
                    let to = slice_mut(distmat, row_index * centers.count() + first, block.count());
                    copy::<V>(slice(distances, 0, block.count()), to);
                }
            }
        }
    }
}

impl Scratch<'_> {
    /// Packs rows, which have no nearest center yet.
    #[inline(never)]
    fn pack_rows<V: Vector>(&mut self, x: Rows) {
        let dim = x.dim();
        self.nearest.as_flattened_mut().fill(f32::INFINITY);
        for row in (0..x.count()).step_by(LANES) {
            pack::<V, 1>(x, row, self.origin, 1.0, slice_mut(self.x, row / LANES * dim, dim), 0);
            for offset in 0..LANES {
                item_mut(self.norms, row / LANES)[offset] = norm::<V>(x, row + offset, self.origin);
            }
        }
    }

    /// Packs a block of centers, multiplied by 2 for the products.
    #[inline(never)]
    fn pack_block<V: Vector>(&mut self, block: Rows, norms: &mut BlockValues) {
        let dim = block.dim();
        for center in (0..block.count()).step_by(LANES) {
            let panel = slice_mut(self.centers, center / TILE_CENTERS * dim, dim);
            pack::<V, TILE_VECTORS>(block, center, self.origin, 2.0, panel, center / LANES % TILE_VECTORS);
        }
        // Lanes past the last center are infinitely far.
        norms.fill(f32::INFINITY);
        for (center, to) in norms.iter_mut().enumerate().take(block.count()) {
            *to = norm::<V>(block, center, self.origin);
        }
    }

    /// Computes the expanded distances of four rows to the block.
    #[inline(never)]
    fn expanded_distances<V: Vector>(
        &self,
        row: usize,
        count: usize,
        norms: &BlockValues,
        tile: &mut [BlockValues; LANES],
    ) {
        let dim = self.origin.len();
        let x = slice(self.x, row / LANES * dim, dim);
        let row_norms = item(self.norms, row / LANES).map(V::splat);
        let norms = norms.as_chunks::<LANES>().0;
        for (panel, centers) in self.centers.chunks_exact(dim.max(1)).take(count.div_ceil(TILE_CENTERS)).enumerate() {
            let products = micro_kernel::<V>(x, centers);
            for (n, norms) in slice(norms, panel * TILE_VECTORS, TILE_VECTORS).iter().enumerate() {
                for (row, distances) in tile.iter_mut().enumerate() {
                    let sums = row_norms[row].add(V::load(norms)).sub(products[row][n]);
                    sums.store(item_mut(distances.as_chunks_mut().0, panel * TILE_VECTORS + n));
                }
            }
        }
    }
}

/// ‖row − origin‖². A norm that is too large or NaN becomes infinite, which leaves all distances of the row in doubt.
/// The last row stands in for rows past the end.
#[inline(never)]
fn norm<V: Vector>(rows: Rows, row: usize, origin: &[f32]) -> f32 {
    let norm = round_to_f32(squared_distance::<V>(rows.row(row.min(rows.count() - 1)), origin));
    if norm <= MAX_SQUARED_NORM { norm } else { f32::INFINITY }
}

/// Mask of the rows of a tile that need no refinement: no distance is in doubt, and none may be the smallest of its
/// row.
#[inline]
fn clear_rows<V: Vector>(
    tile: &[BlockValues; LANES],
    count: usize,
    row_doubts: &[f32; LANES],
    max_doubt: f32,
    nearest: &[f32; LANES],
) -> u32 {
    let mut lows = [V::splat(f32::INFINITY); LANES];
    for i in 0..count.div_ceil(LANES) {
        for (low, distances) in lows.iter_mut().zip(tile) {
            *low = low.min_or_self(V::load(&item(distances.as_chunks().0, i)));
        }
    }
    let min = V::min_each(lows);
    let row_doubts = V::load(row_doubts).add(V::splat(max_doubt));
    min.greater_mask(row_doubts) & min.greater_mask(V::load(nearest).mul(V::splat(TIE_FACTOR)))
}
