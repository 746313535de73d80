//! Island loss: J. Cai, Z. Meng, A. S. Khan, Z. Li, J. O'Reilly, Y. Tong, "Island Loss for Learning Discriminative
//! Features in Facial Expression Recognition", FG 2018.
//!
//! It is the sum of center loss, ½‖x − c_y‖² for each row, and a repulsion of the centers, λ₁·Σ_j Σ_{k≠j} (cos(c_j,
//! c_k) + 1) over all ordered pairs. The repulsion is 0 only if all centers point away from each other.
//!
//! With u_j = c_j/‖c_j‖ and s = Σ_j u_j, Σ_{k≠j} u_j·u_k = u_j·(s − u_j), and the gradient of the repulsion at c_j is
//! 2λ₁·(s − (s·u_j)·u_j)/‖c_j‖. So the time is O((B + C)·D).

use crate::distance::metric::combine;
use crate::loss::center_loss::MAX_GRADIENT_NORM;
use crate::loss::class_rows::ClassRows;
use crate::loss::proxy::{Batch, Scratch, Total};
use crate::loss::reduction::Labels;
use crate::rows::shape::{Rows, item, item_mut, row_if_wanted, slice_mut, split_mut};
use crate::rows::walk::squared_distance;
use crate::rows::walk_f64::{add_scaled, for_each_vector, squared_norm};
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, round_to_f32, sqrt, trap};

/// Computes the loss of a batch and its gradients, as [`crate::loss::proxy::proxy_pass`] does.
#[inline(never)]
pub(crate) fn island<V: Vector>(
    lambda: f64,
    batch: &Batch,
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
    scratch: &mut Scratch,
) -> f64 {
    let Batch { x, centers, .. } = *batch;
    let (scale, labels) = (batch.scale(), Labels::new(batch.labels, centers.count()));
    let (factors, rest) = split_mut(scratch.row_accumulator, x.count());
    let inverse_lengths = slice_mut(rest, 0, centers.count());
    let (sum, rest) = split_mut(scratch.center_sum, x.dim().div_ceil(LANES));
    let mut rows = ClassRows::new(scratch.links, centers.count(), x.count());
    let mut total = Total::new(scratch.losses);
    for row in 0..x.count() {
        let grad = row_if_wanted(grad_x, row, x.dim());
        grad.fill(0.0);
        let summand = batch.class_and_weight(&labels, row).map_or_else(
            |cost| cost,
            |(class, weight)| {
                let center = centers.row(class);
                let half_squared = 0.5 * f64::from(round_to_f32(squared_distance::<V>(x.row(row), center)));
                let factor = weight * scale;
                if half_squared.is_finite() && round_to_f32(factor).is_finite() {
                    combine::<V>(&[], x.row(row), center, [factor; 2], grad);
                    *item_mut(factors, row) = factor;
                    rows.push(class, row);
                }
                weight * half_squared
            },
        );
        total.add(row, summand);
    }
    // A batch without weight has loss 0.
    let repulsion = if scale > 0.0 { repulsion::<V>(lambda, centers, inverse_lengths, sum, grad_centers) } else { 0.0 };
    for (class, grad) in grad_centers.chunks_exact_mut(x.dim()).enumerate() {
        if scale == 0.0 {
            grad.fill(0.0);
        }
        let x_sum = slice_mut(rest, 0, sum.len());
        rows.subtract::<V>(class, x, centers.row(class), &|row| (row, item(factors, row)), x_sum, grad);
    }
    total.sum * scale + repulsion
}

/// Computes λ·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1), and writes its gradient to `grad_centers` unless that is empty.
///
/// A center of zeros has cosine 0 with all others, and gradient 0. A center that is not finite makes the repulsion NaN,
/// and is left out of the gradients. `inverse_lengths` [C] and `sum`, one vector for four dimensions, are scratch.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
pub fn repulsion<V: Vector>(
    lambda: f64,
    centers: Rows,
    inverse_lengths: &mut [f64],
    sum: &mut [[f64; LANES]],
    grad_centers: &mut [f32],
) -> f64 {
    sum.fill([0.0; LANES]);
    let n_classes = centers.count() as f64;
    let mut total = 0.0;
    for (j, inverse_length) in inverse_lengths.iter_mut().enumerate() {
        let length = sqrt(squared_norm::<V>(centers.row(j)));
        let has_direction = length.is_finite() && length > 0.0;
        *inverse_length = if has_direction { 1.0 / length } else { 0.0 };
        if has_direction {
            add_scaled::<V>(centers.row(j), *inverse_length, sum);
        }
        total += if length.is_finite() { n_classes - 1.0 } else { f64::NAN };
    }
    for (j, &inverse_length) in inverse_lengths.iter().enumerate() {
        let center = centers.row(j);
        let grad = row_if_wanted(grad_centers, j, center.len());
        let slope = 2.0 * lambda * inverse_length;
        if inverse_length > 0.0 {
            let along = dot::<V>(center, sum) * inverse_length;
            total += along - 1.0;
            // The gradient of a center close to 0 would be too long.
            if slope * n_classes <= MAX_GRADIENT_NORM {
                write_across::<V>(center, along * inverse_length, sum, slope, grad);
                continue;
            }
        }
        grad.fill(0.0);
    }
    lambda * total
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

/// grad ← slope·(s − along·c), unless `grad` is empty.
#[inline(never)]
fn write_across<V: Vector>(center: &[f32], along: f64, sum: &[[f64; LANES]], slope: f64, grad: &mut [f32]) {
    let (along, slope) = (V::F64x4::splat(along), V::F64x4::splat(slope));
    let across = |c: V, sum: &[f64; LANES]| V::narrow(V::F64x4::load(sum).sub(c.widen().mul(along)).mul(slope));
    let (grads, grad_rest) = grad.as_chunks_mut();
    let (centers, center_rest) = center.as_chunks();
    for ((grad, c), sum) in grads.iter_mut().zip(centers).zip(sum) {
        across(V::load(c), sum).store(grad);
    }
    if let Some(sum) = sum.get(grads.len()).filter(|_| !grad_rest.is_empty()) {
        across(V::load_partial(center_rest), sum).store_partial(grad_rest);
    }
}
