//! Closed-set accuracy.

use crate::rows::shape::is_known;

/// Share of the known rows (label ≥ 0) whose prediction is their label; NaN if there are none.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of rows are below 2⁵³")]
pub fn accuracy(predicted: &[i32], labels: &[i32]) -> f64 {
    let known = labels.iter().filter(|label| is_known(**label)).count();
    let right =
        labels.iter().zip(predicted).filter(|(label, predicted)| is_known(**label) && label == predicted).count();
    right as f64 / known as f64
}
