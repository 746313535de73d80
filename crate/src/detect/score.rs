//! Scores of how unknown a row looks, from its distances to all centers: larger for rows that look unknown.
//!
//! d₁ ≤ d₂ ≤ …: finite distances of a row; p_j = e^(−d_j) / Σ_k e^(−d_k): their softmin; S = Σ_{j>1} e^(d₁ − d_j); T =
//! Σ_{j>1} (d_j − d₁)·e^(d₁ − d_j). Then p₁ = 1/(1 + S), and:
//!
//! | score | formula | computed as |
//! |---|---|---|
//! | `Distance` | d₁ | |
//! | `Normalized` | d₁ / r of the nearest class | |
//! | `Cac` | min_j d_j·(1 − p_j) | d₁·S/(1 + S) |
//! | `Softmin` | 1 − max_j p_j | S/(1 + S) |
//! | `Entropy` | −Σ_j p_j·ln p_j | ln(1 + S) + T/(1 + S) |
//! | `KnnCenters` | d₁ / d₂ | |
//!
//! `Cac` (Miller et al. 2021, eq. 6) needs only the nearest class: d·(1 − e^(−d)/Z) has the slope 1 − p + d·p ≥ 0 in d,
//! so the smallest distance has the smallest score. No score subtracts values that may be almost equal. All are sums
//! over the classes in any order, so one pass over the centers is enough.

use crate::detect::nearest::{NO_CLASS, is_any_below};
use crate::detect::softmin::{exp, shifted_exps};
use crate::rows::shape::item;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector};

/// Largest gap d_j − d₁ of a class that counts in S and T. Beyond it e^(d₁ − d_j) is below the smallest normal `f32`,
/// 1.2·10⁻³⁸, and arithmetic with subnormal values takes a hundred times as long.
const MAX_DISTANCE_GAP: f32 = 87.0;

/// Score of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score<'a> {
    /// d₁
    Distance,
    /// d₁ / r, with one radius for all classes or one for each; 1 where both are 0, since the row is on the rim.
    Normalized(&'a [f32]),
    /// min_j d_j·(1 − p_j)
    Cac,
    /// 1 − max_j p_j
    Softmin,
    /// Entropy of p, in nats.
    Entropy,
    /// d₁ / d₂, of at least two classes; 1 where both are 0.
    KnnCenters,
}

impl Score<'_> {
    /// Returns true if the score depends on d₁ and its class alone.
    pub(crate) fn needs_nearest_only(self) -> bool {
        matches!(self, Self::Distance | Self::Normalized(_))
    }

    fn needs_softmin(self) -> bool {
        matches!(self, Self::Cac | Self::Softmin | Self::Entropy)
    }

    /// Score of a row that has observed all centers; infinite if it has no finite distance.
    pub(crate) fn value(self, state: &RowState) -> f64 {
        let Ok(class) = usize::try_from(state.nearest) else { return f64::INFINITY };
        let min = f64::from(state.min);
        let rest = state.others / (1.0 + state.others);
        match self {
            Self::Distance => min,
            Self::Normalized([radius]) => ratio(min, f64::from(*radius)),
            Self::Normalized(radii) => ratio(min, f64::from(item(radii, class))),
            Self::Cac => min * rest,
            Self::Softmin => rest,
            Self::Entropy => libm::log1p(state.others) + state.excess / (1.0 + state.others),
            Self::KnnCenters => ratio(min, f64::from(state.second)),
        }
    }
}

/// a / b, or 1 where both are 0.
fn ratio(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 1.0 } else { a / b }
}

/// State of a row while it observes centers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowState {
    /// Class of d₁, the lowest among equals; [`NO_CLASS`] if no distance is finite.
    pub(crate) nearest: i32,
    /// d₁
    pub(crate) min: f32,
    /// d₂
    pub(crate) second: f32,
    /// Class of d₂, or [`NO_CLASS`].
    pub(crate) runner_up: i32,
    /// S
    pub(crate) others: f64,
    /// T
    pub(crate) excess: f64,
}

impl RowState {
    pub(crate) const EMPTY: Self = Self {
        nearest: NO_CLASS,
        min: f32::INFINITY,
        second: f32::INFINITY,
        runner_up: NO_CLASS,
        others: 0.0,
        excess: 0.0,
    };

    /// Observes the distances to the centers from `first` on. Distances that are not finite are skipped.
    pub(crate) fn observe<V: Vector>(&mut self, score: Score, first: usize, distances: &[f32]) {
        let before = *self;
        if is_any_below::<V>(distances, self.second) {
            self.update_nearest(first, distances);
        }
        if !score.needs_softmin() || self.nearest == NO_CLASS {
            return;
        }
        if self.nearest != before.nearest && before.nearest != NO_CLASS {
            // The nearest class has changed: S and T become relative to the new one.
            let nearer = before.min - self.min;
            let factor = shifted_exps::<V>(&mut [before.min], self.min);
            self.others = factor * (1.0 + before.others);
            self.excess = factor * (f64::from(nearer) * (1.0 + before.others) + before.excess);
        }
        let (min, max_gap) = (V::splat(self.min), V::splat(MAX_DISTANCE_GAP));
        let (mut others, mut excess) = (V::F64x4::splat(0.0), V::F64x4::splat(0.0));
        let nearest = usize::try_from(self.nearest).ok().and_then(|class| class.checked_sub(first));
        for (i, distances) in distances.chunks(LANES).enumerate() {
            let lane = nearest.and_then(|offset| offset.checked_sub(i * LANES)).filter(|lane| *lane < LANES);
            let distances = match (distances.first_chunk(), lane) {
                (Some(four), None) => V::load(four),
                // The nearest class and lanes past the end are infinitely far, so that they do not count.
                _ => V::load(&core::array::from_fn(|offset| match distances.get(offset) {
                    Some(distance) if lane != Some(offset) => *distance,
                    _ => f32::INFINITY,
                })),
            };
            let gap = distances.sub(min);
            if max_gap.greater_mask(gap) == 0 {
                continue;
            }
            // `min_or_self` maps NaN to the largest gap, which does not count.
            let bounded_gap = max_gap.min_or_self(gap);
            let term = exp(V::splat(0.0).sub(bounded_gap)).where_less(gap, max_gap).widen();
            others = others.add(term);
            excess = bounded_gap.widen().mul_add(term, excess);
        }
        self.others += others.sum();
        self.excess += excess.sum();
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
    fn update_nearest(&mut self, first: usize, distances: &[f32]) {
        for (offset, &distance) in distances.iter().enumerate() {
            let class = (first + offset) as i32;
            if distance < self.min {
                (self.second, self.runner_up) = (self.min, self.nearest);
                (self.min, self.nearest) = (distance, class);
            } else if distance < self.second {
                (self.second, self.runner_up) = (distance, class);
            }
        }
    }
}
