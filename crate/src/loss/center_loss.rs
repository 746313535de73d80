//! Center loss in any metric:
//!
//! loss = s·Σ_i w_i·ℓ(d(x_i, c_{y_i}), r_{y_i}) over the known rows, d by [`Metric`], ℓ by [`Penalty`], r by [`Radii`],
//! w by [`Weights`], s by [`Reduction`] with Σ w_i for B.
//!
//! In squared Euclidean distances, with one radius, no weights and the penalty `Hinge`, it is [`Loss`], the reference's
//! loss with its floors and ceilings. Any other option selects the general loss, which has none: there, a row that is
//! not finite makes the loss so and has no gradient, nor has a row whose gradient is longer than
//! 10³⁰.

use crate::distance::metric::{Metric, combine};
use crate::loss::batch_pass::{CenterOutput, PairLoss, Row, RowResult, SumWithRow, Term, batch_pass};
use crate::loss::penalty::Penalty;
use crate::loss::reduction::{Labels, Loss, Reduction};
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, at};
use crate::simd::vector::Vector;

/// Length up to which a gradient is used: sums of longer ones could overflow `f32`.
pub(crate) const MAX_GRADIENT_NORM: f64 = 1e30;

/// The loss as a function of the rows' distances to their own centers.
#[derive(Clone, Copy, Debug)]
pub struct CenterLoss<'a> {
    /// Metric of the distances and of the radii.
    pub metric: Metric,
    /// Cost of an excess over the radius.
    pub penalty: Penalty,
    /// How the sum becomes the loss.
    pub reduction: Reduction,
    /// Distances up to which a row costs nothing.
    pub radii: Radii<'a>,
    /// Weights of classes and rows.
    pub weights: Weights<'a>,
}

/// Radii in units of the metric.
#[derive(Clone, Copy, Debug)]
pub enum Radii<'a> {
    /// One for all classes.
    One(f64),
    /// [C]
    PerClass(&'a [f32]),
}

impl Radii<'_> {
    fn of(&self, class: usize) -> f64 {
        match self {
            Self::One(radius) => *radius,
            Self::PerClass(radii) => f64::from(at(radii, class)),
        }
    }
}

impl CenterLoss<'_> {
    /// Computes the loss at the centers as they are, writes ∂loss/∂x [B, D] to `grad_x`, and writes `output`. With
    /// [`CenterOutput::None`], `grad_x` may be empty and is then not written.
    #[inline(never)]
    pub fn pass<V: Vector>(&self, x: Rows, labels: &Labels, output: CenterOutput, grad_x: &mut [f32]) -> f64 {
        if let Some(loss) = self.reference() {
            return loss.pass::<V>(x, labels, output, grad_x);
        }
        let loss =
            GeneralLoss { loss: *self, scale: self.weights.scale(self.reduction, labels.values(), labels.n_classes()) };
        batch_pass::<V>(&loss, x, labels, output, grad_x) * loss.scale
    }

    /// The reference's loss, if the options are its own.
    fn reference(&self) -> Option<Loss> {
        let Radii::One(radius) = self.radii else { return None };
        let is_reference =
            self.metric == Metric::SqEuclidean && self.penalty == Penalty::Hinge && self.weights.is_none();
        is_reference.then_some(Loss { radius, reduction: self.reduction })
    }
}

/// [`CenterLoss`] in one batch.
struct GeneralLoss<'a> {
    loss: CenterLoss<'a>,
    /// s
    scale: f64,
}

impl PairLoss for GeneralLoss<'_> {
    #[allow(clippy::inline_always, reason = "a call costs 80 instructions a row")]
    #[inline(always)]
    fn row<V: Vector>(&self, row: Row, center: &[f32], sum: Option<SumWithRow>) -> RowResult {
        let Row { index, class, x, grad } = row;
        let CenterLoss { metric, penalty, radii, weights, .. } = &self.loss;
        let weight = weights.of(index, Some(class));
        let pair = metric.pair::<V>(x, center);
        let (cost, slope) = penalty.of(pair.distance, radii.of(class));
        // 0·∞ is NaN.
        let cost = if weight > 0.0 { weight * cost } else { 0.0 };
        let slope = self.scale * weight * slope;
        // `slope > 0.0` also rejects NaN.
        let is_active = slope > 0.0 && slope * pair.length <= MAX_GRADIENT_NORM;
        if !is_active {
            grad.fill(0.0);
        } else if !grad.is_empty() {
            combine::<V>(&[], x, center, pair.of_x.map(|factor| slope * factor), grad);
        }
        let mut is_added = false;
        if let Some(SumWithRow { term, before, after }) = sum {
            let factors = match term {
                Term::Gradient => is_active.then_some(pair.of_center.map(|factor| -slope * factor)),
                Term::Offset => pair.of_average,
            };
            if let Some(factors) = factors {
                is_added = true;
                combine::<V>(before, x, center, factors, after);
            }
        }
        RowResult { cost, is_added, is_averaged: pair.of_average.is_some() }
    }
}
