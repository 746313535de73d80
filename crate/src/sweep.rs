//! The one pass over a batch that gives ∂loss/∂x and, of each class, the sum of x − c.

use crate::center_gradient::CenterGradient;
use crate::groups::Groups;
use crate::loss::{Labels, Loss, is_near};
use crate::row_sum::RowSums;
use crate::rows::{for_lanes, residual, squared_distance};
use crate::shape::{Rows, part_mut};
use crate::vector::Vector;

/// What becomes of the sum of a class, once all its rows have been seen.
#[derive(Debug)]
pub(crate) enum Purpose<'a, 'gradient> {
    /// ∂loss/∂c = −scale·Σ(x − c), over the rows that have a gradient.
    Gradient(&'a mut CenterGradient<'gradient>),
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

/// The sums of the classes of a batch, and what they are for.
#[derive(Debug)]
pub(crate) struct ClassSums<'a, 'groups, 'sums, 'gradient> {
    pub(crate) groups: &'a mut Groups<'groups>,
    pub(crate) sums: &'a mut RowSums<'sums>,
    pub(crate) purpose: Purpose<'a, 'gradient>,
}

/// Writes ∂loss/∂x, unless there is no room for it, does with the centers what their sums are for, and returns the loss.
///
/// In the order of the rows, so that memory is read and written as it lies there, and that the loss, whatever else is
/// computed with it, is the same to the last bit. Not inlined: one copy serves all.
#[inline(never)]
pub(crate) fn sweep<V: Vector>(
    loss: Loss,
    x: Rows,
    labels: &Labels,
    centers: &mut [f32],
    grad_x: &mut [f32],
    mut sums: Option<ClassSums>,
) -> f64 {
    let scale = loss.scale(labels);
    let grad_dim = if grad_x.is_empty() { 0 } else { x.dim() };
    let mut own = 0.0;
    for row in 0..x.count() {
        let grad = part_mut(grad_x, row * grad_dim, grad_dim);
        let x = x.row(row);
        let pulls = if let Some(class) = labels.class(row) {
            let center = part_mut(centers, class * x.len(), x.len());
            let distance = if let Some(sums) = &mut sums {
                sums.add::<V>(loss, x, class, center, scale, grad)
            } else {
                for_lanes::<V, 2, 1>([x, center], [grad], |[x, c], _| [V::splat(scale).mul(x.sub(c))]);
                squared_distance::<V>(x, center)
            };
            own += loss.entry(distance);
            loss.pulls(distance)
        } else {
            own += labels.without_class(row, x);
            false
        };
        if !pulls {
            // Written, not scaled by 0: 0·NaN is NaN, and a row that does not pull has no gradient at all.
            grad.fill(0.0);
        }
    }
    loss.reduce(own, labels)
}

impl ClassSums<'_, '_, '_, '_> {
    /// Writes scale·(x − c), adds x − c to the sum of the class if it counts there, and gives the distance. With the last
    /// row of a class the sum is put to its purpose.
    #[inline]
    fn add<V: Vector>(
        &mut self,
        loss: Loss,
        x: &[f32],
        class: usize,
        center: &mut [f32],
        scale: f32,
        grad: &mut [f32],
    ) -> f64 {
        let Self { groups, sums, purpose } = self;
        let place = groups.place(class);
        let group = groups.at(place);
        let is_last = group.take_row();
        let (before, next) = sums.next(group.sum);
        let (sum, alpha) = match purpose {
            Purpose::Gradient(gradient) => (gradient.row(class, place), None),
            Purpose::Update { alpha, sum } => (&mut **sum, Some(*alpha)),
        };
        let factor = if alpha.is_some() { 1.0 } else { -scale };
        let after = if is_last { &mut *sum } else { next };
        let distance = pull::<V>(x, center, scale, grad, before, factor, after);
        let counts = if alpha.is_some() { is_near(distance) } else { loss.pulls(distance) };
        if !is_last {
            if counts {
                sums.accept(&mut group.sum);
            }
            return distance;
        }
        let rows = sums.finish(group.sum, counts, sum);
        if let Some(alpha) = alpha
            && rows > 0
        {
            #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
            let rate = V::splat((alpha / (1.0 + f64::from(rows))) as f32);
            // No row to come looks at this center.
            for_lanes::<V, 1, 1>([sum], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
        }
        distance
    }
}
