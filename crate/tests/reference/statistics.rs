//! Statistics of classes in two passes: first the means, then the deviations from them.

use super::{Matrix, matrix, zeros};
use crate::common::Batch;

pub(crate) struct ClassStatistics {
    pub(crate) counts: Vec<f64>,
    pub(crate) means: Matrix,
    pub(crate) variances: Matrix,
    /// Tied covariance; empty unless it is asked for, since it takes D² time for each row.
    pub(crate) covariance: Matrix,
    /// The largest difference of a row from the mean of its class.
    pub(crate) spread: f64,
}

/// Each batch counts `forgetting` times as much as the one after it.
pub(crate) fn class_statistics(
    batches: &[Batch],
    n_classes: usize,
    n_dim: usize,
    forgetting: f64,
    is_tied: bool,
) -> ClassStatistics {
    let mut rows = Vec::new();
    for (age, batch) in batches.iter().rev().enumerate() {
        for (row, x) in matrix(&batch.x, n_dim).into_iter().enumerate() {
            let weight = batch.sample_weight.get(row).map_or(1.0, |&weight| f64::from(weight));
            if (0..n_classes as i32).contains(&batch.labels[row]) {
                rows.push((batch.labels[row] as usize, weight * forgetting.powi(age as i32), x));
            }
        }
    }
    let (mut counts, mut means) = (vec![0.0; n_classes], zeros(n_classes, n_dim));
    for (class, weight, x) in &rows {
        counts[*class] += weight;
        for k in 0..n_dim {
            means[*class][k] += weight * x[k];
        }
    }
    for class in 0..n_classes {
        for k in 0..n_dim {
            means[class][k] /= if counts[class] == 0.0 { 1.0 } else { counts[class] };
        }
    }
    let mut covariance = if is_tied { zeros(n_dim, n_dim) } else { vec![] };
    let (mut variances, mut spread) = (zeros(n_classes, n_dim), 0.0_f64);
    let total: f64 = counts.iter().sum();
    for (class, weight, x) in &rows {
        for k in 0..n_dim {
            let difference = x[k] - means[*class][k];
            spread = spread.max(difference.abs());
            variances[*class][k] += weight * difference * difference / counts[*class];
            for l in 0..covariance.len() {
                covariance[k][l] += weight * difference * (x[l] - means[*class][l]) / total;
            }
        }
    }
    ClassStatistics { counts, means, variances, covariance, spread }
}
