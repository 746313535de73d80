//! Triplet-center loss: X. He, Y. Zhou, Z. Zhou, S. Bai, X. Bai, "Triplet-Center Loss for Multi-View 3D Object
//! Retrieval", CVPR 2018.

use crate::detect::nearest::is_any_below;
use crate::loss::proxy::ProxyLoss;
use crate::rows::shape::{item, item_mut};
use crate::simd::vector::{LANES, Lanes};

/// Number of distances that are compared with the minimum at once.
const CHUNK_LEN: usize = 4 * LANES;

/// ℓ = max(0, D_y + m − min_{j≠y} D_j), D = ½‖x − c‖² (their eq. 5 and 6); the lowest j among equals.
///
/// ∂ℓ/∂x = (x − c_y) − (x − c_j) where ℓ > 0, else 0.
#[derive(Clone, Copy, Debug)]
pub struct TripletCenter {
    /// m
    pub margin: f64,
}

impl ProxyLoss for TripletCenter {
    fn row(&self, distances: &mut [f32], class: usize) -> f64 {
        let own = f64::from(item(distances, class));
        let (mut nearest, mut min_distance) = (class, f32::INFINITY);
        for (i, chunk) in distances.chunks(CHUNK_LEN).enumerate() {
            if !is_any_below::<Lanes>(chunk, min_distance) {
                continue;
            }
            for (j, &distance) in (i * CHUNK_LEN..).zip(chunk) {
                if j != class && distance < min_distance {
                    (nearest, min_distance) = (j, distance);
                }
            }
        }
        let cost = 0.5 * own + self.margin - 0.5 * f64::from(min_distance);
        distances.fill(0.0);
        // `cost <= 0.0` is false for NaN, which is returned below.
        if cost <= 0.0 {
            return 0.0;
        }
        *item_mut(distances, nearest) = -1.0;
        *item_mut(distances, class) = 1.0;
        cost
    }
}
