//! Weights of classes from how often they occur.
//!
//! With n_j the rows of class j, n = Σ n_j, and K the number of classes that occur:
//!
//! | scheme | w_j | source |
//! |---|---|---|
//! | `Balanced` | n/(K·n_j) | scikit-learn, `compute_class_weight('balanced')` |
//! | `EffectiveNumber` | K·v_j/Σ v, v_j = (1 − β)/(1 − β^n_j) | Cui et al., CVPR 2019 |
//!
//! A class without rows has the weight 0.

use crate::rows::shape::{at_mut, class_of};

/// How a count becomes a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    /// Every class weighs as much as any other, all together as many as there are rows.
    Balanced,
    /// β in 0 … 1, without 1: from all rows alike to every class alike.
    EffectiveNumber(f64),
}

/// Weights of the classes of `labels`; both slices have one place a class.
#[allow(clippy::cast_possible_truncation, reason = "weights are float32")]
pub fn class_weights(labels: &[i32], scheme: Scheme, counts: &mut [u32], weights: &mut [f32]) {
    counts.fill(0);
    let mut rows = 0_u32;
    for &label in labels {
        let Some(class) = class_of(label, counts.len()) else { continue };
        *at_mut(counts, class) += 1;
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
        *weight_of_class = if count > 0 { (scale * weight(scheme, count)) as f32 } else { 0.0 };
    }
}

/// The weight of a class up to a factor that all share.
fn weight(scheme: Scheme, count: u32) -> f64 {
    match scheme {
        Scheme::Balanced => 1.0 / f64::from(count),
        Scheme::EffectiveNumber(beta) => (1.0 - beta) / (1.0 - power(beta, count)),
    }
}

/// By squares: βⁿ is off by some n·10⁻¹⁶ of itself, of which 1 − βⁿ sees as little as of the rounding of β.
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
