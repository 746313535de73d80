//! One pass over a batch: the loss, ∂loss/∂x and, class by class, ∂loss/∂centers or an update of the centers.
//!
//! x: a row; c: its own center; B rows, C classes, D dimensions.
//!
//! The pass visits the rows in order. Memory is then read and written sequentially, and the loss has the same bits
//! whatever else is computed with it. Each `PairLoss`, the cost of one row, has a compiled pass of its own:
//! [`crate::loss::reduction::Loss`] walks over a row once, the loss of any metric combines several walks. Each
//! [`CenterOutput`] has a loop of its own: with one loop for all, too many values are alive, and small batches take 8 %
//! longer.
//!
//! Each class has a sum. The sum with a row is written beside the sum without it, and replaces that only if the row
//! counts: so a row that is not finite never reaches a sum. The last row of a class completes the sum. No later row
//! reads that center, so the center can move before the pass ends.

use crate::loss::reduction::Labels;
use crate::rows::batch_classes::BatchClasses;
use crate::rows::row_sums::RowSums;
use crate::rows::shape::{Rows, item_mut, slice, slice_mut};
use crate::rows::walk::for_lanes;
use crate::simd::vector::{Vector, round_to_f32};
use crate::update::averages::Rule;
use crate::update::center_gradient::CenterGradient;

/// Centers [C, D] of a pass, and its output for them. Only an update writes to the centers.
#[derive(Debug)]
pub enum CenterOutput<'a> {
    /// No output: the centers are read for the loss and ∂loss/∂x.
    None(&'a [f32]),
    /// ∂loss/∂centers, over the rows that have a gradient.
    Gradient {
        centers: &'a [f32],
        /// Sums of the gradients.
        classes: ClassAccumulators<'a>,
        /// Destination of the complete sums.
        gradient: CenterGradient<'a>,
    },
    /// Updated centers, over the rows that count in a mean: also those within the radius, but none that is too far or
    /// not finite, since one such row would spoil its center for good.
    Update {
        centers: &'a mut [f32],
        /// Sums of the offsets x − c.
        classes: ClassAccumulators<'a>,
        rule: Rule,
        /// Scratch [D] for a complete sum.
        sum: &'a mut [f32],
    },
}

/// Sums of the classes of a batch.
#[derive(Debug)]
pub struct ClassAccumulators<'a> {
    pub batch_classes: BatchClasses<'a>,
    pub sums: RowSums<'a>,
    /// Number of rows that each class [C] has had in a mean. The rows of the batch are added.
    pub counts: Option<&'a mut [u32]>,
}

/// Loss of one row at its own center.
pub(crate) trait PairLoss {
    /// Computes the cost of a row. Writes ∂loss/∂x to `row.grad` unless that is empty: zeros if the row has no
    /// gradient. Writes the sum of the class with the row to `sum.after`, or anything if the row is not added.
    fn row<V: Vector>(&self, row: Row, center: &[f32], sum: Option<SumWithRow>) -> RowResult;
}

/// Row of a batch, with its class.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) index: usize,
    pub(crate) class: usize,
    pub(crate) x: &'a [f32],
    pub(crate) grad: &'a mut [f32],
}

/// Sum of a class without the current row, and memory for the sum with it.
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
    /// Offset x − c, which an averaging rule follows.
    Offset,
}

/// Result of one row, beside the values it writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowResult {
    /// Summand of the loss, before reduction.
    pub(crate) cost: f64,
    /// True if the row is added to the sum of its class: for [`Term::Gradient`] if it has a gradient, for
    /// [`Term::Offset`] if it counts in a mean.
    pub(crate) is_added: bool,
    /// True if the row counts in a mean, for any term.
    pub(crate) is_averaged: bool,
}

/// Computes the sum of the costs, writes ∂loss/∂x [B, D] to `grad_x` unless that is empty, and writes `output`.
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
            let center = slice(centers, row.class * dim, dim);
            loss.row::<V>(row, center, None).cost
        }),
        CenterOutput::Gradient { centers, mut classes, mut gradient } => sum_over_rows(x, labels, grad_x, |row| {
            let class = row.class;
            let center = slice(centers, class * dim, dim);
            let (result, _) = classes.add::<V>(loss, row, center, Term::Gradient, |slot| gradient.row(class, slot));
            if result.is_averaged {
                classes.count(class, 1);
            }
            result.cost
        }),
        CenterOutput::Update { centers, mut classes, rule, sum } => sum_over_rows(x, labels, grad_x, |row| {
            let class = row.class;
            let center = slice_mut(centers, class * dim, dim);
            let (result, rows) = classes.add::<V>(loss, row, center, Term::Offset, |_| &mut *sum);
            if rows > 0 {
                classes.count(class, rows);
                let rate = V::splat(round_to_f32(rule.rate(rows)));
                for_lanes::<V, 1, 1>([sum], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
            }
            result.cost
        }),
    }
}

/// Sums the results of `visit` over the rows that have a class. The gradient of the others is 0.
#[inline]
fn sum_over_rows(x: Rows, labels: &Labels, grad_x: &mut [f32], mut visit: impl FnMut(Row) -> f64) -> f64 {
    let grad_dim = if grad_x.is_empty() { 0 } else { x.dim() };
    let mut total = 0.0;
    for index in 0..x.count() {
        let grad = slice_mut(grad_x, index * grad_dim, grad_dim);
        let x = x.row(index);
        total += if let Some(class) = labels.class(index) {
            visit(Row { index, class, x, grad })
        } else {
            grad.fill(0.0);
            labels.cost_without_class(index, x)
        };
    }
    total
}

impl ClassAccumulators<'_> {
    /// Visits a row and adds it to the sum of its class. The last row of the class makes `complete` of its slot the whole
    /// sum, and the result is the number of rows in it; for earlier rows the result is 0.
    #[allow(clippy::inline_always, reason = "a call costs 80 instructions a row")]
    #[inline(always)]
    fn add<'a, V: Vector>(
        &mut self,
        loss: &impl PairLoss,
        row: Row,
        center: &[f32],
        term: Term,
        complete: impl FnOnce(usize) -> &'a mut [f32],
    ) -> (RowResult, u32) {
        let Self { batch_classes, sums, .. } = self;
        let slot = batch_classes.slot(row.class);
        let batch_class = batch_classes.get(slot);
        let (before, with_row) = sums.peek(batch_class.sum);
        let mut complete = batch_class.consume_row().then(|| complete(slot));
        let after = complete.as_deref_mut().unwrap_or(with_row);
        let result = loss.row::<V>(row, center, Some(SumWithRow { term, before, after }));
        if let Some(complete) = complete {
            return (result, sums.finish(batch_class.sum, result.is_added, complete));
        }
        if result.is_added {
            sums.commit(&mut batch_class.sum);
        }
        (result, 0)
    }

    #[inline]
    fn count(&mut self, class: usize, rows: u32) {
        if let Some(counts) = &mut self.counts {
            let count = item_mut(counts, class);
            *count = count.saturating_add(rows);
        }
    }
}
