//! Scores of how unknown a row looks, from its distances to all centers: larger for rows that look unknown.
//!
//! d₁ ≤ d₂ ≤ …: finite distances of a row; T: temperature; p_j = e^(−d_j/T) / Σ_k e^(−d_k/T): their softmin.
//! g = (d₂ − d₁)/T; A = Σ_{j>1} e^((d₂ − d_j)/T) ≥ 1; U = Σ_{j>1} (d_j − d₂)/T · e^((d₂ − d_j)/T); y = e^(−g)·A.
//! Then p₁ = 1/(1 + y), and:
//!
//! | score | formula | computed as |
//! |---|---|---|
//! | `Distance` | d₁ | |
//! | `Normalized` | d₁ / r of the nearest class | |
//! | `Cac` | ln min_j d_j·(1 − p_j) | −g + ln(d₁·A/(1 + y)) |
//! | `Softmin` | ln(1 − max_j p_j) | −g + ln(A/(1 + y)) |
//! | `Entropy` | ln(−Σ_j p_j·ln p_j) | −g + ln(A·ln(1 + y)/y + (g·A + U)/(1 + y)) |
//! | `KnnCenters` | d₁ / d₂ | |
//!
//! 1 − p₁ underflows for distances of a few hundred, but its logarithm does not: logarithms keep the order of rows at any
//! scale. A and U are relative to d₂, so that their largest term is 1; only y may underflow, where it counts nothing.
//!
//! `Cac` (Miller et al. 2021, eq. 6) needs only the nearest class: d·(1 − e^(−d/T)/Z) has the slope 1 − p + d·p/T ≥ 0 in
//! d, so the smallest distance has the smallest score. No score subtracts values that may be almost equal. All are sums
//! over the classes in any order, so one pass over the centers is enough.

use crate::detect::nearest::{NO_CLASS, is_any_below};
use crate::detect::softmin::{exp, shifted_exps};
use crate::rows::shape::item;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Largest gap (d_j − d₂)/T of a class that counts in A and U. Beyond it e^((d₂ − d_j)/T) is below the smallest normal
/// `f32`, 1.2·10⁻³⁸, and arithmetic with subnormal values takes a hundred times as long.
const MAX_GAP: f32 = 87.0;

/// Gap g from which on y is lost beside 1: e⁻⁴⁵ is 3·10⁻²⁰.
const MAX_COUNTED_GAP: f64 = 45.0;

/// Score of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score<'a> {
    /// d₁
    Distance,
    /// d₁ / r, with one radius for all classes or one for each; 1 where both are 0, since the row is on the rim.
    Normalized(&'a [f32]),
    /// ln min_j d_j·(1 − p_j), at a temperature.
    Cac(f64),
    /// ln(1 − max_j p_j), at a temperature.
    Softmin(f64),
    /// Logarithm of the entropy of p in nats, at a temperature.
    Entropy(f64),
    /// d₁ / d₂, of at least two classes; 1 where both are 0.
    KnnCenters,
}

impl Score<'_> {
    /// Returns true if the score depends on d₁ and its class alone.
    pub(crate) fn needs_nearest_only(self) -> bool {
        matches!(self, Self::Distance | Self::Normalized(_))
    }

    /// T of a score that depends on p.
    fn temperature(self) -> Option<f64> {
        match self {
            Self::Cac(temperature) | Self::Softmin(temperature) | Self::Entropy(temperature) => Some(temperature),
            _ => None,
        }
    }

    /// Score of a row that has observed all centers; infinite if it has no finite distance. The logarithms of `Cac`,
    /// `Softmin` and `Entropy` are −∞ where p₁ = 1, as no other distance is finite, and for a row at its center that of
    /// `Cac`.
    pub(crate) fn value<V: Vector>(self, state: &RowState) -> f64 {
        let Ok(class) = usize::try_from(state.nearest) else { return f64::INFINITY };
        let min = f64::from(state.min);
        match self {
            Self::Distance => min,
            Self::Normalized([radius]) => ratio(min, f64::from(*radius)),
            Self::Normalized(radii) => ratio(min, f64::from(item(radii, class))),
            Self::KnnCenters => ratio(min, f64::from(state.second)),
            // Without another finite distance, p₁ is 1.
            Self::Cac(_) | Self::Softmin(_) | Self::Entropy(_) if state.others == 0.0 => f64::NEG_INFINITY,
            Self::Cac(_) if min == 0.0 => f64::NEG_INFINITY,
            Self::Cac(temperature) => state.log_complement::<V>(min, temperature),
            Self::Softmin(temperature) => state.log_complement::<V>(1.0, temperature),
            Self::Entropy(temperature) => state.log_entropy::<V>(temperature),
        }
    }
}

/// a / b, or 1 where both are 0.
fn ratio(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 1.0 } else { a / b }
}

/// ln x of a normal x > 0, as n·ln 2 + ln m with m from 1 to 2, so that the module needs no other logarithm than `log1p`.
#[inline(never)]
fn log(x: f64) -> f64 {
    const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let exponent = (x.to_bits() >> MANTISSA_BITS).cast_signed() - 1023;
    let mantissa = f64::from_bits(x.to_bits() & ((1 << MANTISSA_BITS) - 1) | 1.0_f64.to_bits());
    #[allow(clippy::cast_precision_loss, reason = "exponents have eleven bits")]
    let exponent = exponent as f64;
    exponent * core::f64::consts::LN_2 + libm::log1p(mantissa - 1.0)
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
    /// A
    pub(crate) others: f64,
    /// U
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
        // Without a second finite distance there is nothing to sum.
        let Some(temperature) = score.temperature().filter(|_| self.second < f32::INFINITY) else { return };
        let scale = round_to_f32(1.0 / temperature);
        if self.nearest != before.nearest || self.second < before.second {
            self.rescale::<V>(&before, scale);
        }
        let (second, scale, max_gap) = (V::splat(self.second), V::splat(scale), V::splat(MAX_GAP));
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
            let gap = distances.sub(second).mul(scale);
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

    /// Makes A and U relative to the new d₂, and adds a nearest class of before that is no longer the nearest.
    fn rescale<V: Vector>(&mut self, before: &Self, scale: f32) {
        let term = |distance: f32| {
            let gap = f64::from(distance - self.second) * f64::from(scale);
            (gap, shifted_exps::<V>(&mut [distance], self.second, scale))
        };
        if before.second < f32::INFINITY {
            let (gap, factor) = term(before.second);
            self.excess = factor * (gap * before.others + before.excess);
            self.others = factor * before.others;
        }
        if self.nearest != before.nearest && before.nearest != NO_CLASS {
            let (gap, factor) = term(before.min);
            self.excess += gap * factor;
            self.others += factor;
        }
    }

    /// g and y. With y in `f32` scores are off by 10⁻⁷, as by the terms of A.
    fn gap_and_odds<V: Vector>(&self, temperature: f64) -> (f64, f64) {
        let gap = (f64::from(self.second) - f64::from(self.min)) / temperature;
        let is_lost = gap >= MAX_COUNTED_GAP;
        let factor = if is_lost { 0.0 } else { shifted_exps::<V>(&mut [round_to_f32(gap)], 0.0, 1.0) };
        (gap, factor * self.others)
    }

    /// ln(f·(1 − p₁)) for a factor f > 0.
    fn log_complement<V: Vector>(&self, factor: f64, temperature: f64) -> f64 {
        let (gap, odds) = self.gap_and_odds::<V>(temperature);
        log(factor * self.others / (1.0 + odds)) - gap
    }

    /// ln(−Σ_j p_j·ln p_j)
    fn log_entropy<V: Vector>(&self, temperature: f64) -> f64 {
        let (gap, odds) = self.gap_and_odds::<V>(temperature);
        // ln(1 + y)/y = 1 − y/2 + …
        let ratio = if odds > 1e-8 { libm::log1p(odds) / odds } else { 1.0 };
        log(self.others * ratio + (gap * self.others + self.excess) / (1.0 + odds)) - gap
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
