//! Scores, decisions and what is fitted for them: see [`crate::open_set::classify`], [`crate::open_set::precision`] and
//! [`crate::open_set::quantile`].
#![allow(unsafe_code, reason = "the names that are exported")]

use crate::boundary::open_set::center_loss::metric_of;
use crate::boundary::{read, write};
use crate::open_set::classify::{self as classifier, Measure, decide};
use crate::open_set::score::Score;
use crate::open_set::{precision, quantile};
use crate::shape::Rows;
use crate::vector::{Lanes, trap};

/// Bytes that [`classify`] wants as workspace.
#[unsafe(no_mangle)]
pub extern "C" fn classify_workspace_bytes(metric: u32, rows: usize, n_classes: usize, n_dim: usize) -> usize {
    classifier::room_values(metric_of(metric), rows, n_classes, n_dim) * size_of::<f32>()
}

/// Scores, nearest classes, and labels: the nearest class or, over the threshold, −1.
///
/// `parameters` are the radii, one or [n_classes], of score 1, and the precision [n_dim] of score 5. `thresholds` are
/// none, one or [n_classes] 64-bit numbers.
#[unsafe(no_mangle)]
pub extern "C" fn classify(
    x: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    score: u32,
    metric: u32,
    parameters: usize,
    n_parameters: usize,
    thresholds: usize,
    n_thresholds: usize,
    scores: usize,
    nearest: usize,
    labels: usize,
    work: usize,
) {
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    let (parameters, metric) = (read(parameters, n_parameters), metric_of(metric));
    let (measure, score) = match score {
        0 => (Measure::Metric(metric), Score::Distance),
        1 => (Measure::Metric(metric), Score::Normalized(parameters)),
        2 => (Measure::Metric(metric), Score::Cac),
        3 => (Measure::Metric(metric), Score::Softmin),
        4 => (Measure::Metric(metric), Score::Entropy),
        5 => (Measure::Weighted(parameters), Score::Distance),
        6 => (Measure::Metric(metric), Score::KnnCenters),
        _ => trap(),
    };
    let room = write(work, classifier::room_values(metric, rows, n_classes, n_dim));
    let (scores, nearest) = (write(scores, rows), write(nearest, rows));
    classifier::classify::<Lanes>(x, centers, measure, score, room, scores, nearest);
    decide(scores, nearest, read(thresholds, n_thresholds), write(labels, rows));
}

/// The precision [n_dim] of rows about their centers; returns how many they were. `work` has 64 bits a dimension.
#[unsafe(no_mangle)]
pub extern "C" fn fit_precision(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    precision: usize,
    work: usize,
) -> usize {
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    precision::fit::<Lanes>(x, read(labels, rows), centers, write(work, n_dim), write(precision, n_dim))
}

/// The threshold of scores that ascend, at least one, as 64-bit numbers.
#[unsafe(no_mangle)]
pub extern "C" fn threshold(sorted: usize, n: usize, tpr: f64, finite_sample: u32) -> f64 {
    quantile::threshold(read(sorted, n), tpr, finite_sample == 1)
}

/// Scores to p-values, in place; the calibration scores ascend.
#[unsafe(no_mangle)]
pub extern "C" fn p_values(sorted: usize, n: usize, scores: usize, rows: usize) {
    quantile::p_values(read(sorted, n), write(scores, rows));
}
