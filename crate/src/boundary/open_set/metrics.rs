//! How well a classifier does: see [`crate::open_set::accuracy`] and [`crate::open_set::ranking`].
#![allow(unsafe_code, reason = "the names that are exported")]

use crate::boundary::{read, write};
use crate::open_set::accuracy;
use crate::open_set::ranking::{Order, Scores};

/// The share of the known rows whose class is predicted.
#[unsafe(no_mangle)]
pub extern "C" fn accuracy(predicted: usize, labels: usize, rows: usize) -> f64 {
    accuracy::accuracy(read(predicted, rows), read(labels, rows))
}

/// Two lists of 64-bit numbers that ascend.
fn scores<'a>(positive: usize, n_positive: usize, negative: usize, n_negative: usize, highest: u32) -> Scores<'a> {
    let order = if highest == 1 { Order::Highest } else { Order::Lowest };
    Scores { positive: read(positive, n_positive), negative: read(negative, n_negative), order }
}

/// The area under TP / `of` over FP / N.
#[unsafe(no_mangle)]
pub extern "C" fn area(
    positive: usize,
    n_positive: usize,
    negative: usize,
    n_negative: usize,
    highest: u32,
    of: f64,
) -> f64 {
    scores(positive, n_positive, negative, n_negative, highest).area(of)
}

/// The area under precision over recall, by steps.
#[unsafe(no_mangle)]
pub extern "C" fn average_precision(
    positive: usize,
    n_positive: usize,
    negative: usize,
    n_negative: usize,
    highest: u32,
) -> f64 {
    scores(positive, n_positive, negative, n_negative, highest).average_precision()
}

/// The area under precision over recall, by trapezoids.
#[unsafe(no_mangle)]
pub extern "C" fn trapezoid_precision(
    positive: usize,
    n_positive: usize,
    negative: usize,
    n_negative: usize,
    highest: u32,
) -> f64 {
    scores(positive, n_positive, negative, n_negative, highest).trapezoid_precision()
}

/// FP / N where TP / P reaches `tpr`.
#[unsafe(no_mangle)]
pub extern "C" fn fpr_at_tpr(
    positive: usize,
    n_positive: usize,
    negative: usize,
    n_negative: usize,
    highest: u32,
    tpr: f64,
) -> f64 {
    scores(positive, n_positive, negative, n_negative, highest).fpr_at_tpr(tpr)
}

/// The points of FP / N, TP / P and the thresholds, 64-bit numbers with room for one more than there are rows; returns
/// how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn roc_curve(
    positive: usize,
    n_positive: usize,
    negative: usize,
    n_negative: usize,
    highest: u32,
    fpr: usize,
    tpr: usize,
    thresholds: usize,
) -> usize {
    let room = n_positive + n_negative + 1;
    let scores = scores(positive, n_positive, negative, n_negative, highest);
    scores.roc_curve(write(fpr, room), write(tpr, room), write(thresholds, room))
}
