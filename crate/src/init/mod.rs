//! Initial values of centers: normal values, orthogonal matrices and unit vectors, with an optional scale.

mod normal;
mod orthogonal;

pub use normal::{Streams, log, normal, sin_cos};
pub use orthogonal::{orthogonal, orthogonal_scratch_len};

use crate::rows::shape::item_mut;
use crate::rows::walk::for_lanes;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::Vector;

/// Sets center j to 1 in dimension j mod D and to 0 elsewhere.
pub fn unit_vectors(centers: &mut [f32], n_dim: usize) {
    centers.fill(0.0);
    for row in centers.chunks_mut((n_dim + 1).max(1)) {
        *item_mut(row, 0) = 1.0;
    }
}

/// Multiplies all values by `magnitude`, with one rounding.
pub fn scale<V: Vector>(centers: &mut [f32], magnitude: f64) {
    let magnitude = V::F64x4::splat(magnitude);
    for_lanes([], [centers], |[], [value]: [V; 1]| [V::narrow(value.widen().mul(magnitude))]);
}
