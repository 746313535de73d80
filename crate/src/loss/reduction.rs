//! Center loss over squared distances, and its slope.
//!
//! d_i = ‖x_i − c_{y_i}‖²; r: radius; Σ: sum of max(d_i − r, 0) over the known rows (label ≥ 0); B: number of known
//! rows.
//!
//! | reduction | loss | floors and ceilings |
//! |---|---|---|
//! | `mean` | Σ / (B·C): pytorch-ood 0.4.0 | yes |
//! | `batch` | Σ / B: `KaiyangZhou/pytorch-center-loss` | yes |
//! | `sum` | Σ | yes |
//! | `wen` | Σ / 2B: Wen et al. 2016, their code | no, as theirs |
//!
//! With floors and ceilings, Σ is the sum of the reference: each of the B·C entries of its masked distance matrix is
//! clamped to 10⁻¹² … 10¹². So Σ is larger by 10⁻¹² for each entry that is not a row's own. Rows with a label ≥ C count
//! in B, and have no own entry: they add floors only.

use crate::rows::shape::{Rows, class_of, is_known, item, item_mut, slice};
use crate::simd::vector::{Vector, round_to_f32};

/// Lower clamp of the reference, 10⁻¹² as `f32` has it: an excess equal to it is on the clamp.
const FLOOR: f64 = 1e-12_f32 as f64;
/// Upper clamp of the reference, 10¹² as `f32` has it.
const CEILING: f64 = 1e12_f32 as f64;

/// Largest squared distance of a row that has a gradient. Sums of differences over 10³⁰ would overflow `f32` and leave
/// a center infinite for good.
const MAX_SQUARED_DISTANCE: f64 = 1e60;

/// Factor from the sum over the batch to the loss.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen, derive(bytemuck::CheckedBitPattern))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Reduction {
    /// Σ / (B·C)
    Mean,
    /// Σ / B
    Batch,
    /// Σ / 2B, no clamping
    Wen,
    /// Σ
    Sum,
}

/// Loss as a function of squared distances.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// Radius r, in squared distance.
    pub radius: f64,
    pub reduction: Reduction,
}

/// Labels of a batch, with their counts.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    values: &'a [i32],
    n_classes: usize,
    known: usize,
    with_class: usize,
}

impl<'a> Labels<'a> {
    /// Counts labels. A label below 0 is unknown, 0 … C−1 is a class, and C or more is known without a class.
    #[must_use]
    #[inline(never)]
    pub fn new(values: &'a [i32], n_classes: usize) -> Self {
        let (mut known, mut with_class) = (0, 0);
        for &label in values {
            known += usize::from(is_known(label));
            with_class += usize::from(class_of(label, n_classes).is_some());
        }
        Self { values, n_classes, known, with_class }
    }

    pub(crate) fn n_classes(&self) -> usize {
        self.n_classes
    }

    pub(crate) fn values(&self) -> &'a [i32] {
        self.values
    }

    #[inline]
    pub(crate) fn class(&self, row: usize) -> Option<usize> {
        class_of(item(self.values, row), self.n_classes)
    }

    /// Summand of a row without a class: 0, or NaN if the row is known and not finite, as its distances in the
    /// reference are.
    #[inline]
    pub(crate) fn cost_without_class(&self, row: usize, x: &[f32]) -> f64 {
        if is_known(item(self.values, row)) && !x.iter().all(|value| value.is_finite()) { f64::NAN } else { 0.0 }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn known(&self) -> f64 {
        self.known as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn entries(&self) -> f64 {
        self.known() * self.n_classes as f64
    }

    /// Number of entries of the masked distance matrix that are not a row's own.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn other_entries(&self) -> f64 {
        self.entries() - self.with_class as f64
    }
}

impl Loss {
    fn is_clamped(self) -> bool {
        self.reduction != Reduction::Wen
    }

    /// Smallest and largest excess of a squared distance over the radius.
    pub(crate) fn clamps(self) -> (f64, f64) {
        if self.is_clamped() { (FLOOR, CEILING) } else { (0.0, f64::INFINITY) }
    }

    /// Summand of a row's own entry, from its squared distance. NaN stays NaN.
    pub(crate) fn entry(self, distance: f64) -> f64 {
        let (excess, (low, high)) = (distance - self.radius, self.clamps());
        if excess < low {
            low
        } else if excess > high {
            high
        } else {
            excess
        }
    }

    /// Returns true if the loss changes with this squared distance: not on the clamps, on the radius, or at NaN.
    pub(crate) fn is_active(self, distance: f64) -> bool {
        let (excess, (low, high)) = (distance - self.radius, self.clamps());
        excess > low && excess < high && is_near(distance)
    }

    /// Weight of one entry of Σ in the loss.
    #[inline(never)]
    fn entry_weight(self, labels: &Labels) -> f64 {
        if labels.known == 0 {
            return 0.0;
        }
        match self.reduction {
            Reduction::Mean => 1.0 / labels.entries(),
            Reduction::Batch => 1.0 / labels.known(),
            Reduction::Wen => 0.5 / labels.known(),
            Reduction::Sum => 1.0,
        }
    }

    /// Loss from the sum of the own entries. All other entries are floors, and are added in closed form.
    #[inline(never)]
    pub(crate) fn reduce(self, own: f64, labels: &Labels) -> f64 {
        let floors = if self.is_clamped() { labels.other_entries() * FLOOR } else { 0.0 };
        (own + floors) * self.entry_weight(labels)
    }

    /// Loss from a distance matrix [B, C], as the reference computes it: a known row with a NaN or infinite distance to
    /// another center makes the loss NaN.
    #[must_use]
    pub fn forward<V: Vector>(self, distmat: Rows, labels: &Labels) -> f64 {
        let mut own = 0.0;
        for (row, &label) in labels.values.iter().enumerate().filter(|(_, label)| is_known(**label)) {
            let distances = distmat.row(row);
            let mut others = [distances, &[]];
            if let Some(class) = class_of(label, labels.n_classes) {
                own += self.entry(f64::from(item(distances, class)));
                others = [slice(distances, 0, class), slice(distances, class + 1, labels.n_classes - class - 1)];
            }
            for others in others {
                own += f64::from(self.masked_sum::<V>(others));
            }
        }
        self.reduce(own, labels)
    }

    /// Σ max(d − r, 0)·0 over the masked entries: 0, or NaN where one is NaN or infinite.
    #[inline(never)]
    fn masked_sum<V: Vector>(self, distances: &[f32]) -> f32 {
        let zero = V::splat(0.0);
        let radius = V::splat(round_to_f32(self.radius));
        let (lanes, rest) = distances.as_chunks();
        let add = |sum: V, distances: V| distances.sub(radius).max(zero).mul_add(zero, sum);
        let sum = lanes.iter().fold(zero, |sum, distances| add(sum, V::load(distances)));
        if rest.is_empty() { sum.sum() } else { add(sum, V::load_partial(rest)).sum() }
    }

    /// ∂loss/∂distmat: the weight of an entry at the own entries where the loss changes, 0 elsewhere.
    pub fn backward(self, distmat: Rows, labels: &Labels, grad: &mut [f32]) {
        grad.fill(0.0);
        let weight = round_to_f32(self.entry_weight(labels));
        for (row, &label) in labels.values.iter().enumerate() {
            let Some(class) = class_of(label, labels.n_classes) else { continue };
            if self.is_active(f64::from(item(distmat.row(row), class))) {
                *item_mut(grad, row * labels.n_classes + class) = weight;
            }
        }
    }

    /// Factor of x − c in the gradient: ∂(w·d)/∂x = 2w·(x − c).
    pub(crate) fn scale(self, labels: &Labels) -> f32 {
        round_to_f32(2.0 * self.entry_weight(labels))
    }
}

/// Returns true if a squared distance is small enough for its row to be in a sum. NaN is not.
pub(crate) fn is_near(distance: f64) -> bool {
    distance <= MAX_SQUARED_DISTANCE
}
