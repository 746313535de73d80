//! Squared distances with a weight for each dimension.

use crate::rows::shape::{Rows, at, at_mut, part};
use crate::rows::walk::BLOCK;
use crate::simd::vector::{LANES, Vector};

/// Centers that all rows pass over before the next ones are read.
const CENTERS: usize = 32;

/// Calls `visit(row, first_center, distances)` with Σ_k (x − c)²_k·w_k of a row and some centers, for all rows × all
/// centers, those of a row in ascending order: as [`crate::distance::blocked::for_each_block`] of the plain distances.
///
/// The differences are weighted, not the rows: x·√w − c·√w would round what may cancel.
#[inline(never)]
pub(crate) fn for_each_block<V: Vector>(
    x: Rows,
    centers: Rows,
    weights: &[f32],
    visit: &mut dyn FnMut(usize, usize, &[f32]),
) {
    let mut distances = [0.0; CENTERS];
    for first in (0..centers.count()).step_by(CENTERS) {
        let block = centers.part(first, CENTERS);
        let last = block.count() - 1;
        for row in 0..x.count() {
            for center in (0..block.count()).step_by(LANES) {
                // Past the last center it stands in again.
                let four = core::array::from_fn(|offset| block.row((center + offset).min(last)));
                let of_four = squared_distances::<V>(x.row(row), four, weights);
                *at_mut(distances.as_chunks_mut().0, center / LANES) = of_four;
            }
            visit(row, first, part(&distances, 0, block.count()));
        }
    }
}

/// Σ_k (x − c)²_k·w_k of a row and four centers, in `f32` over at most [`BLOCK`] dimensions and in `f64` across blocks.
#[allow(clippy::cast_possible_truncation, reason = "results are float32; what overflows becomes infinite")]
fn squared_distances<V: Vector>(x: &[f32], c: [&[f32]; LANES], weights: &[f32]) -> [f32; LANES] {
    let mut totals = [0.0_f64; LANES];
    for start in (0..x.len()).step_by(BLOCK) {
        let len = BLOCK.min(x.len() - start);
        let cut = |row| part(row, start, len);
        let sums = squared_distances_of_block::<V>(cut(x), c.map(cut), cut(weights));
        for (total, sum) in totals.iter_mut().zip(sums.to_array()) {
            *total += f64::from(sum);
        }
    }
    totals.map(|total| total as f32)
}

#[inline]
fn squared_distances_of_block<V: Vector>(x: &[f32], c: [&[f32]; LANES], weights: &[f32]) -> V {
    // A square alone may overflow where the product does not.
    let term = |x: V, c: V, weight: V, sum: V| {
        let difference = x.sub(c);
        difference.mul(weight).mul_add(difference, sum)
    };
    let runs = x.len() / LANES;
    // Cut to one common length, which lets the compiler drop the bounds checks in the loop.
    let [x_lanes, weight_lanes] = [x, weights].map(|row| part(row.as_chunks::<LANES>().0, 0, runs));
    let c_lanes = c.map(|row| part(row.as_chunks::<LANES>().0, 0, runs));
    let mut sums = [V::splat(0.0); LANES];
    for run in 0..runs {
        let (x, weight) = (V::load(&x_lanes[run]), V::load(&weight_lanes[run]));
        for center in 0..LANES {
            sums[center] = term(x, V::load(&c_lanes[center][run]), weight, sums[center]);
        }
    }
    let mut sums = V::sum_each(sums);
    for k in runs * LANES..x.len() {
        let c = V::load(&c.map(|row| at(row, k)));
        sums = term(V::splat(at(x, k)), c, V::splat(at(weights, k)), sums);
    }
    sums
}
