//! Partial distance search: the nearest center of one row, where most centers are not read to their end.

use crate::distance::refine::TIE_FACTOR;
use crate::rows::shape::{Rows, item, slice};
use crate::rows::walk::squared_distances;
use crate::simd::vector::{LANES, Vector, min_or_first};

/// Smallest number of classes for which the search saves time.
const MIN_CLASSES: usize = 64;
/// Smallest number of dimensions for which the search saves time.
const MIN_DIMS: usize = 64;

/// Largest number of rows. More rows share the centers that they read, so that full distances are faster.
const MAX_ROWS: usize = 3;

/// Largest number of rounds. Centers that are too far drop out after each round.
const ROUNDS: usize = 4;
/// Smallest number of dimensions in a round: shorter rounds do not pay.
const MIN_ROUND_DIMS: usize = 64;

/// Returns true if the search takes less time than all distances.
pub(crate) fn is_faster(rows: usize, n_classes: usize, dim: usize) -> bool {
    rows <= MAX_ROWS && n_classes >= MIN_CLASSES && dim >= MIN_DIMS
}

/// Number of dimensions in a round.
fn round_dims(dim: usize) -> usize {
    dim.div_ceil(ROUNDS).next_multiple_of(LANES).max(MIN_ROUND_DIMS)
}

/// Number of vectors in the scratch for [`nearest`].
pub(crate) fn scratch_lanes(n_classes: usize) -> usize {
    n_classes.div_ceil(LANES)
}

/// argmin_j ‖x − c_j‖² of direct sums, the lowest j among equals; `None` if no distance is finite.
///
/// A distance is never below its partial sum over the first dimensions. After each round, the full distance of the
/// center with the smallest partial sum bounds which centers can still be nearest.
#[inline(never)]
pub(crate) fn nearest<V: Vector>(x: &[f32], centers: Rows, sums: &mut [[f32; LANES]]) -> Option<usize> {
    let dim = x.len();
    let end = centers.count() - 1;
    // The last center fills the last vector up.
    let four = |i: usize| core::array::from_fn(|lane| centers.row((i * LANES + lane).min(end)));
    let mut limit = f32::INFINITY;
    sums.as_flattened_mut().fill(0.0);
    for start in (0..dim).step_by(round_dims(dim)) {
        let len = round_dims(dim).min(dim - start);
        let mut lowest = V::splat(f32::INFINITY);
        for (i, sums) in sums.iter_mut().enumerate() {
            let sum = V::load(sums);
            if is_any_within(sum, limit) {
                let parts = four(i).map(|row| slice(row, start, len));
                let [more] = squared_distances::<V, 1>([slice(x, start, len)], parts);
                let sum = sum.add(more);
                sum.store(sums);
                lowest = lowest.min_or_self(sum);
            }
        }
        let lowest = lowest.min_lane();
        let leader = sums.as_flattened().iter().position(|&sum| sum <= lowest).unwrap_or(end).min(end);
        let [distance] = squared_distances::<V, 1>([x], [centers.row(leader); LANES]);
        let bound = item(&distance.to_array(), 0) * TIE_FACTOR;
        limit = min_or_first(limit, bound);
    }
    let mut nearest = (f32::INFINITY, None);
    for (i, sums) in sums.iter().enumerate() {
        if is_any_within(V::load(sums), limit) {
            let [distances] = squared_distances::<V, 1>([x], four(i));
            for (lane, distance) in distances.to_array().into_iter().enumerate() {
                if distance < nearest.0 {
                    nearest = (distance, Some(i * LANES + lane));
                }
            }
        }
    }
    nearest.1
}

fn is_any_within<V: Vector>(sums: V, limit: f32) -> bool {
    sums.greater_mask(V::splat(limit)) != 0b1111
}
