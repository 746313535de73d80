//! Island loss: J. Cai, Z. Meng, A. S. Khan, Z. Li, J. O'Reilly, Y. Tong, "Island Loss for Learning Discriminative
//! Features in Facial Expression Recognition", FG 2018.
//!
//! It is the sum of center loss, ½‖x − c_y‖² for each row, and a repulsion of the centers, λ₁·Σ_j Σ_{k≠j} (cos(c_j,
//! c_k) + 1) over all ordered pairs. The repulsion is 0 only if all centers point away from each other.

use crate::loss::center_loss::MAX_GRADIENT_NORM;
use crate::loss::proxy::{Batch, ProxyLoss};
use crate::rows::shape::{item, item_mut, slice_mut};
use crate::rows::walk_f64::{for_each_vector, squared_norm};
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, sqrt, trap};

/// ℓ = ½‖x − c_y‖², without its repulsion.
#[derive(Clone, Copy, Debug)]
pub struct HalfSquared;

impl ProxyLoss for HalfSquared {
    fn uses_other_centers(&self) -> bool {
        false
    }

    fn row(&self, distances: &mut [f32], class: usize) -> f64 {
        let own = f64::from(item(distances, class));
        *item_mut(distances, class) = 1.0;
        0.5 * own
    }
}

/// Computes λ·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1), and adds its gradient to `grad_centers` unless that is empty.
///
/// The time is O(C·D): with u_j = c_j/‖c_j‖ and s = Σ_j u_j, Σ_{k≠j} u_j·u_k = u_j·(s − u_j), and the gradient at c_j
/// is 2λ·(s − (s·u_j)·u_j)/‖c_j‖. A center of zeros has cosine 0 with all others, and gradient 0. A center that is not
/// finite makes the repulsion NaN, and is left out of the gradients.
///
/// A batch without weight has repulsion 0, as it has loss 0. `sum` has one vector for four dimensions.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
pub fn repulsion<V: Vector>(lambda: f64, batch: &Batch, sum: &mut [[f64; LANES]], grad_centers: &mut [f32]) -> f64 {
    let centers = batch.centers;
    if !batch.has_weight() {
        return 0.0;
    }
    sum.fill([0.0; LANES]);
    let mut total = 0.0;
    for j in 0..centers.count() {
        let length = sqrt(squared_norm::<V>(centers.row(j)));
        if !length.is_finite() {
            total = f64::NAN;
        } else if length > 0.0 {
            add_direction::<V>(centers.row(j), 1.0 / length, sum);
        }
    }
    let n_classes = centers.count() as f64;
    for j in 0..centers.count() {
        total += n_classes - 1.0;
        let center = centers.row(j);
        let inverse = 1.0 / sqrt(squared_norm::<V>(center));
        // `inverse.is_finite()` rejects a center of zeros, `inverse > 0.0` an infinite one and NaN.
        if !(inverse > 0.0 && inverse.is_finite()) {
            continue;
        }
        let along = dot::<V>(center, sum) * inverse;
        total += along - 1.0;
        let slope = 2.0 * lambda * inverse;
        // The gradient of a center close to 0 would be too long.
        if !grad_centers.is_empty() && slope * n_classes <= MAX_GRADIENT_NORM {
            let grad = slice_mut(grad_centers, j * center.len(), center.len());
            add_across::<V>(center, along * inverse, sum, slope, grad);
        }
    }
    lambda * total
}

/// sum ← sum + c·inverse
#[inline(never)]
fn add_direction<V: Vector>(center: &[f32], inverse: f64, sum: &mut [[f64; LANES]]) {
    let inverse = V::F64x4::splat(inverse);
    let mut sums = sum.iter_mut();
    for_each_vector::<V, 1>([center], |[c]| {
        let Some(sum) = sums.next() else { trap() };
        c.widen().mul_add(inverse, V::F64x4::load(sum)).store(sum);
    });
}

/// sum·c
#[inline(never)]
fn dot<V: Vector>(center: &[f32], sum: &[[f64; LANES]]) -> f64 {
    let mut sums = sum.iter();
    let mut total = V::F64x4::splat(0.0);
    for_each_vector::<V, 1>([center], |[c]| {
        let Some(sum) = sums.next() else { trap() };
        total = c.widen().mul_add(V::F64x4::load(sum), total);
    });
    total.sum()
}

/// grad ← grad + slope·(s − along·c)
#[inline(never)]
fn add_across<V: Vector>(center: &[f32], along: f64, sum: &[[f64; LANES]], slope: f64, grad: &mut [f32]) {
    let (along, slope) = (V::F64x4::splat(along), V::F64x4::splat(slope));
    let updated = |grad: V, c: V, sum: &[f64; LANES]| {
        let across = V::F64x4::load(sum).sub(c.widen().mul(along));
        V::narrow(across.mul_add(slope, grad.widen()))
    };
    let (grads, grad_rest) = grad.as_chunks_mut();
    let (centers, center_rest) = center.as_chunks();
    for ((grad, c), sum) in grads.iter_mut().zip(centers).zip(sum) {
        updated(V::load(grad), V::load(c), sum).store(grad);
    }
    if let Some(sum) = sum.get(grads.len()) {
        updated(V::load_partial(grad_rest), V::load_partial(center_rest), sum).store_partial(grad_rest);
    }
}
