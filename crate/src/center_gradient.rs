//! Where ∂loss/∂centers is written: all [C, D] of it, or only the rows of the classes in the batch.

use crate::groups::{Group, Groups};
use crate::shape::{at, at_mut, part, part_mut};

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

/// A center gradient and the classes whose rows it holds, so that the next one need clear only these.
#[derive(Debug)]
pub struct CenterGradient<'a> {
    form: Form,
    rows: &'a mut [f32],
    /// The number of classes, then the classes.
    touched: &'a mut [u32],
    dim: usize,
}

impl<'a> CenterGradient<'a> {
    /// A gradient over `rows`, which is zero but for the rows that `touched` lists; all of them are zero after.
    /// `touched` has one place more than there can be rows.
    #[must_use]
    pub fn new(form: Form, rows: &'a mut [f32], touched: &'a mut [u32], dim: usize) -> Self {
        if form == Form::Dense {
            for &class in part(touched, 1, at(touched, 0) as usize) {
                part_mut(rows, class as usize * dim, dim).fill(0.0);
            }
        }
        *at_mut(touched, 0) = 0;
        Self { form, rows, touched, dim }
    }

    /// The row for the next class.
    #[inline]
    pub(crate) fn next_row(&mut self, group: &Group) -> &mut [f32] {
        let place = at(self.touched, 0) as usize;
        *at_mut(self.touched, 0) += 1;
        *at_mut(self.touched, 1 + place) = group.class;
        let row = if self.form == Form::Dense { group.class as usize } else { place };
        part_mut(self.rows, row * self.dim, self.dim)
    }
}
