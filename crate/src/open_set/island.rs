//! Island loss: J. Cai, Z. Meng, A. S. Khan, Z. Li, J. O'Reilly, Y. Tong, "Island Loss for Learning Discriminative
//! Features in Facial Expression Recognition", FG 2018.
//!
//! Center loss, ½‖x − c_y‖² a row, and a term of the centers alone, λ₁·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1), over all
//! ordered pairs: 0 only if all point away from each other.

use crate::open_set::separation::{Batch, RowLoss};
use crate::shape::{at, at_mut, part, part_mut};
use crate::vector::sqrt;

/// ℓ = ½‖x − c_y‖²
#[derive(Clone, Copy, Debug)]
pub struct HalfSquared;

impl RowLoss for HalfSquared {
    fn looks_at_others(&self) -> bool {
        false
    }

    fn row(&self, distances: &mut [f32], _: &mut [f32], class: usize) -> f64 {
        let own = f64::from(at(distances, class));
        *at_mut(distances, class) = 1.0;
        0.5 * own
    }
}

/// λ·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1); `grad_centers`, unless it is empty, gets its gradient added.
///
/// In O(C·D): with u_j = c_j/‖c_j‖ and s = Σ_j u_j, Σ_{k≠j} u_j·u_k = u_j·(s − u_j), and the gradient at c_j is
/// 2λ·(s − (s·u_j)·u_j)/‖c_j‖. A center of 0 has cosine 0 with all others, and gradient 0. One that is not finite makes
/// the term NaN, and has no part in the gradients.
///
/// 0 for a batch without weight, as every loss of such a batch. `sum` has a place a dimension.
pub fn repulsion(lambda: f64, batch: &Batch, sum: &mut [f64], grad_centers: &mut [f32]) -> f64 {
    let centers = batch.centers;
    if !batch.counts() {
        return 0.0;
    }
    sum.fill(0.0);
    let mut spoiled = 0.0;
    for j in 0..centers.count() {
        let center = centers.row(j);
        let length = length(center);
        if !length.is_finite() {
            spoiled = f64::NAN;
        } else if length > 0.0 {
            for (sum, c) in sum.iter_mut().zip(center) {
                *sum += f64::from(*c) / length;
            }
        }
    }
    let mut total = spoiled;
    for j in 0..centers.count() {
        #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
        let others = (centers.count() - 1) as f64;
        total += others;
        let center = centers.row(j);
        let length = length(center);
        if !(length.is_finite() && length > 0.0) {
            continue;
        }
        let along: f64 = sum.iter().zip(center).map(|(sum, c)| sum * f64::from(*c)).sum::<f64>() / length;
        total += along - 1.0;
        if grad_centers.is_empty() {
            continue;
        }
        let grad = part_mut(grad_centers, j * center.len(), center.len());
        for (grad, (sum, c)) in grad.iter_mut().zip(part(sum, 0, center.len()).iter().zip(center)) {
            let across = sum - along * f64::from(*c) / length;
            #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
            let gradient = (f64::from(*grad) + 2.0 * lambda * across / length) as f32;
            // Of a center as short as 10⁻³⁸ it would not be.
            if gradient.is_finite() {
                *grad = gradient;
            }
        }
    }
    lambda * total
}

/// ‖c‖, in `f64`, where squares of `f32` neither overflow nor underflow.
fn length(values: &[f32]) -> f64 {
    sqrt(values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum())
}
