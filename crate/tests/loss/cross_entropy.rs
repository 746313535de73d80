//! Softmax cross-entropy where exponents are large, probabilities small, and logits infinite.

use super::gradients::check;
use crate::common::{Batch, Case, LossSpec, TOLERANCE, assert_close, assert_same_bits, normal};
use center_loss::loss::cross_entropy::join;
use center_loss::loss::reduction::Reduction;
use center_loss::simd::vector::Lanes;

/// Makes a case of rows of logits.
fn case(logits: &[f32], labels: &[i32]) -> Case {
    let batch = Batch::new(logits, labels, &[], logits.len() / labels.len());
    Case::new(batch, LossSpec::CrossEntropy(0.0), Reduction::Sum)
}

#[test]
fn logits_of_ten_thousand_are_exact() {
    let tail = 1.0_f64.exp().recip().ln_1p();
    for offset in [0.0, 1e4, -1e4] {
        for (label, expected) in [(0, tail), (1, 2e4 + tail), (2, 1.0 + tail)] {
            let case = case(&[offset, offset - 2e4, offset - 1.0], &[label]);
            let what = format!("label {label} at {offset}");
            assert_close(case.evaluate(), expected, expected, 1e-6, &what);
            check(&case);
            let sum: f64 = case.gradients().x.iter().map(|&value| f64::from(value)).sum();
            assert_close(sum, 0.0, 1.0, 1e-6, what);
        }
    }
}

/// 1 − p_y is e⁻⁴⁰. Subtracting p_y from 1 would give 0.
#[test]
fn the_complement_of_a_probability_keeps_its_digits() {
    let actual = case(&[40.0, 0.0], &[0]).gradients();
    let expected = (-40.0_f64).exp();
    assert_close(actual.loss, expected, expected, TOLERANCE, "loss");
    assert_close(actual.x[0].into(), -expected, expected, TOLERANCE, "∂/∂z of the label");
    assert_close(actual.x[1].into(), expected, expected, TOLERANCE, "∂/∂z of the other");
}

/// The largest logit is in a vector, in the rest of a row, in another sum than the label, and of the label itself.
#[test]
fn probabilities_are_exact_down_to_the_least_normal_float32() {
    for gap in (0..1300).map(|step| step as f32 * 0.1) {
        for (len, largest, label) in [(2, 1, 0), (2, 0, 0), (67, 3, 66), (67, 66, 3), (130, 70, 64), (130, 70, 70)] {
            let mut logits = vec![-gap; len];
            logits[largest] = 0.0;
            let actual = case(&logits, &[label]).gradients();
            let others = len as f64 - 1.0;
            let p = (-f64::from(gap)).exp();
            let all = 1.0 + others * p;
            for (k, gradient) in actual.x.iter().enumerate() {
                let own = if k == largest { 1.0 / all } else { p / all };
                let complement = if label as usize == largest { others * p / all } else { 1.0 - p / all };
                let expected = if k == label as usize { -complement } else { own };
                let scale = expected.abs() + f64::from(f32::MIN_POSITIVE) * len as f64 / TOLERANCE;
                assert_close(
                    (*gradient).into(),
                    expected,
                    scale,
                    TOLERANCE,
                    format_args!("{gap}, {len}, {largest}, {k}"),
                );
            }
        }
    }
}

#[test]
fn a_logit_of_minus_infinity_gives_the_probability_zero() {
    let logits = [1.0, -0.5, 2.0, f32::NEG_INFINITY];
    let (actual, expected) = (case(&logits, &[1]).gradients(), case(&logits[..3], &[1]).gradients());
    assert_close(actual.loss, expected.loss, expected.loss, 1e-12, "loss");
    assert_same_bits(&actual.x[..3], &expected.x, "∂/∂logits");
    assert_same_bits(&actual.x[3..], &[0.0], "the class of probability 0");
    let impossible = case(&logits, &[3]).gradients();
    assert!(impossible.loss.is_infinite() && impossible.loss > 0.0, "{}", impossible.loss);
    assert_close(impossible.x[3].into(), -1.0, 1.0, 1e-7, "as torch, the gradient is that of the probabilities");
    // A class without weight costs nothing, not even 0·∞.
    let mut weighted = case(&[&logits[..], &[1.0, 2.0, 3.0, 4.0]].concat(), &[3, 0]);
    weighted.class_weight = vec![1.0, 1.0, 1.0, 0.0];
    assert!(weighted.evaluate().is_finite());
    assert!(case(&[f32::NEG_INFINITY; 4], &[0]).evaluate().is_nan());
}

#[test]
fn two_losses_are_joined_by_lambda() {
    let mut grad = normal(19, 5);
    let expected: Vec<f32> = grad.iter().map(|value| value * 0.25).collect();
    assert_close(join::<Lanes>(1.5, 2.0, 0.25, &mut grad), 2.0, 2.0, 1e-15, "loss");
    assert_same_bits(&grad, &expected, "∂/∂x");
}
