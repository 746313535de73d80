//! Row-major matrices as checked views.

/// `len() / dim` rows of `dim` values each, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    values: &'a [f32],
    dim: usize,
}

impl<'a> Rows<'a> {
    /// A view on `values` as rows of `dim` values.
    ///
    /// # Panics
    /// If `values` is not a whole number of rows. The callers check shapes before; this keeps a wrong one from
    /// becoming a wrong result.
    #[must_use]
    pub fn new(values: &'a [f32], dim: usize) -> Self {
        assert!(dim > 0 && values.len().is_multiple_of(dim), "not a whole number of rows");
        Self { values, dim }
    }

    /// The number of rows.
    #[must_use]
    #[inline]
    pub fn count(&self) -> usize {
        self.values.len() / self.dim
    }

    /// The number of values in a row.
    #[must_use]
    #[inline]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Row `index`.
    #[must_use]
    #[inline]
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.values[index * self.dim..][..self.dim]
    }

    /// Row `first` and the ones after it, as many as there are but at most `count`.
    #[must_use]
    #[inline]
    pub fn part(&self, first: usize, count: usize) -> Self {
        let end = self.count().min(first + count);
        Self { values: &self.values[first * self.dim..end * self.dim], dim: self.dim }
    }

    /// Rows `first`, `first + 1` … as many as `N` says.
    #[must_use]
    #[inline]
    pub fn rows<const N: usize>(&self, first: usize) -> [&'a [f32]; N] {
        core::array::from_fn(|offset| self.row(first + offset))
    }
}

/// The class of a row: `None` for an unknown row (label < 0) and for a label that no center has.
#[must_use]
#[inline]
pub fn class_of(label: i32, n_classes: usize) -> Option<usize> {
    usize::try_from(label).ok().filter(|&class| class < n_classes)
}

/// A row is known if its label is not negative; labels past the last class are known too (they count in B).
#[must_use]
#[inline]
pub fn is_known(label: i32) -> bool {
    label >= 0
}
