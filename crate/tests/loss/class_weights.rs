//! Weights of classes against their definitions.

use crate::common::assert_close;
use center_loss::loss::class_weights::{Scheme, class_weights};
use proptest::collection::vec;
use proptest::prelude::*;

const N_CLASSES: usize = 6;

/// The weights of a scheme, against `raw(count)` scaled by `factor(Σ raw, rows, classes with rows)`.
fn check(labels: &[i32], scheme: Scheme, raw: impl Fn(f64) -> f64, factor: impl Fn(f64, f64, f64) -> f64) {
    let (mut counts, mut weights) = (vec![9; N_CLASSES], vec![f32::NAN; N_CLASSES]);
    class_weights(labels, scheme, &mut counts, &mut weights);
    let count = |class: usize| labels.iter().filter(|&&label| label == class as i32).count() as f64;
    let counts: Vec<f64> = (0..N_CLASSES).map(count).collect();
    let raw: Vec<f64> = counts.iter().map(|&count| if count > 0.0 { raw(count) } else { 0.0 }).collect();
    let occurring = counts.iter().filter(|&&count| count > 0.0).count() as f64;
    let factor = factor(raw.iter().sum(), counts.iter().sum(), occurring);
    for (class, (&weight, raw)) in weights.iter().zip(raw).enumerate() {
        let expected = if raw == 0.0 { 0.0 } else { raw * factor };
        assert_close(weight.into(), expected, expected, 1e-7, class);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn balanced_weights_are_those_of_scikit_learn(labels in vec(-2..8_i32, 0..200)) {
        check(&labels, Scheme::Balanced, |count| 1.0 / count, |_, rows, occurring| rows / occurring);
    }

    #[test]
    fn effective_numbers_are_those_of_cui(
        labels in vec(-2..8_i32, 0..200), beta in prop_oneof![Just(0.0), Just(0.999), Just(0.999_999), 0.0..1.0]
    ) {
        let raw = |count: f64| (1.0 - beta) / (1.0 - f64::powi(beta, count as i32));
        check(&labels, Scheme::EffectiveNumber(beta), raw, |total, _, occurring| occurring / total);
    }
}
