//! Contrastive-center loss: C. Qi, F. Su, "Contrastive-center loss for deep neural networks", ICIP 2017.

use crate::loss::proxy::{ProxyLoss, RowLoss};
use crate::loss::softmin_state::sum_of_others;
use crate::rows::shape::{item, item_mut};
use crate::simd::vector::{Lanes, round_to_f32};

/// ℓ = ½·d_y / S, S = Σ_{j≠y} d_j + δ, where d is the squared Euclidean distance.
///
/// ∂ℓ/∂d_y = ½/S, ∂ℓ/∂d_j = −½·d_y/S². The factors of x − c are twice these slopes ([`ProxyLoss::row`]).
#[derive(Clone, Copy, Debug)]
pub struct ContrastiveCenter {
    /// δ > 0, which keeps the quotient finite.
    pub delta: f64,
}

impl ProxyLoss for ContrastiveCenter {
    fn row(&self, distances: &mut [f32], class: usize) -> RowLoss {
        let own = f64::from(item(distances, class));
        let others = sum_of_others::<Lanes>(distances, class) + self.delta;
        let (own_factor, other_factor) = (1.0 / others, -own / others / others);
        distances.fill(round_to_f32(other_factor));
        *item_mut(distances, class) = round_to_f32(own_factor);
        RowLoss { cost: 0.5 * own / others, factor: 1.0 }
    }
}
