//! The sum of many rows, exact for one row and for a million.

use crate::rows::for_lanes;
use crate::vector::Vector;

/// Rows that are summed in `f32` before the sum moves to `f64`.
const RUN: u32 = 64;

/// Σ rows: in `f32` over runs of 64 rows, in `f64` across runs.
#[derive(Debug)]
pub struct RowSum<'a> {
    run: &'a mut [f32],
    total: &'a mut [f64],
    rows_in_run: u32,
    rows_in_total: u32,
}

impl<'a> RowSum<'a> {
    /// An empty sum; `run` and `total` have one place a dimension, and what they hold does not matter.
    #[must_use]
    pub fn new(run: &'a mut [f32], total: &'a mut [f64]) -> Self {
        Self { run, total, rows_in_run: 0, rows_in_total: 0 }
    }

    /// Starts again from nothing.
    pub fn clear(&mut self) {
        self.rows_in_run = 0;
        self.rows_in_total = 0;
    }

    /// The number of rows in the sum.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows_in_run + self.rows_in_total
    }

    /// Adds x − c to the sum and writes scale · (x − c) to `scaled`: one walk for both.
    #[inline]
    pub fn add_residual<V: Vector>(&mut self, x: &[f32], c: &[f32], scale: f32, scaled: &mut [f32]) {
        let scale = V::splat(scale);
        if self.rows_in_run == RUN {
            self.move_run_to_total();
        }
        if self.rows_in_run == 0 {
            for_lanes::<V, 2, 2>([x, c], [scaled, self.run], |[x, c], _| [scale.mul(x.sub(c)), x.sub(c)]);
        } else {
            for_lanes::<V, 2, 2>([x, c], [scaled, self.run], |[x, c], [_, sum]| {
                [scale.mul(x.sub(c)), sum.add(x.sub(c))]
            });
        }
        self.rows_in_run += 1;
    }

    #[inline(never)]
    fn move_run_to_total(&mut self) {
        for (total, sum) in self.total.iter_mut().zip(&*self.run) {
            *total = f64::from(*sum) + if self.rows_in_total > 0 { *total } else { 0.0 };
        }
        self.rows_in_total += self.rows_in_run;
        self.rows_in_run = 0;
    }

    /// The sum as `f32`; `None` if no row was added.
    pub fn get(&mut self) -> Option<&[f32]> {
        if self.rows_in_total > 0 {
            if self.rows_in_run > 0 {
                self.move_run_to_total();
            }
            #[allow(clippy::cast_possible_truncation, reason = "the one rounding to float32")]
            for (sum, total) in self.run.iter_mut().zip(&*self.total) {
                *sum = *total as f32;
            }
        } else if self.rows_in_run == 0 {
            return None;
        }
        Some(self.run)
    }
}
