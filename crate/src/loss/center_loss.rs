//! Center loss in any metric: the loss of a row depends on its distance to its own center.
//!
//! loss = s·Σ_i w_i·ℓ(d(x_i, c_{y_i}), r_{y_i}) over the known rows, with d by [`Metric`], ℓ by [`Penalty`], r by
//! [`Radii`], w by [`Weights`], and s by [`Reduction`], where Σ w_i stands for B.
//!
//! With squared Euclidean distances, one radius, no weights and the penalty `Hinge`, it is [`Loss`], the reference's
//! loss with its floors and ceilings. With any other option it is the general loss, which has no floors and no
//! ceilings. There, a row that is not finite makes the loss not finite. Such a row has no gradient, nor has a row whose
//! gradient is longer than 10³⁰.

use crate::distance::metric::{Metric, combine};
use crate::loss::batch_pass::{CenterOutput, PairLoss, Row, RowResult, SumWithRow, Term, batch_pass};
use crate::loss::penalty::Penalty;
use crate::loss::reduction::{Labels, Loss, Reduction};
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, item, one_of};
use crate::simd::vector::{Vector, round_to_f32};

/// Largest length of a row's gradient. Rows with a longer one get no gradient: sums of such gradients could overflow
/// `f32`.
pub(crate) const MAX_GRADIENT_NORM: f64 = 1e30;

/// Loss as a function of the rows' distances to their own centers.
#[derive(Clone, Copy, Debug)]
pub struct CenterLoss<'a> {
    pub metric: Metric,
    pub penalty: Penalty,
    pub reduction: Reduction,
    pub radii: Radii<'a>,
    pub weights: Weights<'a>,
}

/// Radii, in units of the metric. A row within the radius of its class costs nothing.
#[derive(Clone, Copy, Debug)]
pub enum Radii<'a> {
    /// One radius for all classes.
    One(f64),
    /// One radius for each class [C].
    PerClass(&'a [f32]),
}

impl Radii<'_> {
    fn get(&self, class: usize) -> f64 {
        match self {
            Self::One(radius) => *radius,
            Self::PerClass(radii) => f64::from(item(radii, class)),
        }
    }
}

impl CenterLoss<'_> {
    /// Computes the loss at the centers as they are, writes ∂loss/∂x [B, D] to `grad_x`, and writes `output`. With
    /// [`CenterOutput::None`], an empty `grad_x` is not written.
    #[inline(never)]
    pub fn pass<V: Vector>(&self, x: Rows, labels: &Labels, output: CenterOutput, grad_x: &mut [f32]) -> f64 {
        if let Some(loss) = self.reference() {
            return loss.pass::<V>(x, labels, output, grad_x);
        }
        let loss =
            GeneralLoss { loss: *self, scale: self.weights.scale(self.reduction, labels.values(), labels.n_classes()) };
        batch_pass::<V>(&loss, x, labels, output, grad_x) * loss.scale
    }

    /// Writes w_i·ℓ_i of each row to `losses`, with its floors: the summands of the loss.
    pub fn row_losses<V: Vector>(&self, x: Rows, labels: &[i32], centers: &[f32], losses: &mut [f32]) {
        // `Wen` has no floors, and halves the sum.
        let (reduction, factor) = match self.reduction {
            Reduction::Wen if self.reference().is_some() => (Reduction::Wen, 2.0),
            _ => (Reduction::Sum, 1.0),
        };
        for (row, loss) in losses.iter_mut().enumerate() {
            let one = Self { reduction, weights: self.weights.of_row(row), ..*self };
            let labels = Labels::new(one_of(labels, row), centers.len() / x.dim());
            let sum = one.pass::<V>(x.chunk(row, 1), &labels, CenterOutput::None(centers), &mut []);
            *loss = round_to_f32(factor * sum);
        }
    }

    /// Returns the reference's loss if the options select it.
    fn reference(&self) -> Option<Loss> {
        let Radii::One(radius) = self.radii else { return None };
        let is_reference =
            self.metric == Metric::SqEuclidean && self.penalty == Penalty::Hinge && self.weights.is_none();
        is_reference.then_some(Loss { radius, reduction: self.reduction })
    }
}

/// [`CenterLoss`] of one batch, with its scale s.
struct GeneralLoss<'a> {
    loss: CenterLoss<'a>,
    scale: f64,
}

impl PairLoss for GeneralLoss<'_> {
    #[allow(clippy::inline_always, reason = "a call costs 80 instructions a row")]
    #[inline(always)]
    fn row<V: Vector>(&self, row: Row, center: &[f32], sum: Option<SumWithRow>) -> RowResult {
        let Row { index, class, x, grad } = row;
        let CenterLoss { metric, penalty, radii, weights, .. } = &self.loss;
        let weight = weights.row_weight(index, Some(class));
        let pair = metric.pair::<V>(x, center);
        let (cost, slope) = penalty.cost_and_slope(pair.distance, radii.get(class));
        // A row of weight 0 costs 0: 0·∞ would be NaN.
        let cost = if weight > 0.0 { weight * cost } else { 0.0 };
        let slope = self.scale * weight * slope;
        // `slope > 0.0` also rejects NaN.
        let is_active = slope > 0.0 && slope * pair.norm_bound <= MAX_GRADIENT_NORM;
        if !is_active {
            grad.fill(0.0);
        } else if !grad.is_empty() {
            combine::<V>(&[], x, center, pair.x_coeffs.map(|factor| slope * factor), grad);
        }
        let mut is_added = false;
        if let Some(SumWithRow { term, before, after }) = sum {
            let coeffs = match term {
                Term::Gradient => is_active.then_some(pair.center_coeffs.map(|factor| -slope * factor)),
                Term::Offset => pair.mean_coeffs,
            };
            if let Some(coeffs) = coeffs {
                is_added = true;
                combine::<V>(before, x, center, coeffs, after);
            }
        }
        RowResult { cost, is_added, is_averaged: pair.mean_coeffs.is_some() }
    }
}
