//! Where the statistics of classes stand, in one block of memory.

use super::scatter::TOGETHER;
use super::statistics::{Covariance, Head, Run};

/// Where each part starts, in bytes, and how many values it has.
///
/// In `f64`, which holds also the sizes that no memory has: whoever allocates is to see them, not what is left of them
/// in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// `f32` [C, D]. What vectors are read from comes first, where the memory is aligned for them.
    pub pivots: Part,
    /// `f32`: the sums of runs, one for each class, one that is all 0, and one that belongs to none.
    pub sums: Part,
    /// `f32`: a triangle, if there is a tied covariance.
    pub tied: Part,
    /// `f32` [[`TOGETHER`], D], likewise.
    pub differences: Part,
    /// [`Head`] × 1
    pub head: Part,
    /// [`Run`] [C]
    pub runs: Part,
    /// `f64` [D]
    pub delta: Part,
    /// `f64`: what is known, without the runs: all that a file needs.
    pub totals: Part,
    /// Bytes in all.
    pub bytes: f64,
}

/// A part of the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// In bytes.
    pub start: f64,
    /// The number of its values.
    pub len: f64,
}

impl Layout {
    /// The layout for C classes of D dimensions, both whole numbers.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "sizes of a few bytes")]
    pub fn new(n_classes: f64, dim: f64, covariance: Covariance) -> Self {
        let matrix = n_classes * dim;
        let triangle = if covariance == Covariance::Tied { dim * (dim + 1.0) / 2.0 } else { 0.0 };
        let differences = if covariance == Covariance::Tied { TOGETHER as f64 * dim } else { 0.0 };
        let squares = if covariance == Covariance::None { 0.0 } else { matrix };
        let per_run = covariance.sums_of_a_run() as f64 * dim;
        let mut bytes = 0.0;
        let mut place = |len: f64, size: usize| {
            let part = Part { start: bytes, len };
            // Eight bytes are what the largest of the types are aligned to.
            bytes = libm::ceil((part.start + len * size as f64) / 8.0) * 8.0;
            part
        };
        Self {
            pivots: place(matrix, size_of::<f32>()),
            sums: place((n_classes + 2.0) * per_run, size_of::<f32>()),
            tied: place(triangle, size_of::<f32>()),
            differences: place(differences, size_of::<f32>()),
            head: place(1.0, size_of::<Head>()),
            runs: place(n_classes, size_of::<Run>()),
            delta: place(dim, size_of::<f64>()),
            totals: place(1.0 + n_classes + matrix + squares + triangle, size_of::<f64>()),
            bytes,
        }
    }
}
