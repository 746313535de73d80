//! Squared distances with a weight w_k for each dimension.

use crate::rows::shape::{Rows, item, item_mut, slice};
use crate::rows::walk::BLOCK_DIMS;
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Number of centers in a block, which all rows meet before the next block.
const BLOCK_CENTERS: usize = 32;

/// Calls `visit(row, first_center, distances)` with Σ_k w_k·(x_k − c_k)² of a row and the centers of a block, for all
/// rows and blocks, as [`crate::distance::blocked::for_each_block`] does with unweighted distances.
///
/// The differences are weighted, not the rows: x·√w − c·√w would cancel rounded values.
#[inline(never)]
pub(crate) fn for_each_block<V: Vector>(
    x: Rows,
    centers: Rows,
    weights: &[f32],
    visit: &mut dyn FnMut(usize, usize, &[f32]),
) {
    let mut distances = [0.0; BLOCK_CENTERS];
    for first in (0..centers.count()).step_by(BLOCK_CENTERS) {
        let block = centers.chunk(first, BLOCK_CENTERS);
        let last = block.count() - 1;
        for row in 0..x.count() {
            for center in (0..block.count()).step_by(LANES) {
                // The last center fills the last vector up.
                let four = core::array::from_fn(|offset| block.row((center + offset).min(last)));
                let four_distances = squared_distances::<V>(x.row(row), four, weights);
                *item_mut(distances.as_chunks_mut().0, center / LANES) = four_distances;
            }
            visit(row, first, slice(&distances, 0, block.count()));
        }
    }
}

/// Σ_k w_k·(x_k − c_k)² of a row and four centers, in `f32` over at most [`BLOCK_DIMS`] dimensions and in `f64` across
/// blocks.
fn squared_distances<V: Vector>(x: &[f32], c: [&[f32]; LANES], weights: &[f32]) -> [f32; LANES] {
    let mut totals = [0.0_f64; LANES];
    for start in (0..x.len()).step_by(BLOCK_DIMS) {
        let len = BLOCK_DIMS.min(x.len() - start);
        let block = |row| slice(row, start, len);
        let sums = block_squared_distances::<V>(block(x), c.map(block), block(weights));
        for (total, sum) in totals.iter_mut().zip(sums.to_array()) {
            *total += f64::from(sum);
        }
    }
    totals.map(round_to_f32)
}

#[inline]
fn block_squared_distances<V: Vector>(x: &[f32], c: [&[f32]; LANES], weights: &[f32]) -> V {
    // A square alone may overflow where its product with the weight does not.
    let term = |x: V, c: V, weight: V, sum: V| {
        let difference = x.sub(c);
        difference.mul(weight).mul_add(difference, sum)
    };
    let vectors = x.len() / LANES;
    // Slices of one length let the compiler drop the bounds checks in the loop.
    let [x_lanes, weight_lanes] = [x, weights].map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let c_lanes = c.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let mut sums = [V::splat(0.0); LANES];
    for i in 0..vectors {
        let (x, weight) = (V::load(&x_lanes[i]), V::load(&weight_lanes[i]));
        for center in 0..LANES {
            sums[center] = term(x, V::load(&c_lanes[center][i]), weight, sums[center]);
        }
    }
    let mut sums = V::sum_each(sums);
    for k in vectors * LANES..x.len() {
        let c = V::load(&c.map(|row| item(row, k)));
        sums = term(V::splat(item(x, k)), c, V::splat(item(weights, k)), sums);
    }
    sums
}
