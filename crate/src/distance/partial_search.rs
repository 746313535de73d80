//! The nearest center of one row, without reading most of the centers to their end.

use crate::distance::refine::AMBIGUOUS;
use crate::rows::shape::{Rows, at, part};
use crate::rows::walk::squared_distances;
use crate::simd::vector::{LANES, Vector, lesser};

/// With fewer classes, or dimensions, there is nothing to save.
const FEWEST_CLASSES: usize = 64;
const FEWEST_DIMENSIONS: usize = 64;

/// More rows share what they read of the centers.
const MOST_ROWS: usize = 3;

/// Rounds of dimensions, after each of which the centers that are too far already drop out; short ones do not pay.
const ROUNDS: usize = 4;
const SHORTEST_ROUND: usize = 64;

/// Whether it takes less time than summing all distances.
pub(crate) fn pays(rows: usize, n_classes: usize, dim: usize) -> bool {
    rows <= MOST_ROWS && n_classes >= FEWEST_CLASSES && dim >= FEWEST_DIMENSIONS
}

/// Dimensions in a round.
fn step(dim: usize) -> usize {
    dim.div_ceil(ROUNDS).next_multiple_of(LANES).max(SHORTEST_ROUND)
}

/// Vectors of room that [`nearest`] wants.
pub(crate) fn room_lanes(n_classes: usize) -> usize {
    n_classes.div_ceil(LANES)
}

/// argmin_j ‖x − c_j‖² of direct sums, the lowest j among equals; `None` if no distance is finite.
///
/// A distance is not below the part of its sum over the first dimensions. So the centers take part round by round: after
/// each, the distance of the one that leads bounds which others can still be the nearest.
#[inline(never)]
pub(crate) fn nearest<V: Vector>(x: &[f32], centers: Rows, sums: &mut [[f32; LANES]]) -> Option<usize> {
    let dim = x.len();
    let end = centers.count() - 1;
    // Past the last center it stands in again.
    let four = |group: usize| core::array::from_fn(|lane| centers.row((group * LANES + lane).min(end)));
    let mut limit = f32::INFINITY;
    sums.as_flattened_mut().fill(0.0);
    for start in (0..dim).step_by(step(dim)) {
        let len = step(dim).min(dim - start);
        let mut lead = V::splat(f32::INFINITY);
        for (group, sums) in sums.iter_mut().enumerate() {
            let sum = V::load(sums);
            if is_any_within(sum, limit) {
                let of_rows = four(group).map(|row| part(row, start, len));
                let [more] = squared_distances::<V, 1>([part(x, start, len)], of_rows);
                let sum = sum.add(more);
                sum.store(sums);
                lead = lead.min_or_self(sum);
            }
        }
        let lead = lead.least();
        let leader = sums.as_flattened().iter().position(|&sum| sum <= lead).unwrap_or(end).min(end);
        let [distance] = squared_distances::<V, 1>([x], [centers.row(leader); LANES]);
        let bound = at(&distance.to_array(), 0) * AMBIGUOUS;
        limit = lesser(limit, bound);
    }
    let mut nearest = (f32::INFINITY, None);
    for (group, sums) in sums.iter().enumerate() {
        if is_any_within(V::load(sums), limit) {
            let [distances] = squared_distances::<V, 1>([x], four(group));
            for (lane, distance) in distances.to_array().into_iter().enumerate() {
                if distance < nearest.0 {
                    nearest = (distance, Some(group * LANES + lane));
                }
            }
        }
    }
    nearest.1
}

fn is_any_within<V: Vector>(sums: V, limit: f32) -> bool {
    sums.greater(V::splat(limit)) != 0b1111
}
