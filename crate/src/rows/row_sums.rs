//! Sums of rows, one for each class, as exact for a million rows as for one.
//!
//! The last rows of a sum are added in `f32`, to the partial sum; after [`PARTIAL_ROWS`] rows, it moves to the
//! accumulator, in `f64`.

use crate::rows::shape::slice_mut;
use crate::simd::vector::{round_to_f32, trap};

/// Number of rows in a partial sum.
const PARTIAL_ROWS: u32 = 64;

/// Position of the sum of one class in [`RowSums`].
#[cfg_attr(target_arch = "wasm32", derive(bytemuck::Zeroable))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RowSum {
    /// Position of the partial sum; 0, the row of zeros, before the first row.
    partial: u32,
    /// Row of the accumulator; 0, the row of zeros, before the first partial sum is complete.
    accumulator: u32,
    /// Number of rows in the sum.
    rows: u32,
}

/// Memory of sums that grow side by side.
///
/// A caller adds a row in two steps. [`RowSums::peek`] returns the partial sum and memory for the partial sum with the
/// row; [`RowSums::commit`] replaces the one by the other. Whether a row counts depends on its distance, which is known
/// only once the whole row is read: a row that does not count is not committed, and one walk is enough.
#[derive(Debug)]
pub struct RowSums<'a> {
    partials: &'a mut [f32],
    accumulators: &'a mut [f64],
    dim: usize,
    /// Position in `partials` of a row that belongs to no sum.
    free: u32,
    /// Number of values in `partials` that are in use.
    partials_used: u32,
    accumulators_used: u32,
}

impl<'a> RowSums<'a> {
    /// Number of rows that `partials` needs: the zeros, the free row, and one for each class of several rows.
    #[must_use]
    pub fn partial_rows(rows: usize, n_classes: usize) -> usize {
        n_classes.min(rows / 2) + 2
    }

    /// Number of rows that `accumulators` needs: the zeros, and one for each class of at least [`PARTIAL_ROWS`] rows.
    #[must_use]
    pub fn accumulator_rows(rows: usize, n_classes: usize) -> usize {
        n_classes.min(rows / PARTIAL_ROWS as usize) + 1
    }

    /// Prepares the sums of a batch. `partials` and `accumulators` are rows of `dim` values, with any content.
    #[allow(clippy::cast_possible_truncation, reason = "positions fit the 32 bits of a wasm address")]
    #[must_use]
    pub fn new(partials: &'a mut [f32], accumulators: &'a mut [f64], dim: usize) -> Self {
        slice_mut(partials, 0, dim).fill(0.0);
        slice_mut(accumulators, 0, dim).fill(0.0);
        let row = dim as u32;
        Self { partials, accumulators, dim, free: row, partials_used: 2 * row, accumulators_used: 0 }
    }

    /// Returns the partial sum, and memory for the partial sum with one row more.
    #[inline]
    pub fn peek(&mut self, sum: RowSum) -> (&[f32], &mut [f32]) {
        let row = |start: u32| start as usize..start as usize + self.dim;
        match self.partials.get_disjoint_mut([row(sum.partial), row(self.free)]) {
            Ok([before, after]) => (before, after),
            Err(_) => trap(),
        }
    }

    /// Replaces the partial sum by the values written after [`RowSums::peek`]. The last row of a class is not
    /// committed: [`RowSums::finish`] takes it.
    #[allow(clippy::cast_possible_truncation, reason = "positions fit the 32 bits of a wasm address")]
    #[inline]
    pub fn commit(&mut self, sum: &mut RowSum) {
        if sum.partial == 0 {
            sum.partial = self.partials_used;
            self.partials_used += self.dim as u32;
        }
        core::mem::swap(&mut sum.partial, &mut self.free);
        sum.rows += 1;
        if sum.rows.is_multiple_of(PARTIAL_ROWS) {
            self.flush_partial(sum);
        }
    }

    #[inline(never)]
    fn flush_partial(&mut self, sum: &mut RowSum) {
        let is_first = sum.accumulator == 0;
        if is_first {
            self.accumulators_used += 1;
            sum.accumulator = self.accumulators_used;
        }
        let (partial, accumulator) = self.partial_and_accumulator(*sum);
        for (accumulator, partial) in accumulator.iter_mut().zip(partial) {
            *accumulator = f64::from(*partial) + if is_first { 0.0 } else { *accumulator };
            *partial = 0.0;
        }
    }

    /// Completes a sum and returns its number of rows. `last` holds the partial sum with the last row and becomes the
    /// whole sum. The last row is left out unless `is_added`.
    #[inline]
    pub fn finish(&mut self, sum: RowSum, is_added: bool, last: &mut [f32]) -> u32 {
        if !is_added || sum.accumulator > 0 {
            self.add_accumulator(sum, is_added, last);
        }
        sum.rows + u32::from(is_added)
    }

    #[inline(never)]
    fn add_accumulator(&mut self, sum: RowSum, is_added: bool, last: &mut [f32]) {
        let (partial, accumulator) = self.partial_and_accumulator(sum);
        for (last, (partial, accumulator)) in last.iter_mut().zip(partial.iter().zip(accumulator)) {
            *last = round_to_f32(*accumulator + f64::from(if is_added { *last } else { *partial }));
        }
    }

    fn partial_and_accumulator(&mut self, sum: RowSum) -> (&mut [f32], &mut [f64]) {
        (
            slice_mut(self.partials, sum.partial as usize, self.dim),
            slice_mut(self.accumulators, sum.accumulator as usize * self.dim, self.dim),
        )
    }
}
