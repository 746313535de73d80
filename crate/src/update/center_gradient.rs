//! Where ∂loss/∂centers is written: all [C, D] of it, or only the rows of the classes in the batch.

use crate::rows::batch_classes::Groups;
use crate::rows::shape::{at_mut, part_mut};

/// The form of a center gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// [C, D]; the rows of absent classes are 0.
    Dense,
    /// One row a class of the batch, in the order of the classes' first rows.
    Touched,
}

impl Form {
    /// The most rows that the gradient of a batch of `batch` rows can have.
    #[must_use]
    pub fn rows(self, batch: usize, n_classes: usize) -> usize {
        match self {
            Self::Dense => n_classes,
            Self::Touched => Groups::capacity(batch, n_classes),
        }
    }
}

/// A center gradient that is being written.
#[derive(Debug)]
pub struct CenterGradient<'a> {
    form: Form,
    rows: &'a mut [f32],
    dim: usize,
}

impl<'a> CenterGradient<'a> {
    /// A gradient over `rows`, for all classes of `groups`: the rows of the other classes are zero after. The classes
    /// go to `touched`, which has one place more than there can be groups: their number first.
    #[allow(clippy::cast_possible_truncation, reason = "classes fit the 32 bits of a wasm address")]
    #[must_use]
    pub fn new(form: Form, rows: &'a mut [f32], touched: &mut [u32], dim: usize, groups: &Groups) -> Self {
        let found = groups.as_slice();
        *at_mut(touched, 0) = found.len() as u32;
        for (place, group) in found.iter().enumerate() {
            *at_mut(touched, 1 + place) = group.class;
        }
        if form == Form::Dense {
            // All of them, not only those written by the call before: users may write there, too.
            rows.fill(0.0);
        }
        Self { form, rows, dim }
    }

    /// The row of a class that stands at `place` among the groups.
    #[inline]
    pub(crate) fn row(&mut self, class: usize, place: usize) -> &mut [f32] {
        let row = if self.form == Form::Dense { class } else { place };
        part_mut(self.rows, row * self.dim, self.dim)
    }
}
