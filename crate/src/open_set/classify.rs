//! Nearest classes with scores, in one pass over the centers and without a matrix of distances; and the decision.

use crate::direct::{BLOCK_CENTERS, for_each_block};
use crate::open_set::metric::Metric;
use crate::open_set::score::{Score, Seen};
use crate::open_set::{unit, weighted};
use crate::predict::{self, NO_CLASS};
use crate::rows::{copy, squared_distances};
use crate::shape::{Rows, at, at_mut, part, part_mut};
use crate::vector::{LANES, Vector, sqrt, trap};

/// Rows whose state is kept on the stack while the centers pass.
const ROWS_AT_ONCE: usize = 64;

/// 1 − cos of directions that are one, as `f64` rounds them, is below.
const LEAST_ANGLE: f64 = 1e-30;

/// More than what the rounding of directions moves two of their distances by, 3·10⁻⁷·√d each.
const ROUNDING: f32 = 1e-6;

/// The distances of rows to centers that a score is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure<'a> {
    /// By a metric.
    Metric(Metric),
    /// Σ_k (x − c)²_k · w_k, with a weight for each dimension: with the precision it is the squared distance of
    /// Mahalanobis by a covariance that is diagonal and one for all classes.
    Weighted(&'a [f32]),
}

/// Float32 values of room that [`classify`] wants: the directions of centers and rows, where it compares those, or what
/// the search for the nearest wants.
#[must_use]
pub fn room_values(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    match metric {
        Metric::Cosine => (n_classes + rows.min(ROWS_AT_ONCE)) * (dim + 1),
        _ => predict::room_values(rows, n_classes, dim),
    }
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
            predict::predict::<V>(x, centers, room, nearest);
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
    let of_centers = room.len().min(n_classes * (dim + 1));
    let Some((center_room, row_room)) = room.split_at_mut_checked(of_centers) else { trap() };
    let is_cosine = measure == Measure::Metric(Metric::Cosine);
    let (to, center_lack) = if is_cosine { unit::normalize(centers, center_room) } else { (centers, &[][..]) };
    for start in (0..x.count()).step_by(ROWS_AT_ONCE) {
        let x = x.part(start, ROWS_AT_ONCE);
        let mut seen = [Seen::NOTHING; ROWS_AT_ONCE];
        let mut see = |row: usize, first: usize, distances: &[f32]| {
            at_mut(&mut seen, row).see::<V>(score, first, distances);
        };
        match measure {
            Measure::Weighted(weights) => weighted::for_each_block::<V>(x, centers, weights, &mut see),
            Measure::Metric(metric) => {
                let (from, row_lack) = if is_cosine { unit::normalize(x, row_room) } else { (x, &[][..]) };
                let mut distances = [0.0; BLOCK_CENTERS];
                for_each_block::<V>(from, to, &mut |row, first, squares| {
                    let distances = part_mut(&mut distances, 0, squares.len());
                    match metric {
                        Metric::SqEuclidean => copy::<V>(squares, distances),
                        Metric::Euclidean => roots(squares, distances),
                        Metric::Cosine => {
                            halves(squares, at(row_lack, row), part(center_lack, first, squares.len()), distances);
                        }
                    }
                    see(row, first, distances);
                });
            }
        }
        for (row, seen) in seen.iter_mut().enumerate().take(x.count()) {
            if is_cosine {
                measure_angles::<V>(x.row(row), centers, score, seen);
            }
            *at_mut(nearest, start + row) = seen.nearest;
            *at_mut(scores, start + row) = score.of(seen) as f32;
        }
    }
}

/// The distance by cosine to the nearest center, and to the second where it counts or may turn out to be the nearest. Of
/// two directions in float32 the difference is off by a rounding of each, which for a row close to its center is much.
#[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
fn measure_angles<V: Vector>(x: &[f32], centers: Rows, score: Score, seen: &mut Seen) {
    let exact = |class: i32, distance: &mut f32| {
        if let Ok(class) = usize::try_from(class) {
            let exact = Metric::Cosine.pair::<V>(x, centers.row(class)).distance;
            *distance = if exact < LEAST_ANGLE { 0.0 } else { exact as f32 };
        }
    };
    let in_doubt = seen.second - seen.least < ROUNDING;
    exact(seen.nearest, &mut seen.least);
    if in_doubt || score == Score::KnnCenters {
        exact(seen.runner_up, &mut seen.second);
    }
    if (seen.second, seen.runner_up) < (seen.least, seen.nearest) {
        (seen.nearest, seen.runner_up) = (seen.runner_up, seen.nearest);
        (seen.least, seen.second) = (seen.second, seen.least);
    }
}

#[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
fn roots(squares: &[f32], distances: &mut [f32]) {
    for (distance, square) in distances.iter_mut().zip(squares) {
        *distance = sqrt(f64::from(*square)) as f32;
    }
}

/// ½·‖u − v‖² of directions; 1 where the row or the center lacks one, but of a center that is not finite, NaN stays.
fn halves(squares: &[f32], row_lack: f32, center_lack: &[f32], distances: &mut [f32]) {
    for (distance, (square, lack)) in distances.iter_mut().zip(squares.iter().zip(center_lack)) {
        *distance = if square.is_finite() && row_lack + lack > 0.0 { 1.0 } else { 0.5 * square };
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
