//! Softmax cross-entropy of logits, as `torch.nn.CrossEntropyLoss` with `weight` and `label_smoothing`.

use crate::detect::softmin::exp2_of_negative;
use crate::loss::proxy::Total;
use crate::loss::softmin_state::SoftminState;
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, class_of, item, item_mut, slice_mut};
use crate::rows::walk::for_lanes;
use crate::rows::walk_f64::sum;
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Computes the loss, and writes ∂loss/∂logits to `grad`. With p = softmax(z), ε = `smoothing`, s the sample weights
/// and w the class weights:
///
/// loss = Σ_i s_i·[(1 − ε)·w_{y_i}·(−log p_{i,y_i}) + ε/C·Σ_k w_k·(−log p_ik)] / Σ_i s_i·w_{y_i}
///
/// over the rows that have a class; 0 if the divisor is 0. A probability below e^−88 of the largest counts as 0. A logit of −∞ is a class of probability 0. A row with a
/// logit of NaN or +∞ makes the loss NaN and has no gradient.
///
/// Writes the summand of each row, before the division, to `losses` unless that is empty.
pub fn cross_entropy<V: Vector>(
    logits: Rows,
    labels: &[i32],
    weights: Weights,
    smoothing: f64,
    grad: &mut [f32],
    losses: &mut [f32],
) -> f64 {
    let n_classes = logits.dim();
    grad.fill(0.0);
    let mut total = Total::new(losses);
    let rows = || labels.iter().enumerate().filter_map(|(row, &label)| Some((row, class_of(label, n_classes)?)));
    let divisor: f64 = rows().map(|(row, class)| weights.row_weight(row, Some(class))).sum();
    let samples = Weights { class: &[], ..weights };
    let classes = Weights { sample: &[], ..weights };
    let smoothed = Smoothed::new(classes, smoothing, n_classes);
    for (row, class) in rows() {
        let sample = samples.row_weight(row, None);
        // The logits of a row of weight 0 do not matter.
        if sample > 0.0 {
            let grad = slice_mut(grad, row * n_classes, n_classes);
            let scale = if divisor == 0.0 { 0.0 } else { sample / divisor };
            total.add(row, sample * smoothed.row::<V>(logits.row(row), class, scale, grad));
        }
    }
    if divisor == 0.0 {
        grad.fill(0.0);
        return 0.0;
    }
    total.sum / divisor
}

/// Target distribution, with label smoothing.
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

    /// Computes the loss of a row, and writes scale·∂/∂logits to `grad`: p_k·(own + each·Σw) − each·w_k, minus own at
    /// the label. There, own·(p_y − 1) is computed without a difference.
    #[inline(never)]
    fn row<V: Vector>(&self, logits: &[f32], class: usize, scale: f64, grad: &mut [f32]) -> f64 {
        let max = max::<V>(logits);
        let others = exps_of_others::<V>(logits, max, class, grad);
        let softmin = SoftminState::new(-f64::from(max), -f64::from(item(logits, class)), others);
        let class_weight = self.weights.row_weight(0, Some(class));
        let own = self.own * class_weight;
        // Multiplying by `own` = 0 would make an infinite loss NaN. The term 0·total still passes NaN on.
        let mut loss = if own > 0.0 { own * softmin.cross_entropy() } else { 0.0 * softmin.total() };
        let factor = scale * (own + self.each * self.all) / softmin.total();
        if !factor.is_finite() {
            grad.fill(0.0);
            return loss;
        }
        let complement = own * softmin.complement();
        let label_grad = scale * (self.each * (self.all * softmin.probability() - class_weight) - complement);
        let (factor, label_grad) = (V::splat(round_to_f32(factor)), round_to_f32(label_grad));
        for_lanes::<V, 0, 1>([], [grad], |[], [term]| [factor.mul(term)]);
        if self.each > 0.0 {
            for (k, (grad, logit)) in grad.iter_mut().zip(logits).enumerate() {
                let each = self.each * self.weights.row_weight(0, Some(k));
                if each > 0.0 {
                    loss += each * softmin.negative_log_likelihood(-f64::from(*logit));
                    *grad -= round_to_f32(scale * each);
                }
            }
        }
        *item_mut(grad, class) = label_grad;
        loss
    }
}

/// Number of independent maxima in [`max`], so that one need not wait for the previous one.
const CHAINS: usize = 4;

/// Largest of the values that are not NaN; −∞ if there are none.
#[inline(never)]
fn max<V: Vector>(values: &[f32]) -> f32 {
    let (lanes, rest) = values.as_chunks();
    let (chains, lanes) = lanes.as_chunks::<CHAINS>();
    let mut max = [V::splat(f32::NEG_INFINITY); CHAINS];
    for chains in chains {
        max = core::array::from_fn(|chain| max[chain].max_or_self(V::load(&chains[chain])));
    }
    let max = max.into_iter().chain(lanes.iter().map(V::load)).fold(max[0], V::max_or_self);
    max.to_array().iter().chain(rest).fold(f32::NEG_INFINITY, |max, value| if max < *value { *value } else { max })
}

/// Number of terms in a partial sum: at most 16 additions in each lane.
const PARTIAL_TERMS: usize = 64;

/// Gap (max − z)/ln 2 from which on e^(z − max) is below the smallest normal `f32` and counts as 0.
const MAX_GAP: f32 = 127.0;

/// terms_k ← e^(z_k − max), 0 for the class; returns their sum.
#[inline(never)]
fn exps_of_others<V: Vector>(logits: &[f32], max: f32, class: usize, terms: &mut [f32]) -> f64 {
    let (max, log2_e, max_gap) = (V::splat(max), V::splat(core::f32::consts::LOG2_E), V::splat(MAX_GAP));
    let exp = |logits: V| exp2_of_negative(max.sub(logits).mul(log2_e).min_or_self(max_gap));
    let mut total = 0.0;
    for (block, (logits, terms)) in logits.chunks(PARTIAL_TERMS).zip(terms.chunks_mut(PARTIAL_TERMS)).enumerate() {
        let mut partial = V::splat(0.0);
        let (lanes, rest) = logits.as_chunks();
        let (term_lanes, last_terms) = terms.as_chunks_mut();
        // One call of `exp` keeps one copy of it in the module. Lanes past the end have the exponential 0.
        let last = core::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(f32::NEG_INFINITY));
        let mut last_term = [0.0; LANES];
        for i in 0..lanes.len() + usize::from(!rest.is_empty()) {
            let term = exp(V::load(lanes.get(i).unwrap_or(&last)));
            partial = partial.add(term);
            term.store(term_lanes.get_mut(i).unwrap_or(&mut last_term));
        }
        V::load(&last_term).store_partial(last_terms);
        total += if class / PARTIAL_TERMS == block {
            *item_mut(terms, class % PARTIAL_TERMS) = 0.0;
            sum::<V>(terms)
        } else {
            f64::from(partial.sum())
        };
    }
    total
}

/// Joins two losses: returns softmax + λ·center and scales the gradient of the center loss, grad_x ← λ·grad_x.
#[must_use]
pub fn join<V: Vector>(softmax: f64, center: f64, lambda: f64, grad_x: &mut [f32]) -> f64 {
    crate::init::scale::<V>(grad_x, lambda);
    softmax + lambda * center
}
