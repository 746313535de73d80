//! Center updates: the loss, ∂loss/∂x and the moved centers in one pass over the batch.

use crate::groups::Groups;
use crate::loss::{Counts, Labels, Loss};
use crate::row_sum::RowSum;
use crate::rows::for_lanes;
use crate::shape::{Rows, part_mut};
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
    groups: &Groups,
    grad_x: &mut [f32],
    sum: &mut RowSum,
) -> f64 {
    let scale = loss.scale(labels);
    let mut own = 0.0;
    for group in groups.as_slice() {
        let center = part_mut(centers, group.class as usize * x.dim(), x.dim());
        sum.clear();
        for row in groups.rows(*group) {
            own += loss.pull::<V>(x, row, center, scale, grad_x, Some((sum, Counts::Near)));
        }
        #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
        let rate = V::splat((alpha / (1.0 + f64::from(sum.rows()))) as f32);
        if let Some(sum) = sum.get() {
            for_lanes::<V, 1, 1>([sum], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
        }
    }
    loss.finish(own, x, labels, grad_x)
}
