//! Nearest classes with scores, in one pass over the centers without a matrix of all distances, and decisions by
//! thresholds.

use crate::detect::nearest::{self, NO_CLASS};
use crate::detect::score::{RowState, Score, position};
use crate::distance::blocked::for_each_block;
use crate::distance::coded::Codes;
use crate::distance::cosine::{self, Directions};
use crate::distance::mahalanobis;
use crate::distance::metric::Metric;
use crate::distance::pairwise;
use crate::distance::whitened::{self, Whitened};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::{copy, pair_squared_distances};
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Number of distances that are kept at once: they stay in a usual second-level cache.
const CHUNK_LEN: usize = 1 << 16;
/// Smallest number of rows that meet all centers together.
const MIN_CHUNK_ROWS: usize = 8;
/// Largest number of rows that meet all centers together: with the block of centers that they meet, they stay in a cache.
const MAX_CHUNK_ROWS: usize = 64;

/// Distance that a score is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure<'a> {
    /// Distance in a metric.
    Metric(Metric),
    /// Σ_k w_k·(x_k − c_k)², with one weight for each dimension. With a precision as the weights it is the squared
    /// Mahalanobis distance by a covariance that is diagonal and shared by all classes.
    Weighted(&'a [f32]),
    /// Squared Mahalanobis distance by a covariance that all classes share, of rows and centers that are whitened.
    Whitened(Whitened<'a>),
}

/// Length of the scratch for [`classify`].
#[must_use]
pub fn scratch_len(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    let nearest = nearest::scratch_len(rows, n_classes, dim);
    let rows = chunk_rows(rows, n_classes);
    let padded = n_classes.saturating_add(LANES);
    let others = match metric {
        Metric::Cosine => total_len([(rows, n_classes), (1, pairwise::scratch_len(metric, rows, n_classes, dim))]),
        _ => 0,
    };
    nearest.max(total_len([(rows, padded), (1, others)]))
}

/// Number of rows whose distances are kept at once.
fn chunk_rows(rows: usize, n_classes: usize) -> usize {
    let len = CHUNK_LEN.checked_div(n_classes).unwrap_or(0);
    rows.min(len.clamp(MIN_CHUNK_ROWS, MAX_CHUNK_ROWS)).max(1)
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
        Measure::Metric(metric) if needs_nearest_only(measure, score) => {
            // The search walks over all of its scratch.
            let len = nearest::scratch_len(x.count(), centers.count(), x.dim());
            nearest::predict::<V>(x, centers, slice_mut(scratch, 0, len), nearest);
            score_nearest::<V>(x, centers, metric, score, scores, nearest);
        }
        _ => score_all::<V>(x, centers, measure, score, scratch, scores, nearest),
    }
}

/// Returns true if scores depend on the nearest class by Euclidean distance alone.
#[must_use]
pub fn needs_nearest_only(measure: Measure, score: Score) -> bool {
    matches!(measure, Measure::Metric(metric) if metric != Metric::Cosine) && score.needs_nearest_only()
}

/// Computes [`classify`] by the codes of the centers, with the same results, where [`needs_nearest_only`]. Returns false,
/// with no results, where that takes longer.
pub fn classify_by_codes<V: Vector>(
    x: Rows,
    centers: Rows,
    metric: Metric,
    score: Score,
    codes: &mut Codes,
    scores: &mut [f32],
    nearest: &mut [i32],
) -> bool {
    let is_found = codes.predict::<V>(x, centers, nearest);
    if is_found {
        score_nearest::<V>(x, centers, metric, score, scores, nearest);
    }
    is_found
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
            *to = round_to_f32(score.value::<V>(&RowState::of_nearest(nearest, min)));
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
    let chunk_rows = chunk_rows(x.count(), n_classes);
    let padded = n_classes.next_multiple_of(LANES);
    let (distmat, scratch) = split_mut(scratch, chunk_rows * padded);
    let len = scratch.len().min(cosine::center_scratch_len(n_classes, dim));
    let (center_scratch, scratch) = split_mut(scratch, len);
    let is_cosine = measure == Measure::Metric(Metric::Cosine);
    let directions = is_cosine.then(|| Directions::new::<V>(centers, center_scratch));
    let of_squares = measure == Measure::Metric(Metric::Euclidean);
    // Lanes past the last class are infinitely far.
    distmat.fill(f32::INFINITY);
    for start in (0..x.count()).step_by(chunk_rows) {
        let x = x.chunk(start, chunk_rows);
        let mut keep = |row: usize, first: usize, distances: &[f32]| {
            copy::<V>(distances, slice_mut(distmat, row * padded + first, distances.len()));
        };
        match (measure, &directions) {
            (Measure::Weighted(weights), _) => mahalanobis::for_each_block::<V>(x, centers, weights, &mut keep),
            (Measure::Whitened(all), _) => whitened::for_each_block::<V>(all, dim, start, x.count(), &mut keep),
            (_, Some(directions)) => {
                let (distances, scratch) = split_mut(scratch, x.count() * n_classes);
                directions.distances::<V>(x, !score.needs_nearest_only(), scratch, distances);
                for row in 0..x.count() {
                    keep(row, 0, slice(distances, row * n_classes, n_classes));
                }
            }
            (Measure::Metric(_), None) => for_each_block::<V>(x, centers, &mut keep),
        }
        for row in 0..x.count() {
            let distances = slice_mut(distmat, row * padded, padded).as_chunks_mut().0;
            let mut state = RowState::new::<V>(score, of_squares, distances);
            // The smallest distance is exact, but a ratio needs the second smallest to be exact too.
            if let (Some(directions), Score::KnnCenters) = (&directions, score)
                && let Some(class) = position::<V>(distances, state.second)
            {
                state.second = directions.exact_distance::<V>(x.row(row), class);
            }
            *item_mut(nearest, start + row) = state.nearest;
            *item_mut(scores, start + row) = round_to_f32(score.value::<V>(&state));
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
