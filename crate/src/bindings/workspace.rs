//! Scratch memory of the kernels.

use super::buffer::Buffer;
use crate::rows::batch_classes::{Group, Groups};
use crate::rows::row_sums::RowSums;
use crate::rows::shape::part_mut;
use crate::simd::vector::LANES;

/// Scratch memory of one batch, kept from call to call.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(super) values: Buffer<f32>,
    pub(super) totals: Buffer<f64>,
    pub(super) center_totals: Buffer<f64>,
    pub(super) lanes: Buffer<[f64; LANES]>,
    pub(super) sum: Buffer<f32>,
    groups: Buffer<Group>,
}

impl Workspace {
    /// Reserves memory for the sums over the rows of each class.
    pub(super) fn reserve_sums(&mut self, rows: usize, n_classes: usize, n_dim: usize) -> bool {
        self.groups.reserve(Groups::capacity(rows, n_classes), 1)
            && self.values.reserve(RowSums::runs(rows, n_classes), n_dim)
            && self.totals.reserve(RowSums::totals(rows, n_classes), n_dim)
            && self.sum.reserve(n_dim, 1)
    }

    /// Sums of the classes in `labels`, in memory that [`Workspace::reserve_sums`] reserved.
    #[inline(never)]
    pub(super) fn sums<'a>(
        &'a mut self,
        labels: &[i32],
        n_dim: usize,
        slot_of_class: &'a mut [u32],
    ) -> (Groups<'a>, RowSums<'a>, &'a mut [f32]) {
        let groups = Groups::new(labels, slot_of_class, &mut self.groups);
        let sums = RowSums::new(&mut self.values, &mut self.totals, n_dim);
        (groups, sums, part_mut(&mut self.sum, 0, n_dim))
    }
}
