//! Many distances at two operations a dimension: ‖x − c‖² = ‖x'‖² + ‖c'‖² − x'·2c', as seen from an origin amid the
//! centers.
//!
//! The expansion cancels where x is close to c. How much it can have rounded is known, and where that is more than the
//! promise of accuracy allows, the distance is summed from the differences instead.

use crate::distance::micro_kernel::{CENTERS, RUN, WIDTH, products};
use crate::distance::packing::{Packed, mean_of_some, pack};
use crate::distance::refine::{AMBIGUOUS, BLOCK_CENTERS, OfBlock, refine};
use crate::rows::shape::{Rows, at, at_mut, part, part_mut, split_mut};
use crate::rows::walk::{copy, squared_distance};
use crate::simd::vector::{LANES, Vector};

/// Values of centers that all rows pass over before the next ones are read: they stay in a usual second-level cache.
const BLOCK_VALUES: usize = 16384;

/// Rows that are kept packed: within a usual second-level cache, and so many that packing the centers for them costs
/// a few hundredths of the products.
const GROUP_ROWS: usize = 256;

/// Fewer rows than these are not worth packing the centers for.
const FEWEST_ROWS: usize = 24;

/// Fewer classes leave too little to gain on a row for what it takes to tell its nearest.
const FEWEST_CLASSES: usize = 96;

/// Fewer dimensions have shorter sums than the expansion has terms beside them.
const FEWEST_DIMENSIONS: usize = 16;

/// The error that a distance may have: the promise of 10⁻⁵, less that of rounding the distance itself.
const TOLERANCE: f32 = 0.95e-5;

/// Where more than this share of ‖x'‖² + ‖c'‖² is cancelled, most distances would have to be computed twice.
const GREATEST_SHARE: f32 = 0.75;

/// What is smaller may have lost digits to underflow.
const LEAST: f32 = 1e-30;

/// Of two greater norms the sum, or the distance, may overflow.
const GREATEST_NORM: f32 = 4e37;

/// The share of S = ‖x'‖² + ‖c'‖² that a distance must exceed to keep its promise.
///
/// With u = 2⁻²⁴: since Σ|x'_k·2c'_k| ≤ S, the products' sum is off by at most (RUN + D/RUN)·u·S; each norm, a sum in 16
/// parts, by (D/16 + 7)·u of it, D at most the 512 that are summed in float32; their sum by u·S. That x' and c' are
/// rounded moves a distance d by at most 2u·√(2·S·d), below 3u·S where d is below S, and below 3u·d elsewhere.
#[allow(clippy::cast_precision_loss, reason = "small counts")]
fn cancelled_share(dim: usize) -> f32 {
    let roundings = (RUN + dim / RUN) + (dim.min(512) / 16 + 7) + 1 + 3;
    roundings as f32 * (f32::EPSILON / 2.0) / TOLERANCE
}

/// Whether the expansion takes less time than direct sums.
pub(crate) fn pays(rows: usize, n_classes: usize, dim: usize) -> bool {
    let is_large = rows >= FEWEST_ROWS && n_classes >= FEWEST_CLASSES && dim >= FEWEST_DIMENSIONS;
    is_large && cancelled_share(dim) <= GREATEST_SHARE
}

/// Float32 values of room that [`distances`] wants.
#[must_use]
pub fn room_values(rows: usize, n_classes: usize, dim: usize) -> usize {
    if pays(rows, n_classes, dim) { dim + packed_rows(rows) * (dim + 2) + block_centers(dim) * dim } else { 0 }
}

fn packed_rows(rows: usize) -> usize {
    rows.min(GROUP_ROWS).next_multiple_of(LANES)
}

/// Centers in a block.
fn block_centers(dim: usize) -> usize {
    (BLOCK_VALUES / dim.max(1)).next_multiple_of(CENTERS).clamp(CENTERS, BLOCK_CENTERS)
}

/// What the walk keeps beside its operands.
struct Room<'a> {
    origin: &'a mut [f32],
    /// Of a group of rows: packed, their squared norms and their least distances so far.
    x: &'a mut Packed<1>,
    norms: &'a mut [[f32; LANES]],
    nearest: &'a mut [[f32; LANES]],
    centers: &'a mut Packed<WIDTH>,
}

impl<'a> Room<'a> {
    fn new(values: &'a mut [f32], rows: usize, dim: usize) -> Self {
        let (origin, values) = split_mut(values, dim);
        let (x, values) = split_mut(values, packed_rows(rows) * dim);
        let (norms, values) = split_mut(values, packed_rows(rows));
        let (nearest, centers) = split_mut(values, packed_rows(rows));
        let (x, centers) = (x.as_chunks_mut().0.as_chunks_mut().0, centers.as_chunks_mut().0.as_chunks_mut().0);
        Self { origin, x, norms: norms.as_chunks_mut().0, nearest: nearest.as_chunks_mut().0, centers }
    }
}

/// The distances of all rows × all centers to `distmat`, the nearest class of each row to `classes`, if they are wanted.
///
/// Each block of centers is passed over by all rows of a group while it is in the cache, and of one row the centers come
/// in ascending order.
#[inline(never)]
pub(crate) fn distances<V: Vector>(
    x: Rows,
    centers: Rows,
    room: &mut [f32],
    mut distmat: Option<&mut [f32]>,
    mut classes: Option<&mut [i32]>,
) {
    let dim = x.dim();
    let share = cancelled_share(dim);
    let mut room = Room::new(room, x.count(), dim);
    let (mut norms, mut doubts, mut tile) = ([0.0; BLOCK_CENTERS], [0.0; BLOCK_CENTERS], [[0.0; BLOCK_CENTERS]; LANES]);
    mean_of_some(centers, room.origin);
    for first_row in (0..x.count()).step_by(GROUP_ROWS) {
        let x = x.part(first_row, GROUP_ROWS);
        room.take_group::<V>(x);
        for first in (0..centers.count()).step_by(block_centers(dim)) {
            let block = centers.part(first, block_centers(dim));
            room.take_block::<V>(block, &mut norms);
            let mut greatest = 0.0;
            for (doubt, norm) in doubts.iter_mut().zip(norms).take(block.count()) {
                *doubt = norm * share;
                greatest = if *doubt > greatest { *doubt } else { greatest };
            }
            for row in (0..x.count()).step_by(LANES) {
                room.expand::<V>(row, block.count(), &norms, &mut tile);
                let doubtful = at(room.norms, row / LANES).map(|norm| norm * share + LEAST);
                let nearest = at_mut(room.nearest, row / LANES);
                let clear = clear_rows::<V>(&tile, block.count(), &doubtful, greatest, nearest);
                for offset in 0..LANES.min(x.count() - row) {
                    let (at_row, x) = (first_row + row + offset, x.row(row + offset));
                    let distances = &mut tile[offset];
                    if clear & (1 << offset) == 0
                        && let Some((distance, place)) =
                            refine::<V>(x, block, doubtful[offset], &doubts, nearest[offset], distances)
                    {
                        nearest[offset] = distance;
                        if let Some(classes) = &mut classes {
                            *at_mut(classes, at_row) = i32::try_from(first + place).unwrap_or(i32::MAX);
                        }
                    }
                    if let Some(distmat) = &mut distmat {
                        let to = part_mut(distmat, at_row * centers.count() + first, block.count());
                        copy::<V>(part(distances, 0, block.count()), to);
                    }
                }
            }
        }
    }
}

impl Room<'_> {
    /// Takes the rows of a group, which have no nearest center yet.
    #[inline(never)]
    fn take_group<V: Vector>(&mut self, x: Rows) {
        let dim = x.dim();
        self.nearest.as_flattened_mut().fill(f32::INFINITY);
        for row in (0..x.count()).step_by(LANES) {
            pack::<V>(x, row, self.origin, 1.0, part_mut(self.x, row / LANES * dim, dim).as_flattened_mut(), 1);
            for offset in 0..LANES {
                at_mut(self.norms, row / LANES)[offset] = norm::<V>(x, row + offset, self.origin);
            }
        }
    }

    /// Takes a block of centers, twice as long as they are, as the products want them.
    #[inline(never)]
    fn take_block<V: Vector>(&mut self, block: Rows, norms: &mut OfBlock) {
        let dim = block.dim();
        for center in (0..block.count()).step_by(LANES) {
            let panel = part_mut(self.centers, center / CENTERS * dim, dim).as_flattened_mut();
            let first = center / LANES % WIDTH;
            pack::<V>(block, center, self.origin, 2.0, part_mut(panel, first, WIDTH * dim - first), WIDTH);
        }
        // Past the last center everything is infinitely far.
        norms.fill(f32::INFINITY);
        for (center, to) in norms.iter_mut().enumerate().take(block.count()) {
            *to = norm::<V>(block, center, self.origin);
        }
    }

    /// Expanded distances of four rows to the block.
    #[inline(never)]
    fn expand<V: Vector>(&self, row: usize, count: usize, norms: &OfBlock, tile: &mut [OfBlock; LANES]) {
        let dim = self.origin.len();
        let x = part(self.x, row / LANES * dim, dim);
        let norms_of_x = at(self.norms, row / LANES).map(V::splat);
        let norms = norms.as_chunks::<LANES>().0;
        for (panel, centers) in self.centers.chunks_exact(dim.max(1)).take(count.div_ceil(CENTERS)).enumerate() {
            let products = products::<V>(x, centers);
            for (n, norms) in part(norms, panel * WIDTH, WIDTH).iter().enumerate() {
                for (row, distances) in tile.iter_mut().enumerate() {
                    let sums = norms_of_x[row].add(V::load(norms)).sub(products[row][n]);
                    sums.store(at_mut(distances.as_chunks_mut().0, panel * WIDTH + n));
                }
            }
        }
    }
}

/// ‖row − origin‖²; infinite, which leaves all distances in doubt, where it is too great or not a number. Past the last
/// row, that one stands in.
#[allow(clippy::cast_possible_truncation, reason = "what overflows becomes infinite")]
#[inline(never)]
fn norm<V: Vector>(rows: Rows, row: usize, origin: &[f32]) -> f32 {
    let norm = squared_distance::<V>(rows.row(row.min(rows.count() - 1)), origin) as f32;
    if norm <= GREATEST_NORM { norm } else { f32::INFINITY }
}

/// Bits of the rows of a tile none of whose distances is in doubt or may be the row's least.
#[inline]
fn clear_rows<V: Vector>(
    tile: &[OfBlock; LANES],
    count: usize,
    doubtful: &[f32; LANES],
    greatest: f32,
    nearest: &[f32; LANES],
) -> u32 {
    let mut lows = [V::splat(f32::INFINITY); LANES];
    for place in 0..count.div_ceil(LANES) {
        for (low, distances) in lows.iter_mut().zip(tile) {
            *low = low.min_or_self(V::load(&at(distances.as_chunks().0, place)));
        }
    }
    let least = V::least_each(lows);
    let doubtful = V::load(doubtful).add(V::splat(greatest));
    least.greater(doubtful) & least.greater(V::load(nearest).mul(V::splat(AMBIGUOUS)))
}
