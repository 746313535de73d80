//! Memory for ∂loss/∂centers: all of [C, D], or one row for each class of the batch.

use crate::rows::batch_classes::BatchClasses;
use crate::rows::shape::{item_mut, slice_mut};

/// Form of a center gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Matrix [C, D] with zeros in the rows of absent classes.
    Dense,
    /// One row for each class of the batch, in the order of the classes' first rows.
    Sparse,
}

impl Form {
    /// Largest number of rows in the gradient of a batch of `batch` rows.
    #[must_use]
    pub fn rows(self, batch: usize, n_classes: usize) -> usize {
        match self {
            Self::Dense => n_classes,
            Self::Sparse => BatchClasses::capacity(batch, n_classes),
        }
    }
}

/// Center gradient that is being written.
#[derive(Debug)]
pub struct CenterGradient<'a> {
    form: Form,
    rows: &'a mut [f32],
    dim: usize,
}

impl<'a> CenterGradient<'a> {
    /// Prepares a gradient in `rows` for the classes of a batch. Writes to `class_list` the number of these classes,
    /// then the classes. The list has one entry more than there can be classes.
    #[allow(clippy::cast_possible_truncation, reason = "classes fit the 32 bits of a wasm address")]
    #[must_use]
    pub fn new(
        form: Form,
        rows: &'a mut [f32],
        class_list: &mut [u32],
        dim: usize,
        batch_classes: &BatchClasses,
    ) -> Self {
        let classes = batch_classes.as_slice();
        *item_mut(class_list, 0) = classes.len() as u32;
        for (slot, batch_class) in classes.iter().enumerate() {
            *item_mut(class_list, 1 + slot) = batch_class.class;
        }
        if form == Form::Dense {
            // Fills all rows, not only those of the previous call: callers may write to any of them.
            rows.fill(0.0);
        }
        Self { form, rows, dim }
    }

    /// Row of a class, which has this slot in the batch.
    #[inline]
    pub(crate) fn row(&mut self, class: usize, slot: usize) -> &mut [f32] {
        let row = if self.form == Form::Dense { class } else { slot };
        slice_mut(self.rows, row * self.dim, self.dim)
    }
}
