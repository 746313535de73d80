//! Precision of each dimension: the inverse of its variance within the classes.

use crate::rows::shape::{Rows, class_of, item};
use crate::rows::walk::squared_distance;
use crate::simd::vector::{Vector, round_to_f32};

/// Variance of a dimension that does not vary, as a share of the largest. It is that of scikit-learn's `GaussianNB`, which
/// also raises smaller variances to it. Here they stay, since dimensions may have units that differ by a factor of 10⁶.
const STILL_VARIANCE_SHARE: f64 = 1e-9;

/// precision_k ← 1 / s²_k, s²_k = Σ_i (x_ik − c_{y_i,k})² / n over the n rows that have a class. Returns n.
///
/// It is the maximum likelihood estimate for a covariance that is diagonal and tied, one for all classes, about the
/// given centers (Lee et al. 2018, with a full covariance). Rows whose distance to their center is not finite are left
/// out. A dimension does not vary if its deviation is no more than the rounding of its centers to `f32`. The precision is 1
/// everywhere if none varies. `sums` is scratch [D].
pub fn fit<V: Vector>(x: Rows, labels: &[i32], centers: Rows, sums: &mut [f64], precision: &mut [f32]) -> usize {
    sums.fill(0.0);
    let mut n = 0.0;
    let mut count = 0;
    for (row, &label) in labels.iter().enumerate() {
        let Some(class) = class_of(label, centers.count()) else { continue };
        let (x, c) = (x.row(row), centers.row(class));
        if !squared_distance::<V>(x, c).is_finite() {
            continue;
        }
        for (sum, (x, c)) in sums.iter_mut().zip(x.iter().zip(c)) {
            let difference = f64::from(*x) - f64::from(*c);
            *sum += difference * difference;
        }
        n += 1.0;
        count += 1;
    }
    let largest = sums.iter().copied().fold(0.0, f64::max);
    for (k, (precision, sum)) in precision.iter_mut().zip(sums).enumerate() {
        let sizes = (0..centers.count()).map(|class| f64::from(item(centers.row(class), k)).abs());
        let rounding = f64::from(f32::EPSILON) * sizes.filter(|size| size.is_finite()).fold(0.0, f64::max);
        let sum = if *sum > n * rounding * rounding { *sum } else { STILL_VARIANCE_SHARE * largest };
        *precision = if sum > 0.0 { round_to_f32((n / sum).min(f64::from(f32::MAX))) } else { 1.0 };
    }
    count
}
