//! Contrastive-center loss: C. Qi, F. Su, "Contrastive-center loss for deep neural networks", ICIP 2017.

use crate::loss::proxy::RowLoss;
use crate::loss::softmin_state::sum_of_others;
use crate::rows::shape::{at, at_mut};
use crate::simd::vector::Lanes;

/// ℓ = ½·d_y / (Σ_{j≠y} d_j + δ), d the squared Euclidean distance.
///
/// With S = Σ_{j≠y} d_j + δ: ∂ℓ/∂d_y = ½/S, ∂ℓ/∂d_j = −½·d_y/S².
#[derive(Clone, Copy, Debug)]
pub struct ContrastiveCenter {
    /// δ > 0, which keeps the quotient finite.
    pub delta: f64,
}

impl RowLoss for ContrastiveCenter {
    #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
    fn row(&self, distances: &mut [f32], _: &mut [f32], class: usize) -> f64 {
        let own = f64::from(at(distances, class));
        let others = sum_of_others::<Lanes>(distances, class) + self.delta;
        let (of_own, of_others) = (1.0 / others, -own / others / others);
        distances.fill(of_others as f32);
        *at_mut(distances, class) = of_own as f32;
        0.5 * own / others
    }
}
