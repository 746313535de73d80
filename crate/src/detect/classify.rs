//! Nearest classes with scores, in one pass over the centers and without a matrix of distances; and the decision.

use crate::detect::nearest::{self, NO_CLASS};
use crate::detect::score::{Score, Seen};
use crate::distance::blocked::{BLOCK_CENTERS, for_each_block};
use crate::distance::cosine::{self, Directions};
use crate::distance::mahalanobis;
use crate::distance::metric::Metric;
use crate::distance::pairwise::{self, roots};
use crate::rows::shape::{Rows, at, at_mut, part, part_mut, split_mut};
use crate::rows::walk::{copy, squared_distances};
use crate::simd::vector::{LANES, Vector, sqrt};

/// Rows whose state is kept on the stack while the centers pass.
const ROWS_AT_ONCE: usize = 64;

/// The distances of rows to centers that a score is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure<'a> {
    /// By a metric.
    Metric(Metric),
    /// Σ_k (x − c)²_k · w_k, with a weight for each dimension: with the precision it is the squared distance of
    /// Mahalanobis by a covariance that is diagonal and one for all classes.
    Weighted(&'a [f32]),
}

/// Float32 values of room that [`classify`] wants: for what the search for the nearest wants or, where directions are
/// compared, for those, and for the distances of some rows.
#[must_use]
pub fn room_values(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    if metric == Metric::Cosine {
        let rows = rows.min(ROWS_AT_ONCE);
        return rows * n_classes + pairwise::room_values(metric, rows, n_classes, dim);
    }
    nearest::room_values(rows, n_classes, dim)
}

/// The nearest class of each row, the lowest among equals, and its score (see [`Score`]): [`NO_CLASS`] and infinity for
/// a row without a finite distance. A center that is not finite is near no row. `room` has [`room_values`] places.
pub fn classify<V: Vector>(
    x: Rows,
    centers: Rows,
    measure: Measure,
    score: Score,
    room: &mut [f32],
    scores: &mut [f32],
    nearest: &mut [i32],
) {
    match measure {
        Measure::Metric(metric) if metric != Metric::Cosine && score.needs_nearest_only() => {
            nearest::predict::<V>(x, centers, room, nearest);
            score_nearest::<V>(x, centers, metric, score, scores, nearest);
        }
        _ => score_all::<V>(x, centers, measure, score, room, scores, nearest),
    }
}

/// Scores of the distance to the nearest class alone, which is found without looking at all distances.
#[allow(clippy::cast_possible_truncation, reason = "distances and scores are float32")]
fn score_nearest<V: Vector>(x: Rows, centers: Rows, metric: Metric, score: Score, scores: &mut [f32], nearest: &[i32]) {
    for (row, (to, &nearest)) in scores.iter_mut().zip(nearest).enumerate() {
        let mut seen = Seen { nearest, ..Seen::NOTHING };
        if let Ok(class) = usize::try_from(nearest) {
            let [square] = squared_distances::<V, 1>([x.row(row)], [centers.row(class); LANES]);
            let square = at(&square.to_array(), 0);
            seen.least = if metric == Metric::Euclidean { sqrt(f64::from(square)) as f32 } else { square };
        }
        *to = score.of(&seen) as f32;
    }
}

/// Scores of all distances.
#[allow(clippy::cast_possible_truncation, reason = "scores are float32")]
fn score_all<V: Vector>(
    x: Rows,
    centers: Rows,
    measure: Measure,
    score: Score,
    room: &mut [f32],
    scores: &mut [f32],
    nearest: &mut [i32],
) {
    let (dim, n_classes) = (x.dim(), centers.count());
    let of_centers = room.len().min(cosine::room_values_of_centers(n_classes, dim));
    let (of_centers, room) = split_mut(room, of_centers);
    let is_cosine = measure == Measure::Metric(Metric::Cosine);
    let directions = is_cosine.then(|| Directions::new::<V>(centers, of_centers));
    for start in (0..x.count()).step_by(ROWS_AT_ONCE) {
        let x = x.part(start, ROWS_AT_ONCE);
        let mut seen = [Seen::NOTHING; ROWS_AT_ONCE];
        let mut see = |row: usize, first: usize, distances: &[f32]| {
            at_mut(&mut seen, row).see::<V>(score, first, distances);
        };
        match (measure, &directions) {
            (Measure::Weighted(weights), _) => mahalanobis::for_each_block::<V>(x, centers, weights, &mut see),
            (_, Some(directions)) => {
                let (distmat, room) = split_mut(room, x.count() * n_classes);
                directions.distances::<V>(x, room, distmat);
                for row in 0..x.count() {
                    let distances = part(distmat, row * n_classes, n_classes);
                    for (block, distances) in distances.chunks(BLOCK_CENTERS).enumerate() {
                        see(row, block * BLOCK_CENTERS, distances);
                    }
                }
            }
            (Measure::Metric(metric), None) => {
                let mut distances = [0.0; BLOCK_CENTERS];
                for_each_block::<V>(x, centers, &mut |row, first, squares| {
                    let distances = part_mut(&mut distances, 0, squares.len());
                    copy::<V>(squares, distances);
                    if metric == Metric::Euclidean {
                        roots::<V>(distances);
                    }
                    see(row, first, distances);
                });
            }
        }
        for (row, seen) in seen.iter_mut().enumerate().take(x.count()) {
            // The nearest is exact, but a ratio is as exact only if both of its parts are.
            if let (Some(directions), Score::KnnCenters) = (&directions, score)
                && let Ok(class) = usize::try_from(seen.runner_up)
            {
                seen.second = directions.measure::<V>(x.row(row), class);
            }
            *at_mut(nearest, start + row) = seen.nearest;
            *at_mut(scores, start + row) = score.of(seen) as f32;
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
            (Ok(class), _) => at(thresholds, class),
        };
        *label = if f64::from(*score) > threshold { NO_CLASS } else { *nearest };
    }
}
