//! Nearest classes with scores, in one pass over the centers without a matrix of all distances, and decisions by
//! thresholds.

use crate::detect::nearest::{self, NO_CLASS};
use crate::detect::score::{RowState, Score};
use crate::distance::blocked::{MAX_BLOCK_CENTERS, for_each_block};
use crate::distance::cosine::{self, Directions};
use crate::distance::mahalanobis;
use crate::distance::metric::Metric;
use crate::distance::pairwise::{self, roots};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::{copy, pair_squared_distances};
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Number of rows whose state fits the stack while they meet all centers.
const CHUNK_ROWS: usize = 64;

/// Distance that a score is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure<'a> {
    /// Distance in a metric.
    Metric(Metric),
    /// Σ_k w_k·(x_k − c_k)², with one weight for each dimension. With a precision as the weights it is the squared
    /// Mahalanobis distance by a covariance that is diagonal and shared by all classes.
    Weighted(&'a [f32]),
}

/// Length of the scratch for [`classify`].
#[must_use]
pub fn scratch_len(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    if metric == Metric::Cosine {
        let rows = rows.min(CHUNK_ROWS);
        return total_len([(rows, n_classes), (1, pairwise::scratch_len(metric, rows, n_classes, dim))]);
    }
    nearest::scratch_len(rows, n_classes, dim)
}

/// Finds the nearest class of each row, the lowest among equals, and its score (see [`Score`]). A row without a finite
/// distance gets [`NO_CLASS`] and an infinite score; a center that is not finite is nearest to no row. `scratch` has
/// the length [`scratch_len`].
pub fn classify<V: Vector>(
    x: Rows,
    centers: Rows,
    measure: Measure,
    score: Score,
    scratch: &mut [f32],
    scores: &mut [f32],
    nearest: &mut [i32],
) {
    match measure {
        Measure::Metric(metric) if metric != Metric::Cosine && score.needs_nearest_only() => {
            nearest::predict::<V>(x, centers, scratch, nearest);
            score_nearest::<V>(x, centers, metric, score, scores, nearest);
        }
        _ => score_all::<V>(x, centers, measure, score, scratch, scores, nearest),
    }
}

/// Scores that depend on the distance to the nearest class alone.
fn score_nearest<V: Vector>(x: Rows, centers: Rows, metric: Metric, score: Score, scores: &mut [f32], nearest: &[i32]) {
    for (i, (to, nearest)) in scores.chunks_mut(LANES).zip(nearest.chunks(LANES)).enumerate() {
        // Lanes past the last row repeat it. A row without a class meets itself, and `value` ignores the distance.
        let at = |lane: usize| lane.min(nearest.len() - 1);
        let rows = core::array::from_fn(|lane| x.row(i * LANES + at(lane)));
        let own = core::array::from_fn(|lane| {
            usize::try_from(item(nearest, at(lane))).map_or_else(|_| item(&rows, lane), |class| centers.row(class))
        });
        let squares = pair_squared_distances::<V>(rows, own);
        let distances = if metric == Metric::Euclidean { squares.sqrt() } else { squares }.to_array();
        for ((to, &nearest), min) in to.iter_mut().zip(nearest).zip(distances) {
            *to = round_to_f32(score.value::<V>(&RowState { nearest, min, ..RowState::EMPTY }));
        }
    }
}

/// Scores that depend on all distances.
fn score_all<V: Vector>(
    x: Rows,
    centers: Rows,
    measure: Measure,
    score: Score,
    scratch: &mut [f32],
    scores: &mut [f32],
    nearest: &mut [i32],
) {
    let (dim, n_classes) = (x.dim(), centers.count());
    let len = scratch.len().min(cosine::center_scratch_len(n_classes, dim));
    let (center_scratch, scratch) = split_mut(scratch, len);
    let is_cosine = measure == Measure::Metric(Metric::Cosine);
    let directions = is_cosine.then(|| Directions::new::<V>(centers, center_scratch));
    for start in (0..x.count()).step_by(CHUNK_ROWS) {
        let x = x.chunk(start, CHUNK_ROWS);
        let mut states = [RowState::EMPTY; CHUNK_ROWS];
        let mut observe = |row: usize, first: usize, distances: &[f32]| {
            item_mut(&mut states, row).observe::<V>(score, first, distances);
        };
        match (measure, &directions) {
            (Measure::Weighted(weights), _) => mahalanobis::for_each_block::<V>(x, centers, weights, &mut observe),
            (_, Some(directions)) => {
                let (distmat, scratch) = split_mut(scratch, x.count() * n_classes);
                directions.distances::<V>(x, scratch, distmat);
                for row in 0..x.count() {
                    let distances = slice(distmat, row * n_classes, n_classes);
                    for (block, distances) in distances.chunks(MAX_BLOCK_CENTERS).enumerate() {
                        observe(row, block * MAX_BLOCK_CENTERS, distances);
                    }
                }
            }
            (Measure::Metric(metric), None) => {
                let mut distances = [0.0; MAX_BLOCK_CENTERS];
                for_each_block::<V>(x, centers, &mut |row, first, squares| {
                    let distances = slice_mut(&mut distances, 0, squares.len());
                    copy::<V>(squares, distances);
                    if metric == Metric::Euclidean {
                        roots::<V>(distances);
                    }
                    observe(row, first, distances);
                });
            }
        }
        for (row, state) in states.iter_mut().enumerate().take(x.count()) {
            // The smallest distance is exact, but a ratio needs the second smallest to be exact too.
            if let (Some(directions), Score::KnnCenters) = (&directions, score)
                && let Ok(class) = usize::try_from(state.runner_up)
            {
                state.second = directions.exact_distance::<V>(x.row(row), class);
            }
            *item_mut(nearest, start + row) = state.nearest;
            *item_mut(scores, start + row) = round_to_f32(score.value::<V>(state));
        }
    }
}

/// labels ← the nearest class, or [`NO_CLASS`] where the score is above the threshold: one threshold for all classes,
/// or the threshold of the nearest class. Without thresholds, only rows without a nearest class get [`NO_CLASS`].
pub fn decide(scores: &[f32], nearest: &[i32], thresholds: &[f64], labels: &mut [i32]) {
    for (label, (score, nearest)) in labels.iter_mut().zip(scores.iter().zip(nearest)) {
        let threshold = match (usize::try_from(*nearest), thresholds) {
            (Err(_), _) | (_, []) => f64::INFINITY,
            (_, [threshold]) => *threshold,
            (Ok(class), _) => item(thresholds, class),
        };
        *label = if f64::from(*score) > threshold { NO_CLASS } else { *nearest };
    }
}
