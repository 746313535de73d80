//! Refinement of expanded distances: as exact as promised, and exact enough to find the smallest of a row.

use crate::rows::shape::{Rows, item_mut, slice_mut};
use crate::rows::walk::{copy, min, pair_squared_distances};
use crate::simd::vector::{LANES, Vector};

/// Largest number of centers in a block: each has a bit in a mask.
pub(crate) const BLOCK_CENTERS: usize = 32;

/// One value for each center of a block. Distances past the last center are infinite.
pub(crate) type BlockValues = [f32; BLOCK_CENTERS];

/// Ratio from which on two distances are in the order of their direct sums: each distance is off by at most 10⁻⁵, and
/// so is each direct sum.
pub(crate) const TIE_FACTOR: f32 = 1.0 + 4e-5;

/// Replaces the distances of a row to a block that are at most `row_doubt` + `center_doubts[j]` by direct sums, and
/// returns the smallest distance.
#[inline(never)]
pub(crate) fn sum_doubted<V: Vector>(
    x: &[f32],
    block: Rows,
    row_doubt: f32,
    center_doubts: &BlockValues,
    distances: &mut [f32],
) -> f32 {
    let mut values = [f32::INFINITY; BLOCK_CENTERS];
    let values_of_block = slice_mut(&mut values, 0, block.count());
    copy::<V>(distances, values_of_block);
    let doubted = not_above::<V>(&values, block.count(), row_doubt, center_doubts);
    sum_again::<V>(x, block, doubted, distances);
    min::<V>(distances)
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
pub(crate) fn sum_again<V: Vector>(x: &[f32], block: Rows, mask: u32, distances: &mut [f32]) {
    let mut offsets = Bits(mask);
    while let Some(first) = offsets.next() {
        let mut last = first;
        let chosen = core::array::from_fn::<_, LANES, _>(|lane| {
            if lane > 0 {
                last = offsets.next().unwrap_or(last);
            }
            last
        });
        let sums = pair_squared_distances::<V>([x; LANES], chosen.map(|offset| block.row(offset)));
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
