//! One pass over a batch: the loss, ∂loss/∂x and, class by class, ∂loss/∂centers or an update of the centers.
//!
//! x: a row; c: its own center; B rows, C classes, D dimensions.
//!
//! The pass visits the rows in order. Memory is then read and written as it lies there, and the loss has the same bits
//! whatever else is computed with it. A `PairLoss` gives the cost of one row, and each has a pass of its own, as generics
//! compile: [`crate::loss::reduction::Loss`] walks over a row once, the loss of any metric combines several walks. Each
//! [`CenterOutput`] has a loop of its own: with one loop for all, too many values are alive, and small batches take 8 %
//! longer.
//!
//! Each class has a sum. The sum with a row is written beside the sum without the row, and replaces it only if the row
//! counts: so a row that is not finite never reaches a sum. The last row of a class completes the sum. No later row
//! reads that center, so the center can move before the pass ends.

use crate::loss::reduction::Labels;
use crate::rows::batch_classes::Groups;
use crate::rows::row_sums::RowSums;
use crate::rows::shape::{Rows, at_mut, part, part_mut};
use crate::rows::walk::for_lanes;
use crate::simd::vector::Vector;
use crate::update::averages::Rule;
use crate::update::center_gradient::CenterGradient;

/// Centers [C, D] of a pass and its output for them. Only an update writes to the centers.
#[derive(Debug)]
pub enum CenterOutput<'a> {
    /// No output: the centers are read for the loss and ∂loss/∂x.
    None(&'a [f32]),
    /// ∂loss/∂centers, over the rows that have a gradient.
    Gradient {
        /// [C, D]
        centers: &'a [f32],
        /// Sums of the gradients.
        classes: ClassAccumulators<'a>,
        /// Destination of the complete sums.
        gradient: CenterGradient<'a>,
    },
    /// Updated centers, over the rows that an average follows: those within the radius too, but none that is too far or
    /// not finite, since one such row would spoil its center for good.
    Update {
        /// [C, D]
        centers: &'a mut [f32],
        /// Sums of the offsets x − c.
        classes: ClassAccumulators<'a>,
        /// Rate at which a center follows its sum.
        rule: Rule,
        /// Scratch [D] for a complete sum.
        sum: &'a mut [f32],
    },
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
}

/// Loss of one row at its own center.
pub(crate) trait PairLoss {
    /// Computes the cost of a row. Writes ∂loss/∂x to `row.grad` unless that is empty, zeros if the row has no gradient.
    /// Writes the sum of the class with the row to `sum`, or anything if the row is not added.
    fn row<V: Vector>(&self, row: Row, center: &[f32], sum: Option<SumWithRow>) -> RowResult;
}

/// One row of a batch that has a class.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) index: usize,
    pub(crate) class: usize,
    pub(crate) x: &'a [f32],
    pub(crate) grad: &'a mut [f32],
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
    /// True where the row is added to the sum of its class. [`Term`] says which rows those are: the ones with a gradient,
    /// or the ones that an average follows.
    pub(crate) is_added: bool,
    /// True where an average follows the row, whatever the term.
    pub(crate) is_averaged: bool,
}

/// Sums the costs of the rows, writes ∂loss/∂x [B, D] to `grad_x` unless it is empty, and writes `output`.
#[inline]
pub(crate) fn batch_pass<V: Vector>(
    loss: &impl PairLoss,
    x: Rows,
    labels: &Labels,
    output: CenterOutput,
    grad_x: &mut [f32],
) -> f64 {
    let dim = x.dim();
    match output {
        CenterOutput::None(centers) => sum_over_rows(x, labels, grad_x, |row| {
            let center = part(centers, row.class * dim, dim);
            loss.row::<V>(row, center, None).cost
        }),
        CenterOutput::Gradient { centers, mut classes, mut gradient } => sum_over_rows(x, labels, grad_x, |row| {
            let class = row.class;
            let center = part(centers, class * dim, dim);
            let complete = gradient.row(class, classes.groups.place(class));
            let (result, _) = classes.add::<V>(loss, row, center, Term::Gradient, complete);
            if result.is_averaged {
                classes.count(class, 1);
            }
            result.cost
        }),
        CenterOutput::Update { centers, mut classes, rule, sum } => sum_over_rows(x, labels, grad_x, |row| {
            let class = row.class;
            let center = part_mut(centers, class * dim, dim);
            let (result, rows) = classes.add::<V>(loss, row, center, Term::Offset, sum);
            if rows > 0 {
                classes.count(class, rows);
                #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
                let rate = V::splat(rule.rate(rows) as f32);
                for_lanes::<V, 1, 1>([sum], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
            }
            result.cost
        }),
    }
}

/// Sums what `visit` returns for the rows that have a class. The gradient of the others is 0.
#[inline]
fn sum_over_rows(x: Rows, labels: &Labels, grad_x: &mut [f32], mut visit: impl FnMut(Row) -> f64) -> f64 {
    let grad_dim = if grad_x.is_empty() { 0 } else { x.dim() };
    let mut total = 0.0;
    for index in 0..x.count() {
        let grad = part_mut(grad_x, index * grad_dim, grad_dim);
        let x = x.row(index);
        total += if let Some(class) = labels.class(index) {
            visit(Row { index, class, x, grad })
        } else {
            grad.fill(0.0);
            labels.without_class(index, x)
        };
    }
    total
}

impl ClassAccumulators<'_> {
    /// Visits a row and adds it to the sum of its class. With the last row of the class, `complete` becomes the sum, and
    /// the number of rows in it is returned; before, 0 is.
    #[allow(clippy::inline_always, reason = "a call costs 80 instructions a row")]
    #[inline(always)]
    fn add<V: Vector>(
        &mut self,
        loss: &impl PairLoss,
        row: Row,
        center: &[f32],
        term: Term,
        complete: &mut [f32],
    ) -> (RowResult, u32) {
        let Self { groups, sums, .. } = self;
        let group = groups.at(groups.place(row.class));
        let is_last = group.take_row();
        let (before, next) = sums.next(group.sum);
        let after = if is_last { &mut *complete } else { next };
        let result = loss.row::<V>(row, center, Some(SumWithRow { term, before, after }));
        if is_last {
            return (result, sums.finish(group.sum, result.is_added, complete));
        }
        if result.is_added {
            sums.accept(&mut group.sum);
        }
        (result, 0)
    }

    #[inline]
    fn count(&mut self, class: usize, rows: u32) {
        if let Some(counts) = &mut self.counts {
            let count = at_mut(counts, class);
            *count = count.saturating_add(rows);
        }
    }
}
