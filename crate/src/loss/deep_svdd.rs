//! Soft-boundary Deep SVDD: L. Ruff et al., "Deep One-Class Classification", ICML 2018; `lukasruff/Deep-SVDD-PyTorch`.
//!
//! The loss has one class with center c and radius R; at most a share ν of its rows lies outside.
//!
//! loss = R² + 1/(ν·n)·Σ_i w_i·max(0, d_i − R²), d_i = ‖x_i − c‖², n = Σ_i w_i
//!
//! ∂loss/∂x_i = 2·w_i/(ν·n)·(x_i − c) where d_i > R², else 0; ∂loss/∂R = 2R·(1 − Σ_{i: d_i > R²} w_i/(ν·n)).

use crate::loss::reduction::is_near;
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, is_known, item, item_mut, one_of, slice_mut};
use crate::rows::walk::{for_lanes, squared_distance};
use crate::simd::vector::{Vector, round_to_f32, sqrt};

/// Smallest magnitude of a center's values: a network can output 0 regardless of its input.
const MIN_CENTER_MAGNITUDE: f64 = 0.1;

/// Rows of the class.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    /// [B, D]
    pub x: Rows<'a>,
    /// [B], or empty if all rows are of the class. A label below 0 marks a row of no class.
    pub labels: &'a [i32],
    /// [B], or empty if all weights are 1. A row of weight 0 does not count.
    pub sample_weight: &'a [f32],
}

impl Members<'_> {
    /// Rows of the class that have a weight, with their weights.
    fn rows(&self) -> impl Iterator<Item = (usize, f64)> {
        (0..self.x.count()).filter_map(|row| {
            let is_member = self.labels.is_empty() || is_known(item(self.labels, row));
            let weight = Weights { class: &[], sample: self.sample_weight }.row_weight(row, None);
            (is_member && weight > 0.0).then_some((row, weight))
        })
    }

    /// Computes the loss, and writes ∂loss/∂R to `grad_radius` and ∂loss/∂x to `grad_x` unless that is empty. All are 0
    /// without rows.
    ///
    /// A row that is not finite makes the loss not finite, and is left out of the gradients.
    pub fn soft_boundary<V: Vector>(
        &self,
        center: &[f32],
        radius: f64,
        nu: f64,
        grad_x: &mut [f32],
        grad_radius: &mut [f32],
    ) -> f64 {
        grad_x.fill(0.0);
        grad_radius.fill(0.0);
        let count: f64 = self.rows().map(|(_, weight)| weight).sum();
        if count == 0.0 {
            return 0.0;
        }
        let (square, scale) = (radius * radius, 1.0 / (nu * count));
        let (mut excesses, mut outside) = (0.0, 0.0);
        for (row, weight) in self.rows() {
            let x = self.x.row(row);
            let distance = squared_distance::<V>(x, center);
            // The first comparison is in `f32`, as in `fit_radius`: the row that gave the radius is within it.
            if f64::from(round_to_f32(sqrt(distance))) <= radius || distance <= square {
                continue;
            }
            excesses += weight * (distance - square);
            if !is_near(distance) {
                continue;
            }
            outside += weight;
            if !grad_x.is_empty() {
                let grad = slice_mut(grad_x, row * x.len(), x.len());
                let factor = V::splat(round_to_f32(2.0 * scale * weight));
                for_lanes::<V, 2, 1>([x, center], [grad], |[x, c], _| [factor.mul(x.sub(c))]);
            }
        }
        grad_radius.fill(round_to_f32(2.0 * radius * (1.0 - scale * outside)));
        square + scale * excesses
    }

    /// Writes w_i·(R² + max(0, d_i − R²)/ν) of each row to `losses`: the loss is their sum over n.
    pub fn row_losses<V: Vector>(&self, center: &[f32], radius: f64, nu: f64, losses: &mut [f32]) {
        for (row, loss) in losses.iter_mut().enumerate() {
            let weights = Weights { class: &[], sample: self.sample_weight }.of_row(row);
            let one = Self { x: self.x.chunk(row, 1), labels: one_of(self.labels, row), sample_weight: weights.sample };
            *loss = round_to_f32(
                weights.row_weight(0, None) * one.soft_boundary::<V>(center, radius, nu, &mut [], &mut []),
            );
        }
    }

    /// Sets the center to the mean of the rows and returns their number; without rows the center stays. Values in −0.1
    /// … 0.1 move to the nearer end, and 0 moves to 0.1. Rows that are not finite are left out. `sums` is [D].
    ///
    /// `init_center_c` of the code of Ruff et al. does the same, but leaves an exact 0 and ignores weights.
    pub fn fit_center(&self, sums: &mut [f64], center: &mut [f32]) -> usize {
        sums.fill(0.0);
        let (mut rows, mut total) = (0, 0.0);
        for (row, weight) in self.rows() {
            let x = self.x.row(row);
            if x.iter().all(|value| value.is_finite()) {
                rows += 1;
                total += weight;
                sums.iter_mut().zip(x).for_each(|(sum, value)| *sum += weight * f64::from(*value));
            }
        }
        if rows > 0 {
            for (center, sum) in center.iter_mut().zip(sums) {
                let mean = *sum / total;
                let kept = if mean.abs() >= MIN_CENTER_MAGNITUDE {
                    mean
                } else if mean < 0.0 {
                    -MIN_CENTER_MAGNITUDE
                } else {
                    MIN_CENTER_MAGNITUDE
                };
                *center = round_to_f32(kept);
            }
        }
        rows
    }

    /// Writes the finite distances ‖x − c‖ of the rows to `distances`, in order, and returns their number.
    pub fn distances<V: Vector>(&self, center: &[f32], distances: &mut [f32]) -> usize {
        let mut count = 0;
        for (row, _) in self.rows() {
            let distance = round_to_f32(sqrt(squared_distance::<V>(self.x.row(row), center)));
            if distance.is_finite() {
                *item_mut(distances, count) = distance;
                count += 1;
            }
        }
        count
    }
}

/// Smallest of the `sorted` distances that at most a share ν of them exceed; 0 if there are none. As R, it minimizes
/// the loss. (Ruff et al. interpolate between two distances.)
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of rows are below 2⁵³")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a count")]
pub fn fit_radius(sorted: &[f32], nu: f64) -> f64 {
    // The factor undoes the rounding of ν·n below a whole number.
    let outside = (nu * sorted.len() as f64 * (1.0 + 1e-12)) as usize;
    match sorted.len().checked_sub(1) {
        Some(last) => item(sorted, last.saturating_sub(outside)).into(),
        None => 0.0,
    }
}
