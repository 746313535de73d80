//! Triplet-center loss: X. He, Y. Zhou, Z. Zhou, S. Bai, X. Bai, "Triplet-Center Loss for Multi-View 3D Object
//! Retrieval", CVPR 2018.

use crate::detect::nearest::is_any_below;
use crate::loss::proxy::RowLoss;
use crate::rows::shape::{at, at_mut};
use crate::simd::vector::{LANES, Lanes};

/// Distances that are looked at together.
const AT_ONCE: usize = 4 * LANES;

/// ℓ = max(0, D_y + m − min_{j≠y} D_j), D = ½‖x − c‖² (their eq. 5 and 6): the lowest j among equals.
///
/// ∂ℓ/∂x = (x − c_y) − (x − c_j) where ℓ > 0, else 0.
#[derive(Clone, Copy, Debug)]
pub struct TripletCenter {
    /// m
    pub margin: f64,
}

impl RowLoss for TripletCenter {
    fn row(&self, distances: &mut [f32], _: &mut [f32], class: usize) -> f64 {
        let own = f64::from(at(distances, class));
        let (mut nearest, mut least) = (class, f32::INFINITY);
        for (run, some) in distances.chunks(AT_ONCE).enumerate() {
            if !is_any_below::<Lanes>(some, least) {
                continue;
            }
            for (j, &distance) in (run * AT_ONCE..).zip(some) {
                if j != class && distance < least {
                    (nearest, least) = (j, distance);
                }
            }
        }
        let cost = 0.5 * own + self.margin - 0.5 * f64::from(least);
        distances.fill(0.0);
        // So asked, NaN is passed on.
        if cost <= 0.0 {
            return 0.0;
        }
        *at_mut(distances, nearest) = -1.0;
        *at_mut(distances, class) = 1.0;
        cost
    }
}
