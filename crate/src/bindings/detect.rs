//! Scores of how unknown a row looks, and decisions by thresholds.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::centers::Centers;
use super::scratch::Scratch;
use super::variant;
use crate::detect::classify::{self, Measure, decide};
use crate::detect::precision;
use crate::detect::score::Score;
use crate::distance::whitened::{self, factor_len};
use crate::rows::shape::{Rows, item, slice, slice_mut};
use crate::simd::vector::{LANES, Lanes};

/// Scores of a row.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum ScoreKind {
    /// d₁
    Distance,
    /// d₁ / r of the nearest class; `Parameters` has the radii [classes].
    Normalized,
    /// ln min_j d_j·(1 − p_j); `Parameters` has the temperature of p, [1].
    Cac,
    /// ln(1 − max_j p_j), with the temperature likewise
    Softmin,
    /// Logarithm of the entropy of p, with the temperature likewise
    Entropy,
    /// Squared Mahalanobis distance; `Parameters` has the precision [dimensions].
    Mahalanobis,
    /// d₁ / d₂
    KnnCenters,
    /// Squared Mahalanobis distance by `Whitening`; requires `whiten`.
    Whitened,
}

#[wasm_bindgen]
impl Centers {
    /// Scores the rows: writes the scores to `Out` [rows, 1], the nearest classes to `Nearest`, and the decisions by
    /// the thresholds in `Doubles` to `Labels`. There are no thresholds, one, or one for each class. Requires
    /// `prepare`.
    pub fn classify(
        &mut self,
        batch: &mut Batch,
        #[wasm_bindgen(unchecked_param_type = "ScoreKind")] score: u32,
        #[wasm_bindgen(unchecked_param_type = "Metric")] metric: u32,
        n_thresholds: usize,
    ) {
        let metric = variant(metric);
        let Batch { rows, x, labels, out, nearest, parameters, doubles, scratch, .. } = batch;
        let Scratch { values, lanes, totals, .. } = scratch;
        let (rows, parameters) = (*rows, &**parameters);
        let by_metric = Measure::Metric(metric);
        let (measure, score) = match variant(score) {
            ScoreKind::Distance => (by_metric, Score::Distance),
            ScoreKind::Normalized => (by_metric, Score::Normalized(slice(parameters, 0, self.n_classes))),
            ScoreKind::Cac => (by_metric, Score::Cac(f64::from(item(parameters, 0)))),
            ScoreKind::Softmin => (by_metric, Score::Softmin(f64::from(item(parameters, 0)))),
            ScoreKind::Entropy => (by_metric, Score::Entropy(f64::from(item(parameters, 0)))),
            ScoreKind::Mahalanobis => (Measure::Weighted(slice(parameters, 0, self.n_dim)), Score::Distance),
            ScoreKind::KnnCenters => (by_metric, Score::KnnCenters),
            ScoreKind::Whitened => (
                Measure::Whitened(self.whitening.with((rows, self.n_classes, self.n_dim), lanes, totals)),
                Score::Distance,
            ),
        };
        let x = Rows::new(slice(x, 0, rows * self.n_dim), self.n_dim);
        let (scores, nearest) = (slice_mut(out, 0, rows), slice_mut(nearest, 0, rows));
        let centers = Rows::new(slice(&self.params, 0, self.n_classes * self.n_dim), self.n_dim);
        let codes = if classify::needs_nearest_only(measure, score) { self.codes.get(centers, rows) } else { None };
        let by_codes =
            |mut codes| classify::classify_by_codes::<Lanes>(x, centers, metric, score, &mut codes, scores, nearest);
        if !codes.is_some_and(by_codes) {
            let len = classify::scratch_len(metric, rows, self.n_classes, self.n_dim);
            let scratch = slice_mut(values, 0, len);
            classify::classify::<Lanes>(x, centers, measure, score, scratch, scores, nearest);
        }
        decide(scores, nearest, slice(doubles, 0, n_thresholds), slice_mut(labels, 0, rows));
    }

    /// Whitens the rows for `classify` by `Whitened` and for `whitened_distances`. Requires `prepare`.
    pub fn whiten(&mut self, batch: &mut Batch) {
        let (factor, width) = (factor_len(self.n_dim), self.n_dim.div_ceil(LANES));
        let Parts { x, scratch, .. } = batch.parts();
        let lanes = slice_mut(&mut scratch.lanes, 0, x.count() * width);
        if let Some((factor, mean)) = self.whitening.background.split_at_checked(factor)
            && !mean.is_empty()
        {
            whitened::whiten::<Lanes>(factor, x, lanes);
            whitened::to_one::<Lanes>(lanes, mean, slice_mut(&mut scratch.totals, 0, x.count()));
        }
        whitened::whiten::<Lanes>(slice(&self.whitening.classes, 0, factor), x, lanes);
    }

    /// Squared Mahalanobis distances by `Whitening` to all centers, written to `Out` [rows, classes]. Requires `whiten`.
    pub fn whitened_distances(&mut self, batch: &mut Batch) {
        let n_classes = self.n_classes;
        let Parts { x, out, scratch, .. } = batch.parts();
        let all = self.whitening.with((x.count(), n_classes, self.n_dim), &scratch.lanes, &scratch.totals);
        whitened::for_each_block::<Lanes>(all, self.n_dim, 0, x.count(), &mut |row, first, distances| {
            slice_mut(out, row * n_classes + first, distances.len()).copy_from_slice(distances);
        });
    }

    /// Precision of each dimension about the centers, written to `Parameters`. Returns the number of known, finite
    /// rows. Requires `prepare`.
    pub fn fit_precision(&mut self, batch: &mut Batch) -> usize {
        let Parts { x, labels, parameters, scratch, .. } = batch.parts();
        let sums = slice_mut(&mut scratch.totals, 0, self.n_dim);
        precision::fit::<Lanes>(x, labels, self.rows(), sums, slice_mut(parameters, 0, self.n_dim))
    }
}
