//! Class anchor clustering: D. Miller, N. Sünderhauf, M. Milford, F. Dayoub, "Class Anchor Clustering: A Loss for
//! Distance-based Open Set Recognition", WACV 2021; `CACLoss` of their `dimitymiller/cac-openset`.

use crate::open_set::likelihood::Softmin;
use crate::open_set::separation::RowLoss;
use crate::shape::at;
use crate::vector::{Lanes, sqrt};

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
        for (distance, copy) in distances.iter_mut().zip(&mut *likelihood) {
            #[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
            let root = sqrt(f64::from(*distance)) as f32;
            (*distance, *copy) = (root, root);
        }
        let own_distance = f64::from(at(distances, class));
        let softmin = Softmin::new::<Lanes>(likelihood, class);
        for (j, (distance, likelihood)) in distances.iter_mut().zip(likelihood).enumerate() {
            let slope =
                if j == class { softmin.missing() + self.lambda } else { -f64::from(*likelihood) / softmin.total() };
            #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
            let factor = if *distance == 0.0 { 0.0 } else { slope / f64::from(*distance) } as f32;
            *distance = factor;
        }
        softmin.cross_entropy() + self.lambda * own_distance
    }
}
