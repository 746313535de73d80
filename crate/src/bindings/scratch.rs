//! Scratch memory of the kernels.

use super::buffer::Buffer;
use crate::rows::batch_classes::{BatchClass, BatchClasses};
use crate::rows::row_sums::RowSums;
use crate::rows::shape::slice_mut;
use crate::simd::vector::LANES;

/// Scratch memory of one batch, kept between calls.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(super) values: Buffer<f32>,
    pub(super) totals: Buffer<f64>,
    pub(super) center_totals: Buffer<f64>,
    pub(super) lanes: Buffer<[f64; LANES]>,
    pub(super) sum: Buffer<f32>,
    batch_classes: Buffer<BatchClass>,
}

impl Scratch {
    pub(super) fn bytes(&self) -> usize {
        let [values, sum] = [&self.values, &self.sum].map(Buffer::bytes);
        let [totals, center_totals] = [&self.totals, &self.center_totals].map(Buffer::bytes);
        values + sum + totals + center_totals + self.lanes.bytes() + self.batch_classes.bytes()
    }

    /// Reserves memory for the sums of the classes.
    pub(super) fn reserve_sums(&mut self, rows: usize, n_classes: usize, n_dim: usize) -> bool {
        self.batch_classes.reserve(BatchClasses::capacity(rows, n_classes), 1)
            && self.values.reserve(RowSums::partial_rows(rows, n_classes), n_dim)
            && self.totals.reserve(RowSums::accumulator_rows(rows, n_classes), n_dim)
            && self.sum.reserve(n_dim, 1)
    }

    /// Prepares the sums of the classes in `labels`, in memory from [`Scratch::reserve_sums`].
    #[inline(never)]
    pub(super) fn sums<'a>(
        &'a mut self,
        labels: &[i32],
        n_dim: usize,
        class_slots: &'a mut [u32],
    ) -> (BatchClasses<'a>, RowSums<'a>, &'a mut [f32]) {
        let batch_classes = BatchClasses::new(labels, class_slots, &mut self.batch_classes);
        let sums = RowSums::new(&mut self.values, &mut self.totals, n_dim);
        (batch_classes, sums, slice_mut(&mut self.sum, 0, n_dim))
    }
}
