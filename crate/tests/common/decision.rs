//! Classification and the fit of a precision as functions from a batch to results it owns.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]

use center_loss::detect::classify::{Measure, classify, scratch_len};
use center_loss::detect::precision;
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;

use crate::common::Batch;

/// The scores and nearest classes of a batch.
pub(crate) fn run(batch: &Batch, measure: Measure, score: Score) -> (Vec<f32>, Vec<i32>) {
    let (x, centers) = (Rows::new(&batch.x, batch.dim), Rows::new(&batch.centers, batch.dim));
    let metric = if let Measure::Metric(metric) = measure { metric } else { Metric::SqEuclidean };
    // What an earlier call may have left there.
    let mut room = vec![f32::NAN; scratch_len(metric, batch.rows(), batch.n_classes(), batch.dim)];
    let (mut scores, mut nearest) = (vec![f32::NAN; batch.rows()], vec![7; batch.rows()]);
    classify::<Lanes>(x, centers, measure, score, &mut room, &mut scores, &mut nearest);
    (scores, nearest)
}

/// The precision of a batch, and the number of rows that it is of.
pub(crate) fn fit(batch: &Batch) -> (Vec<f32>, usize) {
    let (x, centers) = (Rows::new(&batch.x, batch.dim), Rows::new(&batch.centers, batch.dim));
    let (mut sums, mut precision) = (vec![f64::NAN; batch.dim], vec![f32::NAN; batch.dim]);
    let n = precision::fit::<Lanes>(x, &batch.labels, centers, &mut sums, &mut precision);
    (precision, n)
}
