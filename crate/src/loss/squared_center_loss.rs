//! Center loss in squared Euclidean distances with one radius and no weights: [`Loss`] from embeddings.
//!
//! x: a row; c: its center; d = ‖x − c‖²; w: weight of one entry of the loss.
//!
//! ∂loss/∂x = 2w·(x − c) where the loss changes with d, else 0; ∂loss/∂c = −Σ ∂loss/∂x over the rows of c.
//!
//! One walk over x and c gives d, the gradient, and the sum of the class with the row. The time is O(B·D); there is no
//! distance matrix.

use crate::loss::batch_pass::{CenterOutput, PairLoss, Row, RowResult, SumWithRow, Term, batch_pass};
use crate::loss::reduction::{Labels, Loss, is_near};
use crate::rows::shape::Rows;
use crate::rows::walk::{residual, squared_distance, squared_distance_in_f64};
use crate::simd::vector::Vector;

impl Loss {
    /// Computes the loss at the centers as they are, writes ∂loss/∂x [B, D] to `grad_x`, and writes `output`. With
    /// [`CenterOutput::None`], an empty `grad_x` is not written.
    #[inline(never)]
    pub fn pass<V: Vector>(self, x: Rows, labels: &Labels, output: CenterOutput, grad_x: &mut [f32]) -> f64 {
        let (low, high) = self.clamps();
        let loss = SquaredEuclidean { loss: self, scale: self.scale(labels), low, high };
        self.reduce(batch_pass::<V>(&loss, x, labels, output, grad_x), labels)
    }
}

/// [`Loss`] of one batch, with the scale 2w.
struct SquaredEuclidean {
    loss: Loss,
    scale: f32,
    /// Range of the excess over the radius in which the loss changes.
    low: f64,
    high: f64,
}

impl PairLoss for SquaredEuclidean {
    #[allow(clippy::inline_always, reason = "a call that returns its result in memory takes 17 cycles")]
    #[inline(always)]
    fn row<V: Vector>(&self, row: Row, center: &[f32], sum: Option<SumWithRow>) -> RowResult {
        let Row { x, grad, .. } = row;
        let mut is_offset = false;
        let distance = if let Some(SumWithRow { term, before, after }) = sum {
            is_offset = term == Term::Offset;
            let factor = if is_offset { 1.0 } else { -self.scale };
            accumulate_row::<V>(x, center, self.scale, grad, before, factor, after)
        } else if grad.is_empty() {
            squared_distance::<V>(x, center)
        } else {
            residual_row::<V>(x, center, self.scale, grad)
        };
        let excess = distance - self.loss.radius;
        if excess > self.low && excess < self.high && is_near(distance) {
            return RowResult { cost: excess, is_added: true, is_averaged: true };
        }
        self.rare_row(distance, x, center, grad, is_offset)
    }
}

impl SquaredEuclidean {
    /// Result of a row on the clamps or within the radius, of one that is not finite, and of one whose distance exceeds
    /// `f32`. Only the last may have a gradient.
    #[cold]
    #[inline(never)]
    fn rare_row(&self, distance: f64, x: &[f32], center: &[f32], grad: &mut [f32], is_offset: bool) -> RowResult {
        let distance = if distance.is_finite() { distance } else { squared_distance_in_f64(x, center) };
        let (is_active, is_averaged) = (self.loss.is_active(distance), is_near(distance));
        if !is_active {
            // `fill`, because 0·NaN is NaN.
            grad.fill(0.0);
        }
        let is_added = if is_offset { is_averaged } else { is_active };
        RowResult { cost: self.loss.entry(distance), is_added, is_averaged }
    }
}

/// Computes ‖x − c‖² and in the same walk grad ← scale·(x − c).
#[inline(never)]
fn residual_row<V: Vector>(x: &[f32], center: &[f32], scale: f32, grad: &mut [f32]) -> f64 {
    let scale = V::splat(scale);
    residual(x, center, [], [grad], |residual, []| [scale.mul(residual)])
}

/// Computes ‖x − c‖² and in the same walk grad ← scale·(x − c) and after ← before + factor·(x − c).
#[inline(never)]
fn accumulate_row<V: Vector>(
    x: &[f32],
    center: &[f32],
    scale: f32,
    grad: &mut [f32],
    before: &[f32],
    factor: f32,
    after: &mut [f32],
) -> f64 {
    let (scale, factor) = (V::splat(scale), V::splat(factor));
    residual(x, center, [before], [grad, after], |residual, [before]| {
        [scale.mul(residual), factor.mul_add(residual, before)]
    })
}
