//! Softmin over a row of distances, whose cross-entropy losses are made of. Softmax is that of negated logits.

use crate::detect::softmin::likelihoods;
use crate::rows::shape::{at, part};
use crate::rows::walk::least;
use crate::rows::walk_f64::sum;
use crate::simd::vector::Vector;

/// p_j = e^(m − d_j) / Σ_k e^(m − d_k), m = min d, which keeps the largest term at 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Softmin {
    /// m
    least: f64,
    /// d_y
    own_distance: f64,
    /// e^(m − d_y)
    own: f64,
    /// Σ_{k≠y} e^(m − d_k): apart from its own term, as p_y next to 1 would lose it.
    others: f64,
}

impl Softmin {
    /// That of a row, as seen from its class; d_j ← e^(m − d_j). What is not a number spoils all of it.
    #[inline(never)]
    pub(crate) fn new<V: Vector>(distances: &mut [f32], class: usize) -> Self {
        let own_distance = f64::from(at(distances, class));
        let least = least::<V>(distances);
        likelihoods::<V>(distances, least);
        let own = f64::from(at(distances, class));
        Self { least: least.into(), own_distance, own, others: sum_of_others::<V>(distances, class) }
    }

    /// m
    pub(crate) fn least(&self) -> f64 {
        self.least
    }

    /// Σ_k e^(m − d_k)
    pub(crate) fn total(&self) -> f64 {
        self.own + self.others
    }

    /// −log of the probability of a class at this distance: d − m + log Σ_k e^(m − d_k).
    pub(crate) fn surprise(&self, distance: f64) -> f64 {
        // One of the terms is 1. Where it is the own one, the others may be lost next to it.
        let rest = if self.own >= 1.0 { self.others } else { self.own + (self.others - 1.0) };
        (distance - self.least) + libm::log1p(rest)
    }

    /// −log p_y
    pub(crate) fn cross_entropy(&self) -> f64 {
        self.surprise(self.own_distance)
    }

    /// p_y
    pub(crate) fn probability(&self) -> f64 {
        self.own / self.total()
    }

    /// 1 − p_y
    pub(crate) fn missing(&self) -> f64 {
        self.others / self.total()
    }
}

/// Σ_{j≠class} v_j
#[inline(never)]
pub(crate) fn sum_of_others<V: Vector>(values: &[f32], class: usize) -> f64 {
    let after = class + 1;
    sum::<V>(part(values, 0, class)) + sum::<V>(part(values, after, values.len() - after))
}
