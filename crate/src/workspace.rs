//! What a pass over a batch needs beside its operands and results, laid out in one block of memory.

use crate::groups::{Group, Groups};

/// Where the parts of a workspace start, in bytes, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `f64` × dimensions
    pub total: usize,
    /// [`Group`] × [`Layout::groups_len`]
    pub groups: usize,
    /// `f32` × dimensions
    pub run: usize,
    /// `u32` × rows
    pub next: usize,
    /// The most groups there can be.
    pub groups_len: usize,
    /// Bytes in all.
    pub bytes: usize,
}

impl Layout {
    /// The layout for a batch of `rows` rows. Parts come by falling alignment, so none needs padding.
    #[must_use]
    pub fn new(rows: usize, n_classes: usize, n_dim: usize) -> Self {
        let groups_len = Groups::capacity(rows, n_classes);
        let groups = n_dim * size_of::<f64>();
        let run = groups + groups_len * size_of::<Group>();
        let next = run + n_dim * size_of::<f32>();
        Self { total: 0, groups, run, next, groups_len, bytes: next + rows * size_of::<u32>() }
    }
}
