//! Thresholds, p-values and metrics of sorted scores of known and unknown rows.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{Buffer, fits};
use super::variant;
use crate::detect::threshold;
use crate::metrics::roc::{self, Order};
use crate::rows::shape::{slice, slice_mut};

/// Arrays of [`Scores`], all `f64`.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum ScoresArray {
    /// Scores of known rows, ascending.
    Known,
    /// Scores of unknown rows, ascending; or scores in any order, which become p-values.
    Unknown,
    /// False positive rates of the ROC curve.
    Fpr,
    /// True positive rates of the ROC curve.
    Tpr,
    /// Thresholds of the ROC curve.
    Thresholds,
}

/// Side that a metric looks for.
#[wasm_bindgen]
#[derive(Clone, Copy, PartialEq, CheckedBitPattern)]
#[repr(u32)]
pub enum Positive {
    /// Known rows, which have the lowest scores.
    Known,
    /// Unknown rows, which have the highest scores.
    Unknown,
}

/// Metrics of two lists of scores.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum RankingMetric {
    /// Area under TP/parameter over FP/N.
    Area,
    /// Area under precision over recall, by steps.
    AveragePrecision,
    /// Area under precision over recall, by trapezoids.
    TrapezoidPrecision,
    /// FP/N where TP/P reaches the parameter.
    FprAtTpr,
}

/// Scores of known and of unknown rows.
#[wasm_bindgen]
#[derive(Default)]
#[repr(align(16))]
pub struct Scores {
    n_known: usize,
    n_unknown: usize,
    known: Buffer<f64>,
    unknown: Buffer<f64>,
    fpr: Buffer<f64>,
    tpr: Buffer<f64>,
    thresholds: Buffer<f64>,
}

#[wasm_bindgen]
impl Scores {
    /// Allocates empty lists.
    pub fn create() -> Option<Self> {
        fits::<Self>().then(Self::default)
    }

    /// Reserves memory for both lists and, if `with_curve`, for a ROC curve.
    pub fn reserve(&mut self, n_known: usize, n_unknown: usize, with_curve: bool) -> bool {
        (self.n_known, self.n_unknown) = (0, 0);
        let points = if with_curve { n_known.saturating_add(n_unknown).saturating_add(1) } else { 0 };
        let fits = self.known.reserve(n_known, 1)
            && self.unknown.reserve(n_unknown, 1)
            && self.fpr.reserve(points, 1)
            && self.tpr.reserve(points, 1)
            && self.thresholds.reserve(points, 1);
        if fits {
            (self.n_known, self.n_unknown) = (n_known, n_unknown);
        }
        fits
    }

    /// Address of an array.
    pub fn address(&mut self, #[wasm_bindgen(unchecked_param_type = "ScoresArray")] array: u32) -> usize {
        match variant(array) {
            ScoresArray::Known => self.known.address(),
            ScoresArray::Unknown => self.unknown.address(),
            ScoresArray::Fpr => self.fpr.address(),
            ScoresArray::Tpr => self.tpr.address(),
            ScoresArray::Thresholds => self.thresholds.address(),
        }
    }

    /// Value of a metric.
    pub fn measure(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "RankingMetric")] metric: u32,
        #[wasm_bindgen(unchecked_param_type = "Positive")] positive: u32,
        parameter: f64,
    ) -> f64 {
        let scores = self.sides(variant(positive));
        match variant(metric) {
            RankingMetric::Area => scores.area(parameter),
            RankingMetric::AveragePrecision => scores.average_precision(),
            RankingMetric::TrapezoidPrecision => scores.trapezoid_precision(),
            RankingMetric::FprAtTpr => scores.fpr_at_tpr(parameter),
        }
    }

    /// Writes the ROC curve and returns the number of its points.
    pub fn roc_curve(&mut self, #[wasm_bindgen(unchecked_param_type = "Positive")] positive: u32) -> usize {
        let (known, unknown) = (slice(&self.known, 0, self.n_known), slice(&self.unknown, 0, self.n_unknown));
        sides(known, unknown, variant(positive)).roc_curve(&mut self.fpr, &mut self.tpr, &mut self.thresholds)
    }

    /// Smallest known score that at least a share `tpr` of the known scores does not exceed.
    pub fn threshold(&mut self, tpr: f64, finite_sample: bool) -> f64 {
        threshold::threshold(slice(&self.known, 0, self.n_known), tpr, finite_sample)
    }

    /// Replaces the unknown scores by conformal p-values against the known ones. With a seed other than NaN they are
    /// smoothed, by the stream of this number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a seed is a whole number below 2^53")]
    pub fn p_values(&mut self, seed: f64, stream: u32) {
        let bits = (!seed.is_nan()).then(|| threshold::smoothing_bits(seed as u64, u64::from(stream)));
        let scores = slice_mut(&mut self.unknown, 0, self.n_unknown);
        threshold::p_values(slice(&self.known, 0, self.n_known), scores, bits);
    }
}

impl Scores {
    fn sides(&self, positive: Positive) -> roc::Scores<'_> {
        sides(slice(&self.known, 0, self.n_known), slice(&self.unknown, 0, self.n_unknown), positive)
    }
}

fn sides<'a>(known: &'a [f64], unknown: &'a [f64], positive: Positive) -> roc::Scores<'a> {
    match positive {
        Positive::Known => roc::Scores { positive: known, negative: unknown, order: Order::Lowest },
        Positive::Unknown => roc::Scores { positive: unknown, negative: known, order: Order::Highest },
    }
}
