//! Distances of many rows to many centers at two operations a dimension: ‖x − c‖² = ‖x'‖² + ‖c'‖² − x'·2c', where x'
//! and c' are x and c minus an origin amid the centers.
//!
//! This expansion cancels where x is close to c. Its largest rounding error is known; where that is more than the
//! promised accuracy allows, `refine` sums the distance from the differences instead.

use crate::distance::micro_kernel::{PARTIAL_DIMS, TILE_CENTERS, TILE_VECTORS, micro_kernel};
use crate::distance::packing::{Packed, mean_of_sample, pack};
use crate::distance::refine::{BLOCK_CENTERS, Bits, BlockValues, TIE_FACTOR, sum_doubted};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::{squared_distance, store_first};
use crate::simd::vector::{LANES, Vector, min_or_first, round_to_f32};

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
    let (rows, block) = (packed_rows(rows), block_centers(dim));
    total_len([(1, dim), (rows, dim), (rows, 1), (block, dim), (rows, n_classes.div_ceil(block))])
}

fn packed_rows(rows: usize) -> usize {
    rows.min(CHUNK_ROWS).next_multiple_of(LANES)
}

/// Number of centers in a block.
fn block_centers(dim: usize) -> usize {
    (BLOCK_LEN / dim.max(1)).next_multiple_of(TILE_CENTERS).clamp(TILE_CENTERS, BLOCK_CENTERS)
}

/// Scratch of [`distances`], divided. `x` and `norms` are the values and squared norms of the packed rows.
struct Scratch<'a> {
    origin: &'a mut [f32],
    x: &'a mut Packed<1>,
    norms: &'a mut [[f32; LANES]],
    centers: &'a mut Packed<TILE_VECTORS>,
    /// Smallest distance of each row in each block, block after block for four rows.
    minima: &'a mut [[f32; LANES]],
}

impl<'a> Scratch<'a> {
    fn new(values: &'a mut [f32], rows: usize, dim: usize) -> Self {
        let (origin, values) = split_mut(values, dim);
        let (x, values) = split_mut(values, packed_rows(rows) * dim);
        let (norms, values) = split_mut(values, packed_rows(rows));
        let (centers, minima) = split_mut(values, block_centers(dim) * dim);
        let (x, centers) = (x.as_chunks_mut().0.as_chunks_mut().0, centers.as_chunks_mut().0.as_chunks_mut().0);
        Self { origin, x, norms: norms.as_chunks_mut().0, centers, minima: minima.as_chunks_mut().0 }
    }
}

/// Writes the distances of all rows to all centers to `distmat`.
///
/// All packed rows meet a block of centers while it is in the cache. Distances in doubt are summed directly at once, and
/// those that may be the smallest of their row after all blocks, when the smallest is known.
#[inline(never)]
pub(crate) fn distances<V: Vector>(x: Rows, centers: Rows, scratch: &mut [f32], distmat: &mut [f32]) {
    let (dim, n_classes) = (x.dim(), centers.count());
    let share = cancelled_share(dim);
    let blocks = n_classes.div_ceil(block_centers(dim));
    let mut scratch = Scratch::new(scratch, x.count(), dim);
    let (mut norms, mut doubts) = ([0.0; BLOCK_CENTERS], [0.0; BLOCK_CENTERS]);
    mean_of_sample::<V>(centers, scratch.origin);
    for first_row in (0..x.count()).step_by(CHUNK_ROWS) {
        let x = x.chunk(first_row, CHUNK_ROWS);
        let distmat = slice_mut(distmat, first_row * n_classes, x.count() * n_classes);
        scratch.pack_rows::<V>(x);
        for i in 0..blocks {
            let first = i * block_centers(dim);
            let block = centers.chunk(first, block_centers(dim));
            scratch.pack_block::<V>(block, &mut norms);
            let mut max_doubt = 0.0;
            for (doubt, norm) in doubts.iter_mut().zip(norms).take(block.count()) {
                *doubt = norm * share;
                max_doubt = if *doubt > max_doubt { *doubt } else { max_doubt };
            }
            for row in (0..x.count()).step_by(LANES) {
                let to = &mut Segments { distmat, n_classes, first, count: block.count() };
                let minima = scratch.expanded_distances::<V>(row, &norms, to);
                let row_doubts = item(scratch.norms, row / LANES).map(|norm| norm * share + UNDERFLOW_GUARD);
                let clear = minima.greater_mask(V::load(&row_doubts).add(V::splat(max_doubt)));
                let mut minima = minima.to_array();
                for offset in Bits(!clear & 0b1111).take_while(|offset| row + offset < x.count()) {
                    let distances = slice_mut(distmat, (row + offset) * n_classes + first, block.count());
                    minima[offset] =
                        sum_doubted::<V>(x.row(row + offset), block, row_doubts[offset], &doubts, distances);
                }
                *item_mut(scratch.minima, row / LANES * blocks + i) = minima;
            }
        }
        for row in 0..x.count() {
            let minima = slice(scratch.minima, row / LANES * blocks, blocks).iter().map(|minima| minima[row % LANES]);
            let limit = minima.clone().fold(f32::INFINITY, min_or_first) * TIE_FACTOR;
            for (i, _) in minima.enumerate().filter(|(_, min)| *min <= limit) {
                let first = i * block_centers(dim);
                let block = centers.chunk(first, block_centers(dim));
                let distances = slice_mut(distmat, row * n_classes + first, block.count());
                sum_doubted::<V>(x.row(row), block, limit, &[0.0; BLOCK_CENTERS], distances);
            }
        }
    }
}

/// Part of a matrix of distances that a block of centers fills.
struct Segments<'a> {
    distmat: &'a mut [f32],
    n_classes: usize,
    first: usize,
    count: usize,
}

impl Scratch<'_> {
    #[inline(never)]
    fn pack_rows<V: Vector>(&mut self, x: Rows) {
        let dim = x.dim();
        for row in (0..x.count()).step_by(LANES) {
            pack::<V>(x, row, self.origin, 1.0, slice_mut(self.x, row / LANES * dim, dim).as_flattened_mut(), 1);
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
            let panel = slice_mut(self.centers, center / TILE_CENTERS * dim, dim).as_flattened_mut();
            let first = center / LANES % TILE_VECTORS;
            let panel = slice_mut(panel, first, TILE_VECTORS * dim - first);
            pack::<V>(block, center, self.origin, 2.0, panel, TILE_VECTORS);
        }
        // Lanes past the last center are infinitely far.
        norms.fill(f32::INFINITY);
        for (center, to) in norms.iter_mut().enumerate().take(block.count()) {
            *to = norm::<V>(block, center, self.origin);
        }
    }

    /// Writes the expanded distances of four rows to the block, and returns the smallest of each row.
    #[inline(never)]
    fn expanded_distances<V: Vector>(&self, row: usize, norms: &BlockValues, to: &mut Segments) -> V {
        let dim = self.origin.len();
        let row_norms = item(self.norms, row / LANES).map(V::splat);
        let mut minima = [V::splat(f32::INFINITY); LANES];
        let norms = norms.as_chunks::<LANES>().0.as_chunks::<TILE_VECTORS>().0;
        for (panel, (norms, centers)) in norms.iter().zip(self.centers.chunks_exact(dim.max(1))).enumerate() {
            let start = panel * TILE_CENTERS;
            if start >= to.count {
                break;
            }
            let products = micro_kernel::<V>(slice(self.x, row / LANES * dim, dim), centers);
            let count = TILE_CENTERS.min(to.count - start);
            for offset in 0..LANES {
                let sums: [V; TILE_VECTORS] =
                    core::array::from_fn(|n| row_norms[offset].add(V::load(&norms[n])).sub(products[offset][n]));
                minima[offset] = minima[offset].min_or_self(sums[0]).min_or_self(sums[1]);
                let at = (row + offset) * to.n_classes + to.first + start;
                // Rows past the end have no distances.
                let Some(to) = to.distmat.get_mut(at..).and_then(|to| to.get_mut(..count)) else { continue };
                if let ([first, second], []) = to.as_chunks_mut() {
                    sums[0].store(first);
                    sums[1].store(second);
                } else {
                    store_first(&sums, to);
                }
            }
        }
        V::min_each(minima)
    }
}

/// ‖row − origin‖². A norm that is too large or NaN becomes infinite, which leaves all distances of the row in doubt.
/// The last row stands in for rows past the end.
#[inline(never)]
fn norm<V: Vector>(rows: Rows, row: usize, origin: &[f32]) -> f32 {
    let norm = round_to_f32(squared_distance::<V>(rows.row(row.min(rows.count() - 1)), origin));
    if norm <= MAX_SQUARED_NORM { norm } else { f32::INFINITY }
}
