//! Distances that were expanded, made as exact as promised, and exact enough to tell which one is the least.

use crate::rows::shape::{Rows, at, at_mut, part};
use crate::rows::walk::{least, squared_distances};
use crate::simd::vector::{LANES, Vector, lesser};

/// The most centers in a block: one bit each.
pub(crate) const BLOCK_CENTERS: usize = 32;

/// A value for each center of a block; a distance past the last center is infinite.
pub(crate) type OfBlock = [f32; BLOCK_CENTERS];

/// Two distances that are farther apart than this, each off by 10⁻⁵ at the most, are in the order of their direct sums,
/// which may be off by as much again.
pub(crate) const AMBIGUOUS: f32 = 1.0 + 4e-5;

/// Sums directly what the expansion leaves in doubt of a row's distances to a block: those of at most
/// `doubt` + `doubts[j]`, and those that may be the least of the row, `nearest` being the least so far.
///
/// Returns the new least and where in the block it is, if it is there: the first of equals.
#[inline(never)]
pub(crate) fn refine<V: Vector>(
    x: &[f32],
    block: Rows,
    doubt: f32,
    doubts: &OfBlock,
    nearest: f32,
    distances: &mut OfBlock,
) -> Option<(f32, usize)> {
    let count = block.count();
    let doubted = not_above::<V>(distances, count, doubt, doubts);
    sum_again::<V>(x, block, doubted, distances);
    let lowest = least::<V>(part(distances, 0, count));
    let limit = lesser(nearest, lowest) * AMBIGUOUS;
    let candidates = not_above::<V>(distances, count, limit, &[0.0; BLOCK_CENTERS]);
    sum_again::<V>(x, block, candidates & !doubted, distances);
    let mut found = None;
    for offset in Bits(candidates) {
        let distance = at(distances, offset);
        if distance < found.map_or(nearest, |(least, _)| least) {
            found = Some((distance, offset));
        }
    }
    found
}

/// Bits of the first `count` distances that are not above `limit` + `more[j]`: of NaN, too.
#[inline(never)]
fn not_above<V: Vector>(distances: &OfBlock, count: usize, limit: f32, more: &OfBlock) -> u32 {
    let mut above = 0;
    let lanes = distances.as_chunks::<LANES>().0.iter().zip(more.as_chunks().0);
    for (place, (distances, more)) in lanes.enumerate() {
        above |= V::load(distances).greater(V::splat(limit).add(V::load(more))) << (place * LANES);
    }
    !above & (u32::MAX >> (BLOCK_CENTERS - count))
}

/// Replaces the distances whose bits are set by direct sums, four at a time.
#[inline(never)]
fn sum_again<V: Vector>(x: &[f32], block: Rows, which: u32, distances: &mut OfBlock) {
    let mut places = Bits(which);
    while let Some(first) = places.next() {
        let mut last = first;
        let chosen = core::array::from_fn::<_, LANES, _>(|lane| {
            if lane > 0 {
                last = places.next().unwrap_or(last);
            }
            last
        });
        let [sums] = squared_distances::<V, 1>([x], chosen.map(|place| block.row(place)));
        for (place, sum) in chosen.into_iter().zip(sums.to_array()) {
            *at_mut(distances, place) = sum;
        }
    }
}

/// The places of the bits that are set, in ascending order.
struct Bits(u32);

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (place < u32::BITS).then_some(place as usize)
    }
}
