//! Nearest classes with scores, in one pass over the centers and without a matrix of distances; and the decision.

use crate::direct::{BLOCK_CENTERS, for_each_block};
use crate::open_set::metric::Metric;
use crate::open_set::score::{Score, Seen};
use crate::open_set::{unit, weighted};
use crate::predict::NO_CLASS;
use crate::shape::{Rows, at, at_mut, part};
use crate::vector::{Vector, sqrt};

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

/// Float32 values of room that [`classify`] wants: the directions of centers and rows, where it compares those.
#[must_use]
pub fn room_values(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    if metric == Metric::Cosine { (n_classes + rows.min(ROWS_AT_ONCE)) * (dim + 1) } else { 0 }
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
    let (dim, n_classes) = (x.dim(), centers.count());
    let (center_room, row_room) = room.split_at_mut(room.len().min(n_classes * (dim + 1)));
    let is_cosine = measure == Measure::Metric(Metric::Cosine);
    let (centers, center_lack) = if is_cosine { unit::normalize(centers, center_room) } else { (centers, &[][..]) };
    for start in (0..x.count()).step_by(ROWS_AT_ONCE) {
        let x = x.part(start, ROWS_AT_ONCE);
        let (x, row_lack) = if is_cosine { unit::normalize(x, row_room) } else { (x, &[][..]) };
        let mut seen = [Seen::NOTHING; ROWS_AT_ONCE];
        let mut see = |row: usize, first: usize, distances: &[f32]| {
            at_mut(&mut seen, row).see::<V>(score, first, distances);
        };
        let mut converted = [0.0; BLOCK_CENTERS];
        match measure {
            Measure::Weighted(weights) => weighted::for_each_block::<V>(x, centers, weights, &mut see),
            Measure::Metric(Metric::SqEuclidean) => for_each_block::<V>(x, centers, &mut see),
            Measure::Metric(Metric::Euclidean) => for_each_block::<V>(x, centers, &mut |row, first, squares| {
                for (distance, square) in converted.iter_mut().zip(squares) {
                    #[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
                    let euclidean = sqrt(f64::from(*square)) as f32;
                    *distance = euclidean;
                }
                see(row, first, part(&converted, 0, squares.len()));
            }),
            Measure::Metric(Metric::Cosine) => for_each_block::<V>(x, centers, &mut |row, first, squares| {
                let lack = part(center_lack, first, squares.len());
                for (distance, (square, lack)) in converted.iter_mut().zip(squares.iter().zip(lack)) {
                    // Of a center that is not finite, NaN stays.
                    let has_no_angle = square.is_finite() && lack + at(row_lack, row) > 0.0;
                    *distance = if has_no_angle { 1.0 } else { 0.5 * square };
                }
                see(row, first, part(&converted, 0, squares.len()));
            }),
        }
        for (row, seen) in seen.iter().enumerate().take(x.count()) {
            #[allow(clippy::cast_possible_truncation, reason = "scores are float32")]
            let of_row = score.of(seen) as f32;
            *at_mut(scores, start + row) = of_row;
            *at_mut(nearest, start + row) = seen.nearest;
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
