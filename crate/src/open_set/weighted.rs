//! Squared distances with a weight for each dimension.

use crate::rows::BLOCK;
use crate::shape::{Rows, at_mut, part};
use crate::vector::{LANES, Vector};

/// Independent sums, so that an addition need not wait for the one before it.
const CHAINS: usize = 2;

/// Centers that all rows pass over before the next ones are read.
const CENTERS: usize = 32;

/// Calls `visit(row, first_center, distances)` with Σ_k (x − c)²_k·w_k of a row and some centers, for all rows × all
/// centers, those of a row in ascending order: as [`crate::direct::for_each_block`] of the plain distances.
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
        for row in 0..x.count() {
            for center in 0..block.count() {
                *at_mut(&mut distances, center) = squared_distance::<V>(x.row(row), block.row(center), weights);
            }
            visit(row, first, part(&distances, 0, block.count()));
        }
    }
}

/// Σ_k (x − c)²_k·w_k, in `f32` over at most [`BLOCK`] dimensions and in `f64` across blocks.
#[allow(clippy::cast_possible_truncation, reason = "results are float32; what overflows becomes infinite")]
fn squared_distance<V: Vector>(x: &[f32], c: &[f32], weights: &[f32]) -> f32 {
    let mut total = 0.0;
    for ((x, c), weights) in x.chunks(BLOCK).zip(c.chunks(BLOCK)).zip(weights.chunks(BLOCK)) {
        let mut sums = [V::splat(0.0); CHAINS];
        let term = |x: V, c: V, weight: V, sum: V| {
            let difference = x.sub(c);
            // A square alone may overflow where the product does not.
            difference.mul(weight).mul_add(difference, sum)
        };
        let ((x, x_rest), (c, c_rest)) = (x.as_chunks::<LANES>(), c.as_chunks::<LANES>());
        let (weights, weights_rest) = weights.as_chunks::<LANES>();
        for (run, ((x, c), weights)) in x.iter().zip(c).zip(weights).enumerate() {
            let sum = at_mut(&mut sums, run % CHAINS);
            *sum = term(V::load(x), V::load(c), V::load(weights), *sum);
        }
        let rest = term(V::load_partial(x_rest), V::load_partial(c_rest), V::load_partial(weights_rest), V::splat(0.0));
        total += f64::from(sums[0].add(sums[1]).add(rest).sum());
    }
    total as f32
}
