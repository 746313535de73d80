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
//! d, so the smallest distance has the smallest score. No score subtracts values that may be almost equal.

use crate::detect::nearest::NO_CLASS;
use crate::detect::softmin::{exp2_of_negative, shifted_exps};
use crate::rows::shape::{item, item_mut};
use crate::simd::vector::{LANES, Vector, min_or_first, round_to_f32, sqrt};

/// Largest gap (d_j − d₂)/T of a class that counts in A and U, in units of ln 2. 2³¹ classes beyond it add less than
/// 10⁻⁸ to A ≥ 1, and less than 10⁻⁶ to U.
const MAX_GAP: f32 = 58.0;

/// Number of vectors whose terms are summed in `f32` before the sum moves to `f64`: a lane rounds by less than 10⁻⁶.
const F32_SUM_VECTORS: usize = 16;

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

/// Distances of a row to all centers, as far as a score needs them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowState {
    /// Class of d₁, the lowest among equals; [`NO_CLASS`] if no distance is finite.
    pub(crate) nearest: i32,
    /// d₁
    pub(crate) min: f32,
    /// d₂
    pub(crate) second: f32,
    /// A
    others: f64,
    /// U
    excess: f64,
}

impl RowState {
    /// State of a row that has only a nearest class.
    pub(crate) fn of_nearest(nearest: i32, min: f32) -> Self {
        Self { nearest, min, second: f32::INFINITY, others: 0.0, excess: 0.0 }
    }

    /// Observes all distances of a row, or their squares if `of_squares`. Distances that are not finite do not count.
    /// The smallest of `distances` becomes infinite.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
    pub(crate) fn new<V: Vector>(score: Score, of_squares: bool, distances: &mut [[f32; LANES]]) -> Self {
        let [min, second] = two_smallest::<V>(distances);
        let Some(class) = position::<V>(distances, min) else { return Self::of_nearest(NO_CLASS, min) };
        // The nearest class does not count in A and U.
        *item_mut(distances.as_flattened_mut(), class) = f32::INFINITY;
        let distance = |value: f32| if of_squares { round_to_f32(sqrt(f64::from(value))) } else { value };
        let mut state = Self { second: distance(second), ..Self::of_nearest(class as i32, distance(min)) };
        // Without a second finite distance there is nothing to sum.
        if let Some(temperature) = score.temperature().filter(|_| second < f32::INFINITY) {
            state.sum_terms::<V>(of_squares, temperature, distances);
        }
        state
    }

    /// Sums A and U over the classes but the nearest.
    #[inline(never)]
    fn sum_terms<V: Vector>(&mut self, of_squares: bool, temperature: f64, distances: &[[f32; LANES]]) {
        let scale = V::splat(round_to_f32(core::f64::consts::LOG2_E / temperature));
        let (second, max_gap) = (V::splat(self.second), V::splat(MAX_GAP));
        for block in distances.chunks(F32_SUM_VECTORS) {
            let (mut others, mut excess) = (V::splat(0.0), V::splat(0.0));
            for distances in block {
                let values = V::load(distances);
                let distances = if of_squares { values.sqrt() } else { values };
                let gap = distances.sub(second).mul(scale);
                if max_gap.greater_mask(gap) == 0 {
                    continue;
                }
                // `min_or_self` maps NaN to the largest gap, which does not count.
                let gap = max_gap.min_or_self(gap);
                let term = exp2_of_negative(gap);
                others = others.add(term);
                excess = gap.mul_add(term, excess);
            }
            self.others += f64::from(others.sum());
            self.excess += f64::from(excess.sum());
        }
        self.excess *= core::f64::consts::LN_2;
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
}

/// d₁ and d₂; infinite where there are none.
fn two_smallest<V: Vector>(distances: &[[f32; LANES]]) -> [f32; 2] {
    let (mut lows, mut nexts) = (V::splat(f32::INFINITY), V::splat(f32::INFINITY));
    for distances in distances {
        let distances = V::load(distances);
        // The larger of NaN and another value is NaN, which is never the smaller.
        nexts = nexts.min_or_self(lows.max(distances));
        lows = lows.min_or_self(distances);
    }
    let [mut min, mut second] = [f32::INFINITY; 2];
    for value in lows.to_array().into_iter().chain(nexts.to_array()) {
        second = min_or_first(second, if value < min { min } else { value });
        min = min_or_first(min, value);
    }
    [min, second]
}

/// First position of a finite value.
pub(crate) fn position<V: Vector>(distances: &[[f32; LANES]], value: f32) -> Option<usize> {
    let limit = V::splat(value.next_up());
    let is_among = |distances: &[f32; LANES]| limit.greater_mask(V::load(distances)) != 0;
    let (i, lanes) = distances.iter().enumerate().find(|(_, distances)| is_among(distances))?;
    Some(i * LANES + lanes.iter().position(|distance| *distance <= value)?)
}
