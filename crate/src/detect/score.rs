//! What a row's distances to all centers say of its being unknown: the larger a score, the more.
//!
//! Let d₁ ≤ d₂ ≤ … be the finite distances of a row, p_j = e^(−d_j) / Σ_k e^(−d_k) their softmin, S = Σ_{j>1} e^(d₁ − d_j)
//! and T = Σ_{j>1} (d_j − d₁)·e^(d₁ − d_j). Then p₁ = 1/(1 + S), and:
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
//! so that the least distance has the least score. None of these subtracts what may be as good as equal, and all of them
//! are sums over the classes in any order: a row's centers are seen once.

use crate::detect::nearest::{NO_CLASS, is_any_below};
use crate::detect::softmin::{exp, likelihoods};
use crate::rows::shape::at;
use crate::simd::f64x4::Wide;
use crate::simd::vector::{LANES, Vector};

/// A class that is further away than the nearest by more has a likelihood below the least normal float32, 1.2·10⁻³⁸, and
/// arithmetic with what is smaller takes a hundred times as long: it counts as 0.
const FARTHEST: f32 = 87.0;

/// What a row's distances become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score<'a> {
    /// d₁
    Distance,
    /// d₁ / r, the radius of all classes or one for each; 1 where both are 0: on the rim.
    Normalized(&'a [f32]),
    /// min_j d_j·(1 − softmin(d)_j)
    Cac,
    /// 1 − max_j softmin(d)_j
    Softmin,
    /// The entropy of softmin(d), in nats.
    Entropy,
    /// d₁ / d₂, of at least two classes; 1 where both are 0.
    KnnCenters,
}

impl Score<'_> {
    /// Whether d₁ and its class are all that it is made of.
    pub(crate) fn needs_nearest_only(self) -> bool {
        matches!(self, Self::Distance | Self::Normalized(_))
    }

    fn needs_softmin(self) -> bool {
        matches!(self, Self::Cac | Self::Softmin | Self::Entropy)
    }

    /// The score of a row of which all centers have been seen; infinite if it has no finite distance.
    pub(crate) fn of(self, seen: &Seen) -> f64 {
        let Ok(class) = usize::try_from(seen.nearest) else { return f64::INFINITY };
        let least = f64::from(seen.least);
        let rest = seen.others / (1.0 + seen.others);
        match self {
            Self::Distance => least,
            Self::Normalized([radius]) => ratio(least, f64::from(*radius)),
            Self::Normalized(radii) => ratio(least, f64::from(at(radii, class))),
            Self::Cac => least * rest,
            Self::Softmin => rest,
            Self::Entropy => libm::log1p(seen.others) + seen.excess / (1.0 + seen.others),
            Self::KnnCenters => ratio(least, f64::from(seen.second)),
        }
    }
}

/// a / b, 1 where both are 0.
fn ratio(a: f64, b: f64) -> f64 {
    if a == 0.0 && b == 0.0 { 1.0 } else { a / b }
}

/// What has been seen of a row's distances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The class of d₁, the lowest among equals; [`NO_CLASS`] if none was finite.
    pub(crate) nearest: i32,
    /// d₁
    pub(crate) least: f32,
    /// d₂
    pub(crate) second: f32,
    /// The class of d₂, or [`NO_CLASS`].
    pub(crate) runner_up: i32,
    /// S
    pub(crate) others: f64,
    /// T
    pub(crate) excess: f64,
}

impl Seen {
    pub(crate) const NOTHING: Self = Self {
        nearest: NO_CLASS,
        least: f32::INFINITY,
        second: f32::INFINITY,
        runner_up: NO_CLASS,
        others: 0.0,
        excess: 0.0,
    };

    /// The distances to the centers from `first` on. What is not finite is passed over.
    pub(crate) fn see<V: Vector>(&mut self, score: Score, first: usize, distances: &[f32]) {
        let before = *self;
        if is_any_below::<V>(distances, self.second) {
            self.find_nearest(first, distances);
        }
        if !score.needs_softmin() || self.nearest == NO_CLASS {
            return;
        }
        if self.nearest != before.nearest && before.nearest != NO_CLASS {
            // The one that was nearest is another now, and all are seen from the new one.
            let nearer = before.least - self.least;
            let factor = likelihoods::<V>(&mut [before.least], self.least);
            self.others = factor * (1.0 + before.others);
            self.excess = factor * (f64::from(nearer) * (1.0 + before.others) + before.excess);
        }
        let (least, farthest) = (V::splat(self.least), V::splat(FARTHEST));
        let (mut others, mut excess) = (V::Wide::splat(0.0), V::Wide::splat(0.0));
        let nearest = usize::try_from(self.nearest).ok().and_then(|class| class.checked_sub(first));
        for (run, distances) in distances.chunks(LANES).enumerate() {
            let lane = nearest.and_then(|place| place.checked_sub(run * LANES)).filter(|lane| *lane < LANES);
            let distances = match (distances.first_chunk(), lane) {
                (Some(four), None) => V::load(four),
                // The nearest is none of the others, nor is what stands past the end.
                _ => V::load(&core::array::from_fn(|place| match distances.get(place) {
                    Some(distance) if lane != Some(place) => *distance,
                    _ => f32::INFINITY,
                })),
            };
            let beyond = distances.sub(least);
            if farthest.greater(beyond) == 0 {
                continue;
            }
            // So bounded, NaN is as what is too far.
            let bounded = farthest.min_or_self(beyond);
            let likelihood = exp(V::splat(0.0).sub(bounded)).where_less(beyond, farthest).widen();
            others = others.add(likelihood);
            excess = bounded.widen().mul_add(likelihood, excess);
        }
        self.others += others.sum();
        self.excess += excess.sum();
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
    fn find_nearest(&mut self, first: usize, distances: &[f32]) {
        for (offset, &distance) in distances.iter().enumerate() {
            let class = (first + offset) as i32;
            if distance < self.least {
                (self.second, self.runner_up) = (self.least, self.nearest);
                (self.least, self.nearest) = (distance, class);
            } else if distance < self.second {
                (self.second, self.runner_up) = (distance, class);
            }
        }
    }
}
