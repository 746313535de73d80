//! Class weights from the number of rows of each class.
//!
//! n_j: rows of class j; n = Σ n_j; K: number of classes that occur.
//!
//! | scheme | w_j | source |
//! |---|---|---|
//! | `Balanced` | n/(K·n_j) | scikit-learn, `compute_class_weight('balanced')` |
//! | `EffectiveNumber` | K·v_j/Σ v, v_j = (1 − β)/(1 − β^n_j) | Cui et al., CVPR 2019 |
//!
//! A class without rows has weight 0.

use crate::rows::shape::{class_of, item_mut};
use crate::simd::vector::round_to_f32;

/// Scheme of class weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    /// All classes have the same total weight; the total over all rows is the number of rows.
    Balanced,
    /// β, 0 ≤ β < 1. With 0 all rows weigh the same; towards 1, all classes do.
    EffectiveNumber(f64),
}

/// Writes the weights of the classes of `labels` to `weights` [C]. `counts` [C] gets the number of rows of each class.
pub fn class_weights(labels: &[i32], scheme: Scheme, counts: &mut [u32], weights: &mut [f32]) {
    counts.fill(0);
    let mut rows = 0_u32;
    for &label in labels {
        let Some(class) = class_of(label, counts.len()) else { continue };
        *item_mut(counts, class) += 1;
        rows += 1;
    }
    let (mut occurring, mut total) = (0.0, 0.0);
    for &count in counts.iter().filter(|count| **count > 0) {
        occurring += 1.0;
        total += weight(scheme, count);
    }
    let scale = match scheme {
        Scheme::Balanced => f64::from(rows) / occurring,
        Scheme::EffectiveNumber(_) => occurring / total,
    };
    for (weight_of_class, &count) in weights.iter_mut().zip(&*counts) {
        *weight_of_class = if count > 0 { round_to_f32(scale * weight(scheme, count)) } else { 0.0 };
    }
}

/// Weight of a class, up to a factor that all classes share.
fn weight(scheme: Scheme, count: u32) -> f64 {
    match scheme {
        Scheme::Balanced => 1.0 / f64::from(count),
        Scheme::EffectiveNumber(beta) => (1.0 - beta) / (1.0 - power(beta, count)),
    }
}

/// βⁿ by squaring. Its relative error is about n·10⁻¹⁶, which changes 1 − βⁿ no more than the rounding of β does.
fn power(beta: f64, mut n: u32) -> f64 {
    let (mut square, mut result) = (beta, 1.0);
    while n > 0 {
        if n % 2 == 1 {
            result *= square;
        }
        square *= square;
        n /= 2;
    }
    result
}
