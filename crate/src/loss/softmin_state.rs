//! Softmin of one row of distances, relative to its own class y: the base of the cross-entropy losses. Softmax is the
//! softmin of negated logits.

use crate::rows::shape::slice;
use crate::rows::walk_f64::sum;
use crate::simd::vector::Vector;

/// p_j = e^(m − d_j) / Σ_k e^(m − d_k), m = min d, which keeps the largest term at 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoftminState {
    /// m
    min: f64,
    /// d_y
    own_distance: f64,
    /// e^(m − d_y)
    own: f64,
    /// Σ_{k≠y} e^(m − d_k), kept apart from the own term: 1 − p_y would lose it where p_y is close to 1.
    others: f64,
}

impl SoftminState {
    /// Builds the softmin of a row from m, d_y and Σ_{k≠y} e^(m − d_k).
    pub(crate) fn new(min: f64, own_distance: f64, others: f64) -> Self {
        let own = libm::exp(min - own_distance);
        Self { min, own_distance, own, others }
    }

    /// Σ_k e^(m − d_k)
    pub(crate) fn total(&self) -> f64 {
        self.own + self.others
    }

    /// −log of the probability of a class at `distance`: distance − m + log Σ_k e^(m − d_k).
    pub(crate) fn negative_log_likelihood(&self, distance: f64) -> f64 {
        // One of the terms is 1, and `log1p` adds it. If it is the own term, adding the others to it first would lose
        // them.
        let rest = if self.own >= 1.0 { self.others } else { self.own + (self.others - 1.0) };
        (distance - self.min) + libm::log1p(rest)
    }

    /// −log p_y
    pub(crate) fn cross_entropy(&self) -> f64 {
        self.negative_log_likelihood(self.own_distance)
    }

    /// p_y
    pub(crate) fn probability(&self) -> f64 {
        self.own / self.total()
    }

    /// 1 − p_y
    pub(crate) fn complement(&self) -> f64 {
        self.others / self.total()
    }
}

/// Σ_{j≠class} v_j
#[inline(never)]
pub(crate) fn sum_of_others<V: Vector>(values: &[f32], class: usize) -> f64 {
    let after = class + 1;
    sum::<V>(slice(values, 0, class)) + sum::<V>(slice(values, after, values.len() - after))
}
