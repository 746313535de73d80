//! Refinement of expanded distances: as exact as promised, and exact enough to find the smallest of a row.

use crate::rows::shape::{Rows, item, item_mut, slice};
use crate::rows::walk::{min, squared_distances};
use crate::simd::vector::{LANES, Vector, min_or_first};

/// Largest number of centers in a block: each has a bit in a mask.
pub(crate) const BLOCK_CENTERS: usize = 32;

/// One value for each center of a block. Distances past the last center are infinite.
pub(crate) type BlockValues = [f32; BLOCK_CENTERS];

/// Ratio from which on two distances are in the order of their direct sums: each distance is off by at most 10⁻⁵, and
/// so is each direct sum.
pub(crate) const TIE_FACTOR: f32 = 1.0 + 4e-5;

/// Replaces doubtful distances of a row to a block by direct sums: distances of at most `row_doubt` +
/// `center_doubts[j]`, and distances that may be the smallest of the row. `nearest` is the smallest distance so far.
///
/// Returns the new smallest distance and its position in the block, the first among equals, or `None` if the block has
/// no smaller one.
#[inline(never)]
pub(crate) fn refine<V: Vector>(
    x: &[f32],
    block: Rows,
    row_doubt: f32,
    center_doubts: &BlockValues,
    nearest: f32,
    distances: &mut BlockValues,
) -> Option<(f32, usize)> {
    let count = block.count();
    let doubted = not_above::<V>(distances, count, row_doubt, center_doubts);
    sum_again::<V>(x, block, doubted, distances);
    let lowest = min::<V>(slice(distances, 0, count));
    let limit = min_or_first(nearest, lowest) * TIE_FACTOR;
    let candidates = not_above::<V>(distances, count, limit, &[0.0; BLOCK_CENTERS]);
    sum_again::<V>(x, block, candidates & !doubted, distances);
    let mut found = None;
    for offset in Bits(candidates) {
        let distance = item(distances, offset);
        if distance < found.map_or(nearest, |(min, _)| min) {
            found = Some((distance, offset));
        }
    }
    found
}

/// Mask of the first `count` distances that are not above `limit` + `more[j]`. NaN is not above.
#[inline(never)]
fn not_above<V: Vector>(distances: &BlockValues, count: usize, limit: f32, more: &BlockValues) -> u32 {
    let mut above = 0;
    let lanes = distances.as_chunks::<LANES>().0.iter().zip(more.as_chunks().0);
    for (offset, (distances, more)) in lanes.enumerate() {
        above |= V::load(distances).greater_mask(V::splat(limit).add(V::load(more))) << (offset * LANES);
    }
    !above & (u32::MAX >> (BLOCK_CENTERS - count))
}

/// Replaces the distances in the mask by direct sums, four at a time.
#[inline(never)]
pub(crate) fn sum_again<V: Vector>(x: &[f32], block: Rows, mask: u32, distances: &mut BlockValues) {
    let mut offsets = Bits(mask);
    while let Some(first) = offsets.next() {
        let mut last = first;
        let chosen = core::array::from_fn::<_, LANES, _>(|lane| {
            if lane > 0 {
                last = offsets.next().unwrap_or(last);
            }
            last
        });
        let [sums] = squared_distances::<V, 1>([x], chosen.map(|offset| block.row(offset)));
        for (offset, sum) in chosen.into_iter().zip(sums.to_array()) {
            *item_mut(distances, offset) = sum;
        }
    }
}

/// Positions of the bits that are set, in ascending order.
pub(crate) struct Bits(pub(crate) u32);

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let offset = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (offset < u32::BITS).then_some(offset as usize)
    }
}
