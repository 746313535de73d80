//! Softmax cross-entropy of logits, as `torch.nn.CrossEntropyLoss` with `weight` and `label_smoothing`.

use crate::loss::softmin_state::Softmin;
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, at_mut, class_of, part_mut};
use crate::rows::walk::for_lanes;
use crate::simd::vector::Vector;

/// The loss and, in `grad`, ∂loss/∂logits. With p = softmax(z), ε = `smoothing`, s the sample weights, w the class weights:
///
/// loss = Σ_i s_i·[(1 − ε)·w_{y_i}·(−log p_{i,y_i}) + ε/C·Σ_k w_k·(−log p_ik)] / Σ_i s_i·w_{y_i}
///
/// over the rows that have a class. A row with a NaN or an infinite logit makes the loss NaN and has no gradient; −∞ is
/// a class that can't be. 0 where the divisor is.
pub fn cross_entropy<V: Vector>(
    logits: Rows,
    labels: &[i32],
    weights: Weights,
    smoothing: f64,
    grad: &mut [f32],
) -> f64 {
    let n_classes = logits.dim();
    grad.fill(0.0);
    let rows = || labels.iter().enumerate().filter_map(|(row, &label)| Some((row, class_of(label, n_classes)?)));
    let divisor: f64 = rows().map(|(row, class)| weights.of(row, Some(class))).sum();
    if divisor == 0.0 {
        return 0.0;
    }
    let samples = Weights { class: &[], ..weights };
    let classes = Weights { sample: &[], ..weights };
    let smoothed = Smoothed::new(classes, smoothing, n_classes);
    let mut total = 0.0;
    for (row, class) in rows() {
        let sample = samples.of(row, None);
        // What a row without weight holds does not matter.
        if sample > 0.0 {
            let grad = part_mut(grad, row * n_classes, n_classes);
            total += sample * smoothed.row::<V>(logits.row(row), class, sample / divisor, grad);
        }
    }
    total / divisor
}

/// The target distribution that a row's probabilities are held against.
struct Smoothed<'a> {
    weights: Weights<'a>,
    /// 1 − ε
    own: f64,
    /// ε/C
    each: f64,
    /// Σ_k w_k
    all: f64,
}

impl<'a> Smoothed<'a> {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
    fn new(weights: Weights<'a>, smoothing: f64, n_classes: usize) -> Self {
        let Weights { class, .. } = weights;
        let all = if class.is_empty() { n_classes as f64 } else { class.iter().copied().map(f64::from).sum() };
        Self { weights, own: 1.0 - smoothing, each: smoothing / n_classes as f64, all }
    }

    /// The loss of a row and scale·∂/∂logits of it: p_k·(own + each·Σw) − each·w_k, less own at the label, where
    /// own·(p_y − 1) is computed without a difference.
    #[inline(never)]
    fn row<V: Vector>(&self, logits: &[f32], class: usize, scale: f64, grad: &mut [f32]) -> f64 {
        let zero = V::splat(0.0);
        for_lanes::<V, 1, 1>([logits], [grad], |[logits], _| [zero.sub(logits)]);
        let softmin = Softmin::new::<V>(grad, class);
        let of_class = self.weights.of(0, Some(class));
        let own = self.own * of_class;
        // 0·∞ is no loss at all.
        let mut loss = if own > 0.0 { own * softmin.cross_entropy() } else { 0.0 * softmin.total() };
        let factor = scale * (own + self.each * self.all) / softmin.total();
        if !factor.is_finite() {
            grad.fill(0.0);
            return loss;
        }
        let missing = own * softmin.missing();
        let of_label = scale * (self.each * (self.all * softmin.probability() - of_class) - missing);
        #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
        let (factor, of_label) = (V::splat(factor as f32), of_label as f32);
        for_lanes::<V, 0, 1>([], [grad], |[], [likelihood]| [factor.mul(likelihood)]);
        if self.each > 0.0 {
            for (k, (grad, logit)) in grad.iter_mut().zip(logits).enumerate() {
                let each = self.each * self.weights.of(0, Some(k));
                if each > 0.0 {
                    loss += each * softmin.surprise(-f64::from(*logit));
                    #[allow(clippy::cast_possible_truncation, reason = "gradients are float32")]
                    let expected = (scale * each) as f32;
                    *grad -= expected;
                }
            }
        }
        *at_mut(grad, class) = of_label;
        loss
    }
}

/// grad_x ← λ·grad_x, and the loss of both: softmax + λ·center.
#[must_use]
pub fn join<V: Vector>(softmax: f64, center: f64, lambda: f64, grad_x: &mut [f32]) -> f64 {
    crate::init::scale::<V>(grad_x, lambda);
    softmax + lambda * center
}
