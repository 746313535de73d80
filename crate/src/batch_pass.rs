//! One pass over a batch: the loss, ∂loss/∂x and, class by class, ∂loss/∂centers or an update of the centers.
//!
//! x: a row; c: its own center; B rows, C classes, D dimensions.
//!
//! The pass visits the rows in order. Memory is then read and written as it lies there, and the loss has the same
//! bits whatever else is computed with it. A `PairLoss` gives the cost of one row, and each has a pass of its own, as
//! generics compile: [`crate::loss::Loss`] walks over a row once, the loss of any metric combines several walks.
//!
//! Each class has a sum. The sum with a row is written beside the sum without the row, and replaces it only if the row
//! counts: so a row that is not finite never reaches a sum. The last row of a class completes the sum, which then goes
//! where [`CenterOutput`] says. No later row reads that center, so the center can move before the pass ends.

use crate::center_gradient::CenterGradient;
use crate::groups::Groups;
use crate::loss::Labels;
use crate::row_sum::RowSums;
use crate::rows::for_lanes;
use crate::rules::Rule;
use crate::shape::{Rows, at_mut, part, part_mut};
use crate::vector::Vector;

/// Centers [C, D].
#[derive(Debug)]
pub enum Centers<'a> {
    /// Read, never written.
    Fixed(&'a [f32]),
    /// Read, and moved by [`CenterOutput::Update`].
    Moving(&'a mut [f32]),
}

/// Sums of the classes of a batch.
#[derive(Debug)]
pub struct ClassAccumulators<'a> {
    /// Classes of the batch.
    pub groups: Groups<'a>,
    /// Memory of the sums.
    pub sums: RowSums<'a>,
    /// Rows that each class [C] has had in an average; grows by those of the batch.
    pub counts: Option<&'a mut [u32]>,
    /// Destination of the sums.
    pub output: CenterOutput<'a>,
}

/// Destination of the complete sum of a class.
#[derive(Debug)]
pub enum CenterOutput<'a> {
    /// ∂loss/∂c, over the rows that have a gradient.
    Gradient(CenterGradient<'a>),
    /// An update of the center, over the rows that an average follows: those within the radius too, but none that is
    /// too far or not finite, since one such row would spoil the center for good.
    Update {
        /// Rate at which a center follows its sum.
        rule: Rule,
        /// Scratch [D] for the complete sum.
        sum: &'a mut [f32],
    },
}

/// Loss of one row at its own center.
pub(crate) trait PairLoss {
    /// Computes the cost of a row of a batch; writes ∂loss/∂x to `grad` unless `grad` is empty, zeros if the row has no
    /// gradient; writes the sum of the class with the row to `sum`, or anything if the row is not added.
    fn row<V: Vector>(
        &self,
        row: usize,
        class: usize,
        x: &[f32],
        center: &[f32],
        grad: &mut [f32],
        sum: Option<SumWithRow>,
    ) -> RowResult;
}

/// Sum of a class without the current row, and the place for the sum with the row.
#[derive(Debug)]
pub(crate) struct SumWithRow<'a> {
    pub(crate) term: Term,
    pub(crate) before: &'a [f32],
    pub(crate) after: &'a mut [f32],
}

/// Summand of a row in the sum of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// Part of the row in ∂loss/∂c.
    Gradient,
    /// Offset x − c, which an average follows.
    Offset,
}

/// Result of one row, beside the values it writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowResult {
    /// Summand of the loss, before reduction.
    pub(crate) cost: f64,
    /// Whether the row is added to the sum of its class: whether it has a gradient, or an average follows it, by
    /// [`Term`].
    pub(crate) is_added: bool,
    /// Whether an average follows the row, whatever the term.
    pub(crate) is_averaged: bool,
}

/// Sums the costs of the rows; writes ∂loss/∂x [B, D] to `grad_x` unless it is empty; puts the sums of the classes to
/// their destination.
#[inline]
pub(crate) fn batch_pass<V: Vector>(
    loss: &impl PairLoss,
    x: Rows,
    labels: &Labels,
    mut centers: Centers,
    grad_x: &mut [f32],
    mut classes: Option<ClassAccumulators>,
) -> f64 {
    let grad_dim = if grad_x.is_empty() { 0 } else { x.dim() };
    let mut total = 0.0;
    for row in 0..x.count() {
        let grad = part_mut(grad_x, row * grad_dim, grad_dim);
        let x = x.row(row);
        let Some(class) = labels.class(row) else {
            grad.fill(0.0);
            total += labels.without_class(row, x);
            continue;
        };
        let center = centers.row(class, x.len());
        let Some(classes) = &mut classes else {
            total += loss.row::<V>(row, class, x, center, grad, None).cost;
            continue;
        };
        let (cost, rows) = classes.add::<V>(loss, row, class, x, center, grad);
        total += cost;
        if rows > 0
            && let (CenterOutput::Update { rule, sum }, Centers::Moving(centers)) = (&classes.output, &mut centers)
        {
            let center = part_mut(centers, class * x.len(), x.len());
            #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
            let rate = V::splat(rule.rate(rows) as f32);
            for_lanes::<V, 1, 1>([sum], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
        }
    }
    total
}

impl Centers<'_> {
    #[inline]
    fn row(&self, class: usize, dim: usize) -> &[f32] {
        let centers: &[f32] = match self {
            Self::Fixed(centers) => centers,
            Self::Moving(centers) => centers,
        };
        part(centers, class * dim, dim)
    }
}

impl ClassAccumulators<'_> {
    /// Visits a row and adds it to the sum of its class. Returns the cost of the row, and with the last row of the
    /// class the number of rows in the sum, which is then complete; else 0.
    #[inline]
    fn add<V: Vector>(
        &mut self,
        loss: &impl PairLoss,
        row: usize,
        class: usize,
        x: &[f32],
        center: &[f32],
        grad: &mut [f32],
    ) -> (f64, u32) {
        let Self { groups, sums, counts, output } = self;
        let slot = groups.place(class);
        let group = groups.at(slot);
        let is_last = group.take_row();
        let (before, next) = sums.next(group.sum);
        let (term, complete) = match output {
            CenterOutput::Gradient(gradient) => (Term::Gradient, gradient.row(class, slot)),
            CenterOutput::Update { sum, .. } => (Term::Offset, &mut **sum),
        };
        let after = if is_last { &mut *complete } else { next };
        let result = loss.row::<V>(row, class, x, center, grad, Some(SumWithRow { term, before, after }));
        group.averaged += u32::from(result.is_averaged);
        if !is_last {
            if result.is_added {
                sums.accept(&mut group.sum);
            }
            return (result.cost, 0);
        }
        if let Some(counts) = counts {
            let count = at_mut(counts, class);
            *count = count.saturating_add(group.averaged);
        }
        (result.cost, sums.finish(group.sum, result.is_added, complete))
    }
}
