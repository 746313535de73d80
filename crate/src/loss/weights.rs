//! How much each row of a batch counts.

use crate::loss::reduction::Reduction;
use crate::rows::shape::{at, class_of, is_known};

/// A row's weight w_i = `class[y_i]`·`sample[i]`, each 1 if there are none; finite and not negative.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// [C], or empty.
    pub class: &'a [f32],
    /// [B], or empty.
    pub sample: &'a [f32],
}

impl Weights<'_> {
    /// Every row counts as one.
    pub const NONE: Self = Self { class: &[], sample: &[] };

    /// True if there are no weights, so that every row counts as one.
    pub(crate) fn is_none(&self) -> bool {
        self.class.is_empty() && self.sample.is_empty()
    }

    /// The weight of a row; one without a class has that of its sample.
    #[inline]
    pub(crate) fn of(&self, row: usize, class: Option<usize>) -> f64 {
        let or_one = |values: &[f32], index| if values.is_empty() { 1.0 } else { f64::from(at(values, index)) };
        or_one(self.sample, row) * class.map_or(1.0, |class| or_one(self.class, class))
    }

    /// What one entry of the sum Σ w_i·ℓ_i counts for in the loss, where Σ w_i over the known rows stands for B: as
    /// torch's weighted mean. 0 if that is 0.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    #[must_use]
    pub(crate) fn scale(&self, reduction: Reduction, labels: &[i32], n_classes: usize) -> f64 {
        let mut total = 0.0;
        for (row, &label) in labels.iter().enumerate().filter(|(_, label)| is_known(**label)) {
            total += self.of(row, class_of(label, n_classes));
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

/// The label of a row that nothing looks at.
const UNKNOWN: i32 = -1;

/// to ← labels, unknown where the sample has no weight: such a row is as good as not there.
pub fn without_weightless(labels: &[i32], sample: &[f32], to: &mut [i32]) {
    for (to, (label, weight)) in to.iter_mut().zip(labels.iter().zip(sample)) {
        *to = if *weight == 0.0 { UNKNOWN } else { *label };
    }
}
