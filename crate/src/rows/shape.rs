//! Row-major matrices as checked views, and the checks themselves.
//!
//! The callers check shapes before; these checks keep a wrong one from becoming a wrong result. They end in
//! [`trap`], where `[]` would carry the place and the words of a message with it.

use crate::simd::vector::trap;

/// Value `index`.
#[inline]
#[track_caller]
pub(crate) fn at<T: Copy>(values: &[T], index: usize) -> T {
    match values.get(index) {
        Some(value) => *value,
        None => trap(),
    }
}

/// Value `index`, to be changed.
#[inline]
#[track_caller]
pub(crate) fn at_mut<T>(values: &mut [T], index: usize) -> &mut T {
    match values.get_mut(index) {
        Some(value) => value,
        None => trap(),
    }
}

/// `len` values from `start` on.
#[inline]
#[track_caller]
pub(crate) fn part<T>(values: &[T], start: usize, len: usize) -> &[T] {
    match values.get(start..).and_then(|values| values.get(..len)) {
        Some(part) => part,
        None => trap(),
    }
}

/// `len` values from `start` on, to be changed.
#[inline]
#[track_caller]
pub(crate) fn part_mut<T>(values: &mut [T], start: usize, len: usize) -> &mut [T] {
    match values.get_mut(start..).and_then(|values| values.get_mut(..len)) {
        Some(part) => part,
        None => trap(),
    }
}

/// The first `len` values and the others, to be changed.
#[inline]
#[track_caller]
pub(crate) fn split_mut<T>(values: &mut [T], len: usize) -> (&mut [T], &mut [T]) {
    match values.split_at_mut_checked(len) {
        Some(parts) => parts,
        None => trap(),
    }
}

/// `len() / dim` rows of `dim` values each, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    values: &'a [f32],
    count: usize,
    dim: usize,
}

impl<'a> Rows<'a> {
    /// A view on `values` as rows of `dim` values.
    ///
    /// # Panics
    /// If `values` is not a whole number of rows.
    #[must_use]
    pub fn new(values: &'a [f32], dim: usize) -> Self {
        match values.len().checked_div(dim) {
            Some(count) if count * dim == values.len() => Self { values, count, dim },
            _ => trap(),
        }
    }

    /// The number of rows.
    #[must_use]
    #[inline]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number of values in a row.
    #[must_use]
    #[inline]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All rows, one after the other.
    #[must_use]
    #[inline]
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    /// Row `index`.
    #[must_use]
    #[inline]
    pub fn row(&self, index: usize) -> &'a [f32] {
        part(self.values, index * self.dim, self.dim)
    }

    /// Row `first` and the ones after it, as many as there are but at most `count`.
    #[must_use]
    #[inline]
    pub fn part(&self, first: usize, count: usize) -> Self {
        let count = count.min(self.count - first);
        Self { values: part(self.values, first * self.dim, count * self.dim), count, dim: self.dim }
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
