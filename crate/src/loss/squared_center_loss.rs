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
use crate::rows::walk::{for_lanes, residual, squared_distance};
use crate::simd::vector::Vector;

impl Loss {
    /// Computes the loss at the centers as they are, writes ∂loss/∂x [B, D] to `grad_x`, and writes `output`. With
    /// [`CenterOutput::None`], an empty `grad_x` is not written.
    #[inline(never)]
    pub fn pass<V: Vector>(self, x: Rows, labels: &Labels, output: CenterOutput, grad_x: &mut [f32]) -> f64 {
        let loss = SquaredEuclidean { loss: self, scale: self.scale(labels) };
        self.reduce(batch_pass::<V>(&loss, x, labels, output, grad_x), labels)
    }
}

/// [`Loss`] of one batch, with the scale 2w.
struct SquaredEuclidean {
    loss: Loss,
    scale: f32,
}

impl PairLoss for SquaredEuclidean {
    #[inline]
    fn row<V: Vector>(&self, row: Row, center: &[f32], sum: Option<SumWithRow>) -> RowResult {
        let Row { x, grad, .. } = row;
        let (distance, is_offset) = if let Some(SumWithRow { term, before, after }) = sum {
            let is_offset = term == Term::Offset;
            let factor = if is_offset { 1.0 } else { -self.scale };
            (accumulate_row::<V>(x, center, self.scale, grad, before, factor, after), is_offset)
        } else {
            let scale = V::splat(self.scale);
            for_lanes::<V, 2, 1>([x, center], [grad], |[x, c], _| [scale.mul(x.sub(c))]);
            (squared_distance::<V>(x, center), false)
        };
        let is_active = self.loss.is_active(distance);
        if !is_active {
            // `fill`, because 0·NaN is NaN.
            grad.fill(0.0);
        }
        let is_averaged = is_near(distance);
        let is_added = if is_offset { is_averaged } else { is_active };
        RowResult { cost: self.loss.entry(distance), is_added, is_averaged }
    }
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
