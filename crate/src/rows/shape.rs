//! Row-major matrices as checked views, and the checks themselves.
//!
//! Callers check shapes first; the checks here keep a wrong shape from becoming a wrong result. [`item`], [`slice`] and
//! [`split_mut`] are `[]` and `split_at` with another end: out of bounds they call [`trap`], where `[]` would bring
//! its message and position into the module.

use crate::simd::vector::trap;

/// Returns `values[index]`.
#[inline]
#[track_caller]
pub(crate) fn item<T: Copy>(values: &[T], index: usize) -> T {
    match values.get(index) {
        Some(value) => *value,
        None => trap(),
    }
}

/// Returns `values[index]`, mutable.
#[inline]
#[track_caller]
pub(crate) fn item_mut<T>(values: &mut [T], index: usize) -> &mut T {
    match values.get_mut(index) {
        Some(value) => value,
        None => trap(),
    }
}

/// Returns `len` values from `start` on.
#[inline]
#[track_caller]
pub(crate) fn slice<T>(values: &[T], start: usize, len: usize) -> &[T] {
    match values.get(start..).and_then(|values| values.get(..len)) {
        Some(slice) => slice,
        None => trap(),
    }
}

/// Returns the value of one row as a list, or an empty list if no row has a value.
#[inline]
pub(crate) fn one_of<T>(values: &[T], row: usize) -> &[T] {
    values.get(row..=row).unwrap_or(&[])
}

/// Returns `len` values from `start` on, mutable.
#[inline]
#[track_caller]
pub(crate) fn slice_mut<T>(values: &mut [T], start: usize, len: usize) -> &mut [T] {
    match values.get_mut(start..).and_then(|values| values.get_mut(..len)) {
        Some(slice) => slice,
        None => trap(),
    }
}

/// Returns a row of an output of `dim` values for each row, or nothing if the output is not wanted, which is empty.
#[inline]
#[track_caller]
pub(crate) fn row_if_wanted(output: &mut [f32], row: usize, dim: usize) -> &mut [f32] {
    if output.is_empty() { output } else { slice_mut(output, row * dim, dim) }
}

/// Splits off the first `len` values.
#[inline]
#[track_caller]
pub(crate) fn split_mut<T>(values: &mut [T], len: usize) -> (&mut [T], &mut [T]) {
    match values.split_at_mut_checked(len) {
        Some(parts) => parts,
        None => trap(),
    }
}

/// Σ a·b over the pairs; `usize::MAX` where it exceeds the address space, a length that no memory has. Sizes come from
/// users, and a product that wrapped around would be too little memory.
#[must_use]
pub(crate) fn total_len<const N: usize>(products: [(usize, usize); N]) -> usize {
    products.iter().fold(0, |total: usize, (a, b)| total.saturating_add(a.saturating_mul(*b)))
}

/// View of a matrix: rows of `dim` values each, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    values: &'a [f32],
    count: usize,
    dim: usize,
}

impl<'a> Rows<'a> {
    /// Views `values` as rows of `dim` values.
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

    #[must_use]
    #[inline]
    pub fn count(&self) -> usize {
        self.count
    }

    #[must_use]
    #[inline]
    pub fn dim(&self) -> usize {
        self.dim
    }

    #[must_use]
    #[inline]
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    #[must_use]
    #[inline]
    pub fn row(&self, index: usize) -> &'a [f32] {
        slice(self.values, index * self.dim, self.dim)
    }

    /// Returns `count` rows from `first` on, or fewer where the matrix ends.
    #[must_use]
    #[inline]
    pub fn chunk(&self, first: usize, count: usize) -> Self {
        let count = count.min(self.count - first);
        Self { values: slice(self.values, first * self.dim, count * self.dim), count, dim: self.dim }
    }

    /// Returns `N` rows from `first` on.
    #[must_use]
    #[inline]
    pub fn rows<const N: usize>(&self, first: usize) -> [&'a [f32]; N] {
        core::array::from_fn(|offset| self.row(first + offset))
    }
}

/// Class of a label: `None` for an unknown row (label < 0) and for a label past the last class.
#[must_use]
#[inline]
pub fn class_of(label: i32, n_classes: usize) -> Option<usize> {
    usize::try_from(label).ok().filter(|&class| class < n_classes)
}

/// Returns true if a row is known: its label is not negative. Labels past the last class are known too, and count in B.
#[must_use]
#[inline]
pub fn is_known(label: i32) -> bool {
    label >= 0
}
