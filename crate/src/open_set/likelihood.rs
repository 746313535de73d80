//! Softmin over a row of distances, whose cross-entropy losses are made of. Softmax is that of negated logits.

use crate::shape::at;
use crate::softmin::{exp, map_lanes};
use crate::vector::Vector;

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
        let least = distances.iter().copied().fold(f32::INFINITY, f32::min);
        let shift = V::splat(least);
        map_lanes::<V>(distances, |distances| exp(shift.sub(distances)));
        let own = f64::from(at(distances, class));
        Self { least: least.into(), own_distance, own, others: sum_of_others(distances, class) }
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

    /// 1 − p_y
    pub(crate) fn missing(&self) -> f64 {
        self.others / self.total()
    }
}

/// Σ_{j≠class} v_j
#[inline(never)]
pub(crate) fn sum_of_others(values: &[f32], class: usize) -> f64 {
    let others = values.iter().enumerate().filter(|(j, _)| *j != class);
    others.map(|(_, value)| f64::from(*value)).sum()
}
