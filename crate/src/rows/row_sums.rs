//! Sums of rows, one a class, each exact for one row and for a million.

use crate::rows::shape::part_mut;
use crate::simd::vector::trap;

/// Rows that are summed in `f32` before the sum moves to `f64`.
const RUN: u32 = 64;

/// Σ rows of one class: in `f32` over runs of 64 rows, in `f64` across runs.
#[cfg_attr(target_arch = "wasm32", derive(bytemuck::Zeroable))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RowSum {
    /// Where the run stands; 0, the row of zeros, before the first row.
    run: u32,
    /// Where the total of the runs before stands; 0, the row of zeros, if there were none.
    total: u32,
    /// The number of rows.
    rows: u32,
}

/// The memory of sums that grow side by side.
///
/// A row is added by whoever computes it: [`RowSums::next`] gives the sum as it is and a place for what it would
/// become, and only [`RowSums::accept`] makes the one the other. So a row whose distance, known only when all of it has
/// been read, keeps it out of the sum has not touched it, and one walk is enough.
#[derive(Debug)]
pub struct RowSums<'a> {
    runs: &'a mut [f32],
    totals: &'a mut [f64],
    dim: usize,
    /// The run that belongs to no sum.
    spare: u32,
    runs_taken: u32,
    totals_taken: u32,
}

impl<'a> RowSums<'a> {
    /// The most rows of `runs` that the sums of a batch take: those of classes of several rows, the zeros, the spare.
    #[must_use]
    pub fn runs(rows: usize, n_classes: usize) -> usize {
        n_classes.min(rows / 2) + 2
    }

    /// The most rows of `totals` that the sums of a batch take: those of classes with many rows, the zeros.
    #[must_use]
    pub fn totals(rows: usize, n_classes: usize) -> usize {
        n_classes.min(rows / RUN as usize) + 1
    }

    /// Room for the sums of a batch; `runs` and `totals` are rows of `dim` values, and what they hold does not matter.
    #[must_use]
    pub fn new(runs: &'a mut [f32], totals: &'a mut [f64], dim: usize) -> Self {
        part_mut(runs, 0, dim).fill(0.0);
        part_mut(totals, 0, dim).fill(0.0);
        Self { runs, totals, dim, spare: 1, runs_taken: 2, totals_taken: 0 }
    }

    /// The sum of the last run, and where to write it with one row more.
    #[inline]
    pub fn next(&mut self, sum: RowSum) -> (&[f32], &mut [f32]) {
        let row = |place: u32| place as usize * self.dim..(place as usize + 1) * self.dim;
        match self.runs.get_disjoint_mut([row(sum.run), row(self.spare)]) {
            Ok([before, after]) => (before, after),
            Err(_) => trap(),
        }
    }

    /// Takes what was written after [`RowSums::next`] as the sum. To be called for all rows of a class but its last.
    #[inline]
    pub fn accept(&mut self, sum: &mut RowSum) {
        if sum.run == 0 {
            sum.run = self.runs_taken;
            self.runs_taken += 1;
        }
        core::mem::swap(&mut sum.run, &mut self.spare);
        sum.rows += 1;
        if sum.rows.is_multiple_of(RUN) {
            self.move_run_to_total(sum);
        }
    }

    #[inline(never)]
    fn move_run_to_total(&mut self, sum: &mut RowSum) {
        let is_first = sum.total == 0;
        if is_first {
            self.totals_taken += 1;
            sum.total = self.totals_taken;
        }
        let (run, total) = self.run_and_total(*sum);
        for (total, run) in total.iter_mut().zip(run) {
            *total = f64::from(*run) + if is_first { 0.0 } else { *total };
            *run = 0.0;
        }
    }

    /// The number of rows of a sum that is complete. `last` holds it with the last row, and if that is not `accepted`,
    /// or there are totals, becomes what it is.
    #[inline]
    pub fn finish(&mut self, sum: RowSum, accepted: bool, last: &mut [f32]) -> u32 {
        if !accepted || sum.total > 0 {
            self.add_up(sum, accepted, last);
        }
        sum.rows + u32::from(accepted)
    }

    #[inline(never)]
    fn add_up(&mut self, sum: RowSum, accepted: bool, last: &mut [f32]) {
        let (run, total) = self.run_and_total(sum);
        for (last, (run, total)) in last.iter_mut().zip(run.iter().zip(total)) {
            #[allow(clippy::cast_possible_truncation, reason = "the one rounding to float32")]
            let sum = (*total + f64::from(if accepted { *last } else { *run })) as f32;
            *last = sum;
        }
    }

    /// The last run of a sum, and the total of those before.
    fn run_and_total(&mut self, sum: RowSum) -> (&mut [f32], &mut [f64]) {
        let start = |place: u32| place as usize * self.dim;
        (part_mut(self.runs, start(sum.run), self.dim), part_mut(self.totals, start(sum.total), self.dim))
    }
}
