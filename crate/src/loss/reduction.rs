//! The loss over squared distances and its slope.
//!
//! With d_i = ‖x_i − c_{y_i}‖², r the radius and the sum over the known rows i (label ≥ 0) of a batch,
//!
//! | reduction | loss | floors and ceilings |
//! |---|---|---|
//! | `mean` | Σ / (B·C): pytorch-ood 0.3.3 | yes |
//! | `batch` | Σ / B: `KaiyangZhou/pytorch-center-loss` | yes |
//! | `sum` | Σ | yes |
//! | `wen` | Σ / 2B: Wen et al. 2016, their code | no, as theirs |
//!
//! where Σ is Σ_i max(d_i − r, 0). With floors and ceilings it is the sum of the reference: every one of the B·C
//! entries of the masked distance matrix is clamped to 10⁻¹² … 10¹², so that Σ is larger by 10⁻¹² for each entry
//! that is not some row's own. B counts the known rows, those with a label ≥ C too: they add floors only.

use crate::rows::shape::{Rows, at, at_mut, class_of, is_known, part};
use crate::simd::vector::Vector;

/// What the reference clamps the entries of its masked distance matrix to: 10⁻¹² and 10¹² as float32 has them, so that
/// a distance that is one of them is on the clamp.
const FLOOR: f64 = 1e-12_f32 as f64;
const CEILING: f64 = 1e12_f32 as f64;

/// The squared distance past which a row pulls nothing: sums of many differences over 10³⁰ would overflow float32, and
/// leave a center infinite for good.
const FARTHEST: f64 = 1e60;

/// How the sum over the batch becomes the loss.
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

/// The loss as a function of squared distances.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// r, on the squared distance.
    pub radius: f64,
    /// How the sum becomes the loss.
    pub reduction: Reduction,
}

/// The labels of a batch and what they count to.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    values: &'a [i32],
    n_classes: usize,
    known: usize,
    with_class: usize,
}

impl<'a> Labels<'a> {
    /// Labels of a batch: below 0 unknown, 0 … C−1 a class, from C on known but of no class.
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

    /// The number of classes.
    pub(crate) fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// The labels as they came.
    pub(crate) fn values(&self) -> &'a [i32] {
        self.values
    }

    /// The class of a row.
    #[inline]
    pub(crate) fn class(&self, row: usize) -> Option<usize> {
        class_of(at(self.values, row), self.n_classes)
    }

    /// What row x, which has no class, adds to Σ: nothing, but NaN if it is known and not finite, as its distances would
    /// in the reference.
    #[inline]
    pub(crate) fn without_class(&self, row: usize, x: &[f32]) -> f64 {
        if is_known(at(self.values, row)) && !x.iter().all(|value| value.is_finite()) { f64::NAN } else { 0.0 }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn known(&self) -> f64 {
        self.known as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn entries(&self) -> f64 {
        self.known() * self.n_classes as f64
    }

    /// The entries of the masked distance matrix that are no row's own.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn others(&self) -> f64 {
        self.entries() - self.with_class as f64
    }
}

impl Loss {
    fn is_clamped(self) -> bool {
        self.reduction != Reduction::Wen
    }

    /// What the excess of a squared distance over the radius is clamped to.
    fn clamps(self) -> (f64, f64) {
        if self.is_clamped() { (FLOOR, CEILING) } else { (0.0, f64::INFINITY) }
    }

    /// What a squared distance to the row's own center adds to Σ. NaN stays NaN.
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

    /// Whether the loss moves with this squared distance: false on the clamps and on the radius, and for NaN.
    pub(crate) fn is_active(self, distance: f64) -> bool {
        let (excess, (low, high)) = (distance - self.radius, self.clamps());
        excess > low && excess < high && is_near(distance)
    }

    /// The weight of one entry of Σ in the loss.
    #[inline(never)]
    fn weight(self, labels: &Labels) -> f64 {
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

    /// The loss from the sum over the rows' own entries: the floors of all other entries are known without a look.
    #[inline(never)]
    pub(crate) fn reduce(self, own: f64, labels: &Labels) -> f64 {
        let floors = if self.is_clamped() { labels.others() * FLOOR } else { 0.0 };
        (own + floors) * self.weight(labels)
    }

    /// The loss from a distance matrix [B, C], as the reference computes it: a known row with a NaN or an infinite
    /// distance to another center makes the loss NaN.
    #[must_use]
    pub fn forward<V: Vector>(self, distmat: Rows, labels: &Labels) -> f64 {
        let mut own = 0.0;
        for (row, &label) in labels.values.iter().enumerate().filter(|(_, label)| is_known(**label)) {
            let distances = distmat.row(row);
            let mut others = [distances, &[]];
            if let Some(class) = class_of(label, labels.n_classes) {
                own += self.entry(f64::from(at(distances, class)));
                others = [part(distances, 0, class), part(distances, class + 1, labels.n_classes - class - 1)];
            }
            for others in others {
                own += f64::from(self.masked::<V>(others));
            }
        }
        self.reduce(own, labels)
    }

    /// Σ max(d − r, 0)·0 over the entries that the mask turns to 0: 0, or NaN where one is NaN or infinite.
    #[inline(never)]
    fn masked<V: Vector>(self, distances: &[f32]) -> f32 {
        let zero = V::splat(0.0);
        #[allow(clippy::cast_possible_truncation, reason = "only its being finite matters here")]
        let radius = V::splat(self.radius as f32);
        let (lanes, rest) = distances.as_chunks();
        let add = |sum: V, distances: V| distances.sub(radius).max(zero).mul_add(zero, sum);
        let sum = lanes.iter().fold(zero, |sum, distances| add(sum, V::load(distances)));
        if rest.is_empty() { sum.sum() } else { add(sum, V::load_partial(rest)).sum() }
    }

    /// ∂loss/∂distmat: the weight at the known rows' own entries where the loss moves, 0 elsewhere.
    pub fn backward(self, distmat: Rows, labels: &Labels, grad: &mut [f32]) {
        grad.fill(0.0);
        #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
        let weight = self.weight(labels) as f32;
        for (row, &label) in labels.values.iter().enumerate() {
            let Some(class) = class_of(label, labels.n_classes) else { continue };
            if self.is_active(f64::from(at(distmat.row(row), class))) {
                *at_mut(grad, row * labels.n_classes + class) = weight;
            }
        }
    }

    /// The factor of x − c in the gradient: ∂(w·d)/∂x = 2w·(x − c).
    #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
    pub(crate) fn scale(self, labels: &Labels) -> f32 {
        (2.0 * self.weight(labels)) as f32
    }
}

/// Whether a row at this distance is near enough to be in a sum; one that is not finite is not.
pub(crate) fn is_near(distance: f64) -> bool {
    distance <= FARTHEST
}
