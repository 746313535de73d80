//! What a pass over a batch needs beside its operands and results, laid out in one block of memory.

use crate::groups::{Group, Groups};
use crate::row_sum::RowSums;

/// Where the parts of a workspace start, in bytes, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `f32` × [`Layout::runs_len`]. What vectors are read from comes first, where the memory is aligned for them.
    pub runs: usize,
    /// `f32` × dimensions
    pub sum: usize,
    /// `f64` × [`Layout::totals_len`]
    pub totals: usize,
    /// [`Group`] × [`Layout::groups_len`]
    pub groups: usize,
    /// The most values that the sums of classes take.
    pub runs_len: usize,
    /// The most values that the sums of classes with many rows take beside.
    pub totals_len: usize,
    /// The most groups there can be.
    pub groups_len: usize,
    /// Bytes in all.
    pub bytes: usize,
}

impl Layout {
    /// The layout for a batch of `rows` rows.
    #[must_use]
    pub fn new(rows: usize, n_classes: usize, n_dim: usize) -> Self {
        let runs_len = RowSums::runs(rows, n_classes) * n_dim;
        let totals_len = RowSums::totals(rows, n_classes) * n_dim;
        let groups_len = Groups::capacity(rows, n_classes);
        let sum = runs_len * size_of::<f32>();
        let totals = (sum + n_dim * size_of::<f32>()).next_multiple_of(align_of::<f64>());
        let groups = totals + totals_len * size_of::<f64>();
        let bytes = groups + groups_len * size_of::<Group>();
        Self { runs: 0, sum, totals, groups, runs_len, totals_len, groups_len, bytes }
    }
}
