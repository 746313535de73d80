//! Weights of rows.

use crate::loss::reduction::Reduction;
use crate::rows::shape::{class_of, is_known, item, one_of};

/// Weight of a row, w_i = `class[y_i]`·`sample[i]`, each factor 1 if its list is empty. Weights are finite and not
/// negative.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// [C], or empty.
    pub class: &'a [f32],
    /// [B], or empty.
    pub sample: &'a [f32],
}

impl Weights<'_> {
    /// Weight 1 for every row.
    pub const NONE: Self = Self { class: &[], sample: &[] };

    pub(crate) fn is_none(&self) -> bool {
        self.class.is_empty() && self.sample.is_empty()
    }

    /// Weights of a batch that is one row.
    pub(crate) fn of_row(&self, row: usize) -> Self {
        Self { sample: one_of(self.sample, row), ..*self }
    }

    /// Weight of a row. A row without a class has the weight of its sample.
    #[inline]
    pub(crate) fn row_weight(&self, row: usize, class: Option<usize>) -> f64 {
        let or_one = |values: &[f32], index| if values.is_empty() { 1.0 } else { f64::from(item(values, index)) };
        or_one(self.sample, row) * class.map_or(1.0, |class| or_one(self.class, class))
    }

    /// Factor from Σ w_i·ℓ_i to the loss, where Σ w_i over the known rows stands for B, as in torch's weighted mean. 0
    /// if Σ w_i is 0.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    #[must_use]
    pub(crate) fn scale(&self, reduction: Reduction, labels: &[i32], n_classes: usize) -> f64 {
        let mut total = 0.0;
        for (row, &label) in labels.iter().enumerate().filter(|(_, label)| is_known(**label)) {
            total += self.row_weight(row, class_of(label, n_classes));
        }
        if total == 0.0 {
            return 0.0;
        }
        match reduction {
            Reduction::Mean => 1.0 / (total * n_classes as f64),
            Reduction::Batch => 1.0 / total,
            Reduction::Wen => 0.5 / total,
            Reduction::Sum => 1.0,
        }
    }
}

/// Label of a row that no loss reads.
const UNKNOWN_LABEL: i32 = -1;

/// Copies `labels` to `to`, and makes rows whose sample weight is 0 unknown.
pub fn mask_weightless_labels(labels: &[i32], sample: &[f32], to: &mut [i32]) {
    for (to, (label, weight)) in to.iter_mut().zip(labels.iter().zip(sample)) {
        *to = if *weight == 0.0 { UNKNOWN_LABEL } else { *label };
    }
}
