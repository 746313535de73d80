//! Class anchor clustering: D. Miller, N. Sünderhauf, M. Milford, F. Dayoub, "Class Anchor Clustering: A Loss for
//! Distance-based Open Set Recognition", WACV 2021; `CACLoss` of their `dimitymiller/cac-openset`.
//!
//! Its tuplet term alone is the distance cross-entropy: H. Yang, X. Zhang, F. Yin, C. Liu, "Robust Classification with
//! Convolutional Prototype Learning", CVPR 2018 (DCE); J. Snell, K. Swersky, R. Zemel, "Prototypical Networks for
//! Few-shot Learning", NeurIPS 2017. Both have squared distances.

use core::f64::consts::{LN_2, LOG2_E};

use crate::detect::softmin::{exp2_of_negative, map_lanes};
use crate::loss::proxy::RowLoss;
use crate::loss::softmin_state::SoftminState;
use crate::rows::shape::{item, item_mut};
use crate::rows::walk::min;
use crate::simd::vector::{LANES, Lanes, Vector, min_or_first, round_to_f32, sqrt};

/// ℓ = log(1 + Σ_{j≠y} e^((d_y − d_j)/T)) + λ·d_y, where d is the Euclidean distance or its square. The first term is the
/// tuplet term, the cross-entropy of p = softmin(d/T); the second is the anchor term. λ is 0 unless T is 1 and d is
/// Euclidean.
///
/// ∂ℓ/∂d_y = (1 − p_y)/T + λ, ∂ℓ/∂d_j = −p_j/T. ∂d_j/∂x = (x − c_j)/d_j, or 0 where d_j = 0; 2·(x − c_j) for the square.
#[derive(Clone, Copy, Debug)]
pub struct Cac {
    /// λ, the weight of the anchor term.
    pub lambda: f64,
    /// T
    pub temperature: f64,
    /// True if d is the square.
    pub is_squared: bool,
    /// True if classes that weigh nothing are skipped. Only ∂ℓ/∂c would show that they are.
    pub skips: bool,
}

/// All classes that are skipped weigh at most 2^−`SKIPPED_BITS` of ℓ and of the length of ∂ℓ/∂x.
const SKIPPED_BITS: i32 = 25;

/// Gap (d_j − m)/ln 2 from which on e^(m − d_j) is below the smallest normal `f32` and counts as 0.
const MAX_GAP: f32 = 127.0;

/// Number of terms in a partial sum.
const PARTIAL_TERMS: usize = 64;

impl Cac {
    /// Distance past which the classes of a row weigh nothing, for T = 1.
    ///
    /// Past o + t, o = min_{j≠y} d_j, C classes add at most C·e^−t of Σ_{j≠y} e^(d_y − d_j). Past d_y + t, they add at
    /// most C·e^−t to that sum and to 1 − p_y, while the anchor term is λ·d_y, and its gradient has the length λ.
    fn limit(self, own: f64, nearest: f64, n_classes: usize) -> f64 {
        let bits = SKIPPED_BITS + (usize::BITS - n_classes.leading_zeros()).cast_signed();
        let anchor_bits = bits - exponent(self.lambda * if own < 1.0 { own } else { 1.0 });
        let (by_others, by_anchor) = (nearest + f64::from(bits) * LN_2, own + f64::from(anchor_bits) * LN_2);
        if by_anchor < by_others { by_anchor } else { by_others }
    }
}

fn root(square: f32) -> f32 {
    round_to_f32(sqrt(square.into()))
}

/// ⌊log₂ x⌋ of x > 0; −1023 for 0.
fn exponent(x: f64) -> i32 {
    (x.to_bits() >> 52) as i32 - 1023
}

impl Cac {
    /// Replaces each squared distance by a value whose product with [`RowLoss::factor`] is f_j, the factor of x − c_j in
    /// ∂ℓ/∂x. The factors of the other classes are not positive.
    ///
    /// Where ℓ is not finite, any factors will do.
    pub(crate) fn row(self, distances: &mut [f32], class: usize) -> RowLoss {
        let distance = |square| if self.is_squared { square } else { root(square) };
        let own = distance(item(distances, class));
        // The own class is left out of the sum over the others.
        *item_mut(distances, class) = f32::INFINITY;
        let nearest = distance(min::<Lanes>(distances));
        let min = min_or_first(own, nearest);
        let own_distance = f64::from(own);
        let limit = if self.skips {
            self.limit(own_distance, nearest.into(), distances.len())
        } else {
            f64::from(min) + f64::from(MAX_GAP) * LN_2 * self.temperature
        };
        let limit = round_to_f32(if self.is_squared { limit } else { limit * limit });
        let others = self.weigh::<Lanes>(distances, min, limit);
        let softmin = SoftminState::new(f64::from(min) / self.temperature, own_distance / self.temperature, others);
        if nearest == 0.0 {
            distances.iter_mut().filter(|weight| !weight.is_finite()).for_each(|weight| *weight = 0.0);
        }
        // ∂d_j/∂x is x − c_j, times 2 or divided by the distance.
        let rate = if self.is_squared { 2.0 } else { 1.0 } / self.temperature;
        let factor = -rate / softmin.total();
        let slope = (softmin.complement() * rate + self.lambda) / factor;
        let divisor = if self.is_squared { 1.0 } else { own_distance };
        *item_mut(distances, class) = round_to_f32(if own == 0.0 { 0.0 } else { slope / divisor });
        RowLoss { cost: softmin.cross_entropy() + self.lambda * own_distance, factor }
    }

    /// Replaces each square by e^((min − d_j)/T), divided by d_j unless d is the square; returns Σ e^((min − d_j)/T).
    /// Four classes whose squares are all above `limit` weigh 0.
    #[inline(never)]
    fn weigh<V: Vector>(self, squares: &mut [f32], min: f32, limit: f32) -> f64 {
        let (min, limit, mut total) = (V::splat(min), V::splat(limit), 0.0);
        let (log2_e, max_gap) = (V::splat(round_to_f32(LOG2_E / self.temperature)), V::splat(MAX_GAP));
        for squares in squares.chunks_mut(PARTIAL_TERMS) {
            let mut sum = V::splat(0.0);
            map_lanes::<V>(squares, |square| {
                // NaN is not above, and spoils the sum.
                if square.greater_mask(limit) == (1 << LANES) - 1 {
                    return V::splat(0.0);
                }
                let distance = if self.is_squared { square } else { square.sqrt() };
                let term = exp2_of_negative(distance.sub(min).mul(log2_e).min_or_self(max_gap));
                sum = sum.add(term);
                if self.is_squared { term } else { term.div(distance) }
            });
            total += f64::from(sum.sum());
        }
        total
    }
}
