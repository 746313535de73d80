//! Class anchor clustering: D. Miller, N. Sünderhauf, M. Milford, F. Dayoub, "Class Anchor Clustering: A Loss for
//! Distance-based Open Set Recognition", WACV 2021; `CACLoss` of their `dimitymiller/cac-openset`.

use crate::distance::pairwise::roots;
use crate::loss::proxy::RowLoss;
use crate::loss::softmin_state::Softmin;
use crate::rows::shape::{at, at_mut};
use crate::rows::walk::{copy, for_lanes};
use crate::simd::vector::{Lanes, Vector};

/// ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, d the Euclidean distance, not its square: the tuplet term, which is the
/// cross-entropy of p = softmin(d), and the anchor term.
///
/// ∂ℓ/∂d_y = 1 − p_y + λ, ∂ℓ/∂d_j = −p_j, ∂d_j/∂x = (x − c_j)/d_j, 0 where d_j = 0.
#[derive(Clone, Copy, Debug)]
pub struct Cac {
    /// λ
    pub lambda: f64,
}

impl RowLoss for Cac {
    fn row(&self, distances: &mut [f32], likelihood: &mut [f32], class: usize) -> f64 {
        roots::<Lanes>(distances);
        copy::<Lanes>(distances, likelihood);
        let own_distance = f64::from(at(distances, class));
        let softmin = Softmin::new::<Lanes>(likelihood, class);
        #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
        let narrow = |factor: f64| factor as f32;
        let scale = Lanes::splat(narrow(-1.0 / softmin.total()));
        for_lanes::<Lanes, 1, 1>([likelihood], [distances], |[likelihood], [distance]| {
            [likelihood.mul(scale).div(distance)]
        });
        if softmin.least() == 0.0 {
            distances.iter_mut().filter(|factor| !factor.is_finite()).for_each(|factor| *factor = 0.0);
        }
        let slope = softmin.missing() + self.lambda;
        *at_mut(distances, class) = narrow(if own_distance == 0.0 { 0.0 } else { slope / own_distance });
        softmin.cross_entropy() + self.lambda * own_distance
    }
}
