//! Class anchor clustering: D. Miller, N. Sünderhauf, M. Milford, F. Dayoub, "Class Anchor Clustering: A Loss for
//! Distance-based Open Set Recognition", WACV 2021; `CACLoss` of their `dimitymiller/cac-openset`.

use crate::distance::pairwise::roots;
use crate::loss::proxy::ProxyLoss;
use crate::loss::softmin_state::SoftminState;
use crate::rows::shape::{item, item_mut};
use crate::rows::walk::{copy, for_lanes};
use crate::simd::vector::{Lanes, Vector, round_to_f32};

/// ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, where d is the Euclidean distance, not its square. The first term is the
/// tuplet term, the cross-entropy of p = softmin(d); the second is the anchor term.
///
/// ∂ℓ/∂d_y = 1 − p_y + λ, ∂ℓ/∂d_j = −p_j, ∂d_j/∂x = (x − c_j)/d_j, or 0 where d_j = 0.
#[derive(Clone, Copy, Debug)]
pub struct Cac {
    /// λ, the weight of the anchor term.
    pub lambda: f64,
}

impl ProxyLoss for Cac {
    fn row(&self, distances: &mut [f32], terms: &mut [f32], class: usize) -> f64 {
        roots::<Lanes>(distances);
        copy::<Lanes>(distances, terms);
        let own_distance = f64::from(item(distances, class));
        let softmin = SoftminState::new::<Lanes>(terms, class);
        let scale = Lanes::splat(round_to_f32(-1.0 / softmin.total()));
        for_lanes::<Lanes, 1, 1>([terms], [distances], |[terms], [distance]| [terms.mul(scale).div(distance)]);
        if softmin.min() == 0.0 {
            distances.iter_mut().filter(|factor| !factor.is_finite()).for_each(|factor| *factor = 0.0);
        }
        let slope = softmin.complement() + self.lambda;
        *item_mut(distances, class) = round_to_f32(if own_distance == 0.0 { 0.0 } else { slope / own_distance });
        softmin.cross_entropy() + self.lambda * own_distance
    }
}
