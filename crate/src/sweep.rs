//! The one pass over a batch that gives ∂loss/∂x and, of each class, the sum of x − c.

use crate::center_gradient::CenterGradient;
use crate::groups::Groups;
use crate::loss::{Labels, Loss, is_near};
use crate::row_sum::RowSums;
use crate::rows::{for_lanes, residual};
use crate::shape::{Rows, part_mut};
use crate::vector::Vector;

/// What becomes of the sum of a class, once all its rows have been seen.
#[derive(Debug)]
pub(crate) enum Purpose<'a, 'b> {
    /// ∂loss/∂c = −scale·Σ(x − c), over the rows that have a gradient.
    Gradient(&'a mut CenterGradient<'b>),
    /// c ← c + alpha/(1 + n)·Σ(x − c), over the n rows that are not too far, those within the radius too.
    Update {
        alpha: f64,
        /// Room for the sum of a class, one place a dimension.
        sum: &'a mut [f32],
    },
}

/// One row and its center, in one walk: grad ← scale·(x − c), after ← before + factor·(x − c), and ‖x − c‖².
///
/// Not inlined: it needs all registers.
#[inline(never)]
fn pull<V: Vector>(
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

/// Writes ∂loss/∂x, does with the centers what `purpose` says, and returns the loss.
///
/// One walk over each row gives its distance, its gradient and the sum with it, taken or left as the distance says. Not
/// inlined: one copy serves the gradients and the update.
#[allow(clippy::too_many_arguments, reason = "a batch, its workspace and its results")]
#[inline(never)]
pub(crate) fn sweep<V: Vector>(
    loss: Loss,
    x: Rows,
    labels: &Labels,
    centers: &mut [f32],
    groups: &mut Groups,
    grad_x: &mut [f32],
    sums: &mut RowSums,
    mut purpose: Purpose,
) -> f64 {
    let scale = loss.scale(labels);
    let factor = if let Purpose::Gradient(_) = purpose { -scale } else { 1.0 };
    loss.each_row(x, labels, grad_x, |x, class, grad| {
        let center = part_mut(centers, class * x.len(), x.len());
        let place = groups.place(class);
        let group = groups.at(place);
        let (before, next) = sums.next(group.sum);
        // The last row of a class makes the sum, which goes where it is wanted.
        let is_last = group.take_row();
        let after = if is_last { purpose.sum(class, place) } else { next };
        let distance = pull::<V>(x, center, scale, grad, before, factor, after);
        let counts = match purpose {
            Purpose::Gradient(_) => loss.pulls(distance),
            Purpose::Update { .. } => is_near(distance),
        };
        if !is_last {
            if counts {
                sums.accept(&mut group.sum);
            }
            return distance;
        }
        let rows = sums.finish(group.sum, counts, purpose.sum(class, place));
        if let Purpose::Update { alpha, sum } = &purpose
            && rows > 0
        {
            #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
            let rate = V::splat((alpha / (1.0 + f64::from(rows))) as f32);
            // No row to come looks at this center.
            for_lanes::<V, 1, 1>([sum], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
        }
        distance
    })
}

impl Purpose<'_, '_> {
    /// Where the sum of a class goes.
    #[inline]
    fn sum(&mut self, class: usize, place: usize) -> &mut [f32] {
        match self {
            Self::Gradient(gradient) => gradient.row(class, place),
            Self::Update { sum, .. } => sum,
        }
    }
}
