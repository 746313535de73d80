//! Soft-boundary Deep SVDD: L. Ruff et al., "Deep One-Class Classification", ICML 2018; `lukasruff/Deep-SVDD-PyTorch`.
//!
//! One class, and a ball around it that at most a part ν of its rows may leave.

use crate::loss::reduction::is_near;
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, at, at_mut, is_known, part_mut};
use crate::rows::walk::{for_lanes, squared_distance};
use crate::simd::vector::{Vector, sqrt};

/// How far from 0 a center's values are kept: a network reaches 0 without looking at its input.
const LEAST_OF_CENTER: f64 = 0.1;

/// The rows of the class.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    /// [B, D]
    pub x: Rows<'a>,
    /// [B], below 0: not a row of the class; or empty: all are.
    pub labels: &'a [i32],
    /// [B], or empty: all 1. A row of weight 0 is not a row of the class.
    pub sample_weight: &'a [f32],
}

impl Members<'_> {
    /// The rows of the class, and their weights.
    fn rows(&self) -> impl Iterator<Item = (usize, f64)> {
        (0..self.x.count()).filter_map(|row| {
            let is_member = self.labels.is_empty() || is_known(at(self.labels, row));
            let weight = Weights { class: &[], sample: self.sample_weight }.of(row, None);
            (is_member && weight > 0.0).then_some((row, weight))
        })
    }

    /// R² + 1/(ν·n)·Σ_i w_i·max(0, d_i − R²), d = ‖x − c‖², n = Σ_i w_i. `grad_radius` gets its derivative by R,
    /// 2R·(1 − Σ_{i: d_i > R²} w_i/(ν·n)), `grad_x`, unless it is empty, that by x: 2·w_i/(ν·n)·(x_i − c) where d_i > R²,
    /// else 0. All are 0 without rows.
    ///
    /// A row that is not finite makes the loss so, and has no part in the gradients.
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
            // By the distance as `fit_radius` has it, so that the row that gave the radius is on it.
            if f64::from(root(distance)) <= radius || distance <= square {
                continue;
            }
            excesses += weight * (distance - square);
            if !is_near(distance) {
                continue;
            }
            outside += weight;
            if !grad_x.is_empty() {
                let grad = part_mut(grad_x, row * x.len(), x.len());
                #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
                let factor = V::splat((2.0 * scale * weight) as f32);
                for_lanes::<V, 2, 1>([x, center], [grad], |[x, c], _| [factor.mul(x.sub(c))]);
            }
        }
        #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
        grad_radius.fill((2.0 * radius * (1.0 - scale * outside)) as f32);
        square + scale * excesses
    }

    /// c ← the mean of the rows, with values within ±0.1 moved there, 0 to 0.1; the number of rows. Rows that are not
    /// finite are left out. Without any the center stays. `sums` has a place a dimension.
    ///
    /// As `init_center_c` of the code of Ruff et al., which leaves an exact 0 and does not weigh rows.
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
                let kept = if mean.abs() >= LEAST_OF_CENTER {
                    mean
                } else if mean < 0.0 {
                    -LEAST_OF_CENTER
                } else {
                    LEAST_OF_CENTER
                };
                #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
                let value = kept as f32;
                *center = value;
            }
        }
        rows
    }

    /// The distances ‖x − c‖ of the rows, one after the other, without those that are not finite; their number.
    pub fn distances<V: Vector>(&self, center: &[f32], distances: &mut [f32]) -> usize {
        let mut count = 0;
        for (row, _) in self.rows() {
            let distance = root(squared_distance::<V>(self.x.row(row), center));
            if distance.is_finite() {
                *at_mut(distances, count) = distance;
                count += 1;
            }
        }
        count
    }
}

/// The least of `sorted` distances that at most a part ν of them exceed, which as a radius makes the loss least: its
/// derivative by R is 2R·(1 − #{d > R}/(ν·n)). 0 without any. (Ruff et al. interpolate between two.)
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of rows are below 2⁵³")]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a count")]
pub fn fit_radius(sorted: &[f32], nu: f64) -> f64 {
    // ν·n may have come out below the whole number that it is.
    let outside = (nu * sorted.len() as f64 * (1.0 + 1e-12)) as usize;
    match sorted.len().checked_sub(1) {
        Some(last) => at(sorted, last.saturating_sub(outside)).into(),
        None => 0.0,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
fn root(square: f64) -> f32 {
    sqrt(square) as f32
}
