//! Center updates: the loss, ∂loss/∂x and the moved centers in one pass over the batch.

use crate::groups::Groups;
use crate::loss::{Labels, Loss};
use crate::row_sum::RowSums;
use crate::shape::Rows;
use crate::sweep::{Purpose, sweep};
use crate::vector::Vector;

/// The rule of Wen et al. (ECCV 2016, eq. 4): c ← c − α·Σ(c − x) / (1 + n), the sum over the n rows of the class.
///
/// The loss and ∂loss/∂x are those at the centers before the update. The rule follows all rows of the class, those
/// within the radius too: the center is an average, whatever the loss forgives. A row farther than 10³⁰, or at no
/// finite distance, is left out of the sum and of n, or one bad embedding would spoil its center for good.
#[allow(clippy::too_many_arguments, reason = "a batch, its workspace and its results")]
pub fn wen_step<V: Vector>(
    loss: Loss,
    alpha: f64,
    x: Rows,
    labels: &Labels,
    centers: &mut [f32],
    groups: &mut Groups,
    grad_x: &mut [f32],
    sums: &mut RowSums,
    sum: &mut [f32],
) -> f64 {
    sweep::<V>(loss, x, labels, centers, groups, grad_x, sums, Purpose::Update { alpha, sum })
}
