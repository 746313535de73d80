//! Softmax cross-entropy against its formula in float64.
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]

mod common;
mod reference;

use center_loss::loss::cross_entropy::{cross_entropy, join};
use center_loss::loss::weights::Weights;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use common::{TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, normal};
use proptest::collection::vec;
use proptest::prelude::*;
use reference::{Matrix, matrix, zeros};

#[derive(Clone, Debug)]
struct Case {
    logits: Vec<f32>,
    labels: Vec<i32>,
    n_classes: usize,
    class_weight: Vec<f32>,
    sample_weight: Vec<f32>,
    smoothing: f64,
}

impl Case {
    /// Normal logits times `spread`, labels from −1 to C − 1.
    fn random(rows: usize, n_classes: usize, spread: f32, smoothing: f64, seed: u64) -> Self {
        let logits = normal(rows * n_classes, seed).iter().map(|value| value * spread).collect();
        let labels = (0..rows).map(|row| i32::try_from((row * 1009 + 1) % (n_classes + 1)).unwrap() - 1).collect();
        Self { logits, labels, n_classes, class_weight: vec![], sample_weight: vec![], smoothing }
    }

    /// With weights of 0 … 1.5.
    fn weighted(mut self) -> Self {
        let weight = |i: usize| f32::from(u8::try_from((i * 7 + 3) % 4).unwrap()) / 2.0;
        self.class_weight = (0..self.n_classes).map(weight).collect();
        self.sample_weight = (0..self.labels.len()).map(|row| weight(row + 1)).collect();
        self
    }

    fn run(&self) -> (f64, Vec<f32>) {
        let mut grad = vec![f32::NAN; self.logits.len()];
        let weights = Weights { class: &self.class_weight, sample: &self.sample_weight };
        let logits = Rows::new(&self.logits, self.n_classes);
        let loss = cross_entropy::<Lanes>(logits, &self.labels, weights, self.smoothing, &mut grad);
        (loss, grad)
    }

    fn weights(&self) -> (Vec<f64>, Vec<f64>) {
        let or_ones = |values: &[f32], count| {
            if values.is_empty() { vec![1.0; count] } else { values.iter().map(|&value| value.into()).collect() }
        };
        (or_ones(&self.class_weight, self.n_classes), or_ones(&self.sample_weight, self.labels.len()))
    }

    /// The rows that have a class.
    fn rows(&self) -> Vec<(usize, usize)> {
        let class = |label: i32| usize::try_from(label).ok().filter(|&class| class < self.n_classes);
        (0..self.labels.len()).filter_map(|row| Some((row, class(self.labels[row])?))).collect()
    }

    fn divisor(&self) -> f64 {
        let (w, s) = self.weights();
        self.rows().iter().map(|&(i, y)| s[i] * w[y]).sum()
    }

    fn loss(&self, logits: &Matrix) -> f64 {
        let (w, s) = self.weights();
        let mut sum = 0.0;
        for (i, y) in self.rows() {
            let z = &logits[i];
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = z.iter().map(|z| (z - largest).exp()).sum();
            let surprise = |k: usize| largest + total.ln() - z[k];
            sum += s[i] * (1.0 - self.smoothing) * w[y] * surprise(y);
            for k in 0..z.len() {
                sum += s[i] * self.smoothing / z.len() as f64 * w[k] * surprise(k);
            }
        }
        if self.divisor() == 0.0 { 0.0 } else { sum / self.divisor() }
    }

    /// ∂loss/∂z and the sum of its absolute terms.
    fn gradient(&self, logits: &Matrix) -> (Matrix, Matrix) {
        let (w, s) = self.weights();
        let (mut grad, mut terms) = (zeros(logits.len(), self.n_classes), zeros(logits.len(), self.n_classes));
        if self.divisor() == 0.0 {
            return (grad, terms);
        }
        for (i, y) in self.rows() {
            let z = &logits[i];
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = z.iter().map(|z| (z - largest).exp()).sum();
            for j in 0..z.len() {
                let target = |k: usize| {
                    let own = if k == y { 1.0 - self.smoothing } else { 0.0 };
                    w[k] * (own + self.smoothing / z.len() as f64)
                };
                let all: f64 = (0..z.len()).map(target).sum();
                let p = (z[j] - largest).exp() / total;
                grad[i][j] = s[i] * (p * all - target(j)) / self.divisor();
                terms[i][j] = s[i] * (p * all + target(j)) / self.divisor();
            }
        }
        (grad, terms)
    }
}

fn check(case: &Case, what: &str) {
    let (loss, grad) = case.run();
    let logits = matrix(&case.logits, case.n_classes);
    let expected = case.loss(&logits);
    assert_close(loss, expected, expected.abs() + 1e-9, TOLERANCE, format_args!("loss, {what}"));
    let (expected, terms) = case.gradient(&logits);
    assert_matrix_close(&grad, &expected, &terms, TOLERANCE, format_args!("∂/∂logits, {what}"));
}

#[test]
fn every_length_is_as_in_float64() {
    for rows in [1, 2, 5, 17] {
        for n_classes in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 129, 1000] {
            for smoothing in [0.0, 0.1, 1.0] {
                for spread in [1.0, 10.0] {
                    let case = Case::random(rows, n_classes, spread, smoothing, 4);
                    let what = format!("B = {rows}, C = {n_classes}, ε = {smoothing}, spread {spread}");
                    check(&case, &what);
                    check(&case.weighted(), &format!("{what}, weighted"));
                }
            }
        }
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    const STEP: f64 = 1e-5;
    for smoothing in [0.0, 0.2] {
        let case = Case::random(6, 5, 2.0, smoothing, 3).weighted();
        let (_, grad) = case.run();
        let logits = matrix(&case.logits, 5);
        let mut slope = zeros(6, 5);
        for i in 0..6 {
            for k in 0..5 {
                let at = |step: f64| {
                    let mut moved = logits.clone();
                    moved[i][k] += step;
                    case.loss(&moved)
                };
                slope[i][k] = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            }
        }
        assert_matrix_close(&grad, &slope, &vec![vec![1.0; 5]; 6], 1e-7, format_args!("ε = {smoothing}"));
    }
}

#[test]
fn logits_of_ten_thousand_are_exact() {
    for offset in [0.0, 1e4, -1e4] {
        let logits = vec![offset, offset - 2e4, offset - 1.0];
        for (label, expected) in
            [(0, 1.0_f64.exp().recip().ln_1p()), (1, 2e4), (2, 1.0 + 1.0_f64.exp().recip().ln_1p())]
        {
            let case = Case { logits: logits.clone(), labels: vec![label], ..Case::random(1, 3, 1.0, 0.0, 1) };
            let (loss, grad) = case.run();
            let expected = if label == 1 { expected + 1.0_f64.exp().recip().ln_1p() } else { expected };
            assert_close(loss, expected, expected, 1e-6, format_args!("label {label} at {offset}"));
            check(&case, &format!("label {label} at {offset}"));
            let sum: f64 = grad.iter().map(|&value| f64::from(value)).sum();
            assert_close(sum, 0.0, 1.0, 1e-6, "a gradient of probabilities");
        }
    }
}

#[test]
fn the_own_probability_is_missed_without_a_difference() {
    // 1 − p_y is e⁻⁴⁰, of which 1 − (1 − e⁻⁴⁰) has nothing left.
    let case = Case { logits: vec![40.0, 0.0], labels: vec![0], ..Case::random(1, 2, 1.0, 0.0, 1) };
    let (loss, grad) = case.run();
    let expected = (-40.0_f64).exp();
    assert_close(loss, expected, expected, TOLERANCE, "loss");
    assert_close(grad[0].into(), -expected, expected, TOLERANCE, "∂/∂ of the own logit");
    assert_close(grad[1].into(), expected, expected, TOLERANCE, "∂/∂ of the other");
}

#[test]
fn a_bad_row_spoils_only_the_loss() {
    for bad in [f32::NAN, f32::INFINITY] {
        for k in [0, 4] {
            let mut case = Case::random(7, 5, 1.0, 0.1, 2);
            case.labels = vec![0, 1, 2, 3, 4, 0, 1];
            // Each row counts for 1/7, whatever the others hold.
            let expected = case.run().1;
            case.logits[3 * 5 + k] = bad;
            let (loss, grad) = case.run();
            assert!(loss.is_nan());
            assert_same_bits(&grad[15..20], &[0.0; 5], "the gradient of the bad row");
            assert_same_bits(&grad[..15], &expected[..15], "the rows before");
            assert_same_bits(&grad[20..], &expected[20..], "the rows after");
            // Unknown, or of a sample without weight, it reaches nothing.
            let mut unknown = case.clone();
            unknown.labels[3] = -1;
            let mut weightless = case.clone();
            weightless.sample_weight = vec![1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
            let ((loss, grad), (other_loss, other)) = (unknown.run(), weightless.run());
            assert!(loss.is_finite() && loss.to_bits() == other_loss.to_bits());
            assert_same_bits(&grad, &other, "unknown and without weight");
            assert_same_bits(&grad[15..20], &[0.0; 5], "the gradient of the row that does not count");
        }
    }
}

#[test]
fn a_logit_of_minus_infinity_is_a_class_that_can_not_be() {
    let mut case = Case::random(1, 4, 1.0, 0.0, 2);
    case.labels = vec![1];
    let mut three = case.clone();
    case.logits[3] = f32::NEG_INFINITY;
    three.logits.truncate(3);
    three.n_classes = 3;
    let ((loss, grad), (expected, expected_grad)) = (case.run(), three.run());
    assert_close(loss, expected, expected, 1e-12, "loss");
    assert_same_bits(&grad[..3], &expected_grad, "∂/∂logits");
    assert_same_bits(&grad[3..], &[0.0], "the class that can not be");
    case.labels = vec![3];
    let (loss, grad) = case.run();
    assert!(loss.is_infinite() && loss > 0.0, "{loss}");
    assert_close(grad[3].into(), -1.0, 1.0, 1e-7, "as torch, the gradient is that of the probabilities");
    // A class without weight costs nothing, not even 0·∞.
    case.class_weight = vec![1.0, 1.0, 1.0, 0.0];
    case.labels = vec![3, 0];
    case.logits.extend([1.0, 2.0, 3.0, 4.0]);
    assert!(case.run().0.is_finite());
    case.class_weight.clear();
    case.logits.fill(f32::NEG_INFINITY);
    assert!(case.run().0.is_nan());
}

#[test]
fn a_batch_without_weight_has_no_loss() {
    for labels in [vec![], vec![-1, -7], vec![2, 9], vec![0, 0]] {
        let mut case = Case::random(labels.len(), 3, 1.0, 0.1, 2);
        case.labels = labels;
        case.class_weight = vec![0.0, 1.0, 0.0];
        let (loss, grad) = case.run();
        assert_eq!(loss.to_bits(), 0.0_f64.to_bits(), "{:?}", case.labels);
        assert!(grad.iter().all(|value| value.to_bits() == 0), "{:?}", case.labels);
    }
}

#[test]
fn both_losses_are_joined_by_lambda() {
    let mut grad = normal(19, 5);
    let expected: Vec<f32> = grad.iter().map(|value| value * 0.25).collect();
    assert_close(join::<Lanes>(1.5, 2.0, 0.25, &mut grad), 2.0, 2.0, 1e-15, "loss");
    assert_same_bits(&grad, &expected, "∂/∂x");
}

fn cases() -> impl Strategy<Value = Case> {
    (1_usize..=40, any::<u64>(), 0.0..=1.0, any::<bool>()).prop_flat_map(|(n_classes, seed, smoothing, weighted)| {
        vec(-2..=i32::try_from(n_classes).expect("few classes"), 0..=30).prop_map(move |labels| {
            let case = Case { labels: labels.clone(), ..Case::random(labels.len(), n_classes, 4.0, smoothing, seed) };
            if weighted { case.weighted() } else { case }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_batch_is_as_in_float64(case in cases()) {
        check(&case, "random");
    }
}
