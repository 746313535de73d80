//! Class anchor clustering: D. Miller, N. Sünderhauf, M. Milford, F. Dayoub, "Class Anchor Clustering: A Loss for
//! Distance-based Open Set Recognition", WACV 2021; `CACLoss` of their `dimitymiller/cac-openset`.

use core::f32::consts::LOG2_E;
use core::f64::consts::LN_2;

use crate::detect::softmin::{exp2_of_negative, map_lanes};
use crate::loss::proxy::RowLoss;
use crate::loss::softmin_state::SoftminState;
use crate::rows::shape::{item, item_mut};
use crate::rows::walk::min;
use crate::simd::vector::{LANES, Lanes, Vector, min_or_first, round_to_f32, sqrt};

/// ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, where d is the Euclidean distance, not its square. The first term is the
/// tuplet term, the cross-entropy of p = softmin(d); the second is the anchor term.
///
/// ∂ℓ/∂d_y = 1 − p_y + λ, ∂ℓ/∂d_j = −p_j, ∂d_j/∂x = (x − c_j)/d_j, or 0 where d_j = 0.
#[derive(Clone, Copy, Debug)]
pub struct Cac {
    /// λ, the weight of the anchor term.
    pub lambda: f64,
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
    /// Distance past which the classes of a row weigh nothing.
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
    /// Replaces each squared distance d²_j by a value whose product with [`RowLoss::factor`] is f_j = ∂ℓ/∂d_j/d_j, the
    /// factor of x − c_j in ∂ℓ/∂x. The factors of the other classes are not positive.
    ///
    /// Where ℓ is not finite, any factors will do.
    pub(crate) fn row(self, distances: &mut [f32], class: usize) -> RowLoss {
        let own = root(item(distances, class));
        // The own class is left out of the sum over the others.
        *item_mut(distances, class) = f32::INFINITY;
        let nearest = root(min::<Lanes>(distances));
        let min = min_or_first(own, nearest);
        let own_distance = f64::from(own);
        let limit = if self.skips {
            self.limit(own_distance, nearest.into(), distances.len())
        } else {
            f64::from(min) + f64::from(MAX_GAP) * LN_2
        };
        let others = weigh::<Lanes>(distances, min, round_to_f32(limit * limit));
        let softmin = SoftminState::new(min, own, others);
        if nearest == 0.0 {
            distances.iter_mut().filter(|weight| !weight.is_finite()).for_each(|weight| *weight = 0.0);
        }
        let factor = -1.0 / softmin.total();
        let slope = (softmin.complement() + self.lambda) / factor;
        *item_mut(distances, class) = round_to_f32(if own == 0.0 { 0.0 } else { slope / own_distance });
        RowLoss { cost: softmin.cross_entropy() + self.lambda * own_distance, factor }
    }
}

/// d²_j ← e^(min − d_j)/d_j; returns Σ e^(min − d_j). Four classes whose squares are all above `limit` weigh 0.
#[inline(never)]
fn weigh<V: Vector>(squares: &mut [f32], min: f32, limit: f32) -> f64 {
    let (min, limit, mut total) = (V::splat(min), V::splat(limit), 0.0);
    let (log2_e, max_gap) = (V::splat(LOG2_E), V::splat(MAX_GAP));
    for squares in squares.chunks_mut(PARTIAL_TERMS) {
        let mut sum = V::splat(0.0);
        map_lanes::<V>(squares, |square| {
            // NaN is not above, and spoils the sum.
            if square.greater_mask(limit) == (1 << LANES) - 1 {
                return V::splat(0.0);
            }
            let distance = square.sqrt();
            let term = exp2_of_negative(distance.sub(min).mul(log2_e).min_or_self(max_gap));
            sum = sum.add(term);
            term.div(distance)
        });
        total += f64::from(sum.sum());
    }
    total
}
