//! Nearest classes with scores, in one pass over the centers and without a matrix of distances; and the decision.

use crate::detect::nearest::{self, NO_CLASS};
use crate::detect::score::{RowState, Score};
use crate::distance::blocked::{MAX_BLOCK_CENTERS, for_each_block};
use crate::distance::cosine::{self, Directions};
use crate::distance::mahalanobis;
use crate::distance::metric::Metric;
use crate::distance::pairwise::{self, roots};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut};
use crate::rows::walk::{copy, squared_distances};
use crate::simd::vector::{LANES, Vector, round_to_f32, sqrt};

/// Rows whose state is kept on the stack while the centers pass.
const CHUNK_ROWS: usize = 64;

/// The distances of rows to centers that a score is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure<'a> {
    /// By a metric.
    Metric(Metric),
    /// Σ_k (x − c)²_k · w_k, with a weight for each dimension: with the precision it is the squared distance of
    /// Mahalanobis by a covariance that is diagonal and one for all classes.
    Weighted(&'a [f32]),
}

/// Float32 values of scratch that [`classify`] wants: for what the search for the nearest wants or, where directions are
/// compared, for those, and for the distances of some rows.
#[must_use]
pub fn scratch_len(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    if metric == Metric::Cosine {
        let rows = rows.min(CHUNK_ROWS);
        return rows * n_classes + pairwise::scratch_len(metric, rows, n_classes, dim);
    }
    nearest::scratch_len(rows, n_classes, dim)
}

/// The nearest class of each row, the lowest among equals, and its score (observe [`Score`]): [`NO_CLASS`] and infinity for
/// a row without a finite distance. A center that is not finite is near no row. `scratch` has [`scratch_len`] places.
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

/// Scores of the distance to the nearest class alone, which is found without looking at all distances.
fn score_nearest<V: Vector>(x: Rows, centers: Rows, metric: Metric, score: Score, scores: &mut [f32], nearest: &[i32]) {
    for (row, (to, &nearest)) in scores.iter_mut().zip(nearest).enumerate() {
        let mut state = RowState { nearest, ..RowState::EMPTY };
        if let Ok(class) = usize::try_from(nearest) {
            let [square] = squared_distances::<V, 1>([x.row(row)], [centers.row(class); LANES]);
            let square = item(&square.to_array(), 0);
            state.min = if metric == Metric::Euclidean { round_to_f32(sqrt(f64::from(square))) } else { square };
        }
        *to = round_to_f32(score.value(&state));
    }
}

/// Scores of all distances.
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
    let center_scratch = scratch.len().min(cosine::center_scratch_len(n_classes, dim));
    let (center_scratch, scratch) = split_mut(scratch, center_scratch);
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
            // The nearest is exact, but a ratio is as exact only if both of its parts are.
            if let (Some(directions), Score::KnnCenters) = (&directions, score)
                && let Ok(class) = usize::try_from(state.runner_up)
            {
                state.second = directions.exact_distance::<V>(x.row(row), class);
            }
            *item_mut(nearest, start + row) = state.nearest;
            *item_mut(scores, start + row) = round_to_f32(score.value(state));
        }
    }
}

/// labels ← the nearest class, or [`NO_CLASS`] where the score is above the threshold: of all classes if there is one,
/// else that of the nearest class. Without thresholds only rows without a nearest class have none.
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
