//! Thresholds and p-values against their definitions: scores that tie often, at every small size.

use crate::common::sorted;
use crate::reference::scores as reference;
use center_loss::detect::threshold::{p_values, smoothing_bits, threshold};
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn thresholds_of_every_small_size() {
    for n in 1..=42_usize {
        let distinct: Vec<f64> = (0..n).map(|row| (row * 17 % n) as f64).collect();
        let tied: Vec<f64> = (0..n).map(|row| (row * 17 % n / 3) as f64).collect();
        for scores in [distinct, tied] {
            let mut shares = vec![1e-9, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99, 1.0 - 1e-16, 1.0];
            shares.extend((1..=n).flat_map(|k| [k as f64 / n as f64, k as f64 / (n + 1) as f64]));
            // The shares next to them: their products round to the same whole number.
            shares.extend(shares.clone().into_iter().flat_map(|share| [share.next_down(), share.next_up().min(1.0)]));
            for (tpr, finite_sample) in shares.into_iter().flat_map(|tpr| [(tpr, false), (tpr, true)]) {
                let expected = reference::threshold(&scores, tpr, finite_sample);
                let actual = threshold(&sorted(scores.clone()), tpr, finite_sample);
                assert_eq!(actual, expected, "n = {n}, tpr = {tpr}, finite sample: {finite_sample}");
            }
        }
    }
    // In float64, 0.07·100 is above 7.
    let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(threshold(&hundred[..20], 0.95, false), 19.0);
    assert_eq!(threshold(&hundred, 0.07, false), 7.0);
    // 0.95·(19 + 1) is 19, the highest score; 0.95·(18 + 1) is above 18.
    assert_eq!(threshold(&hundred[..19], 0.95, true), 19.0);
    assert_eq!(threshold(&hundred[..18], 0.95, true), f64::INFINITY);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p_values_are_as_defined(calibration in vec(0..20_i32, 0..60), scores in vec(-2..22_i32, 0..60)) {
        let calibration: Vec<f64> = calibration.into_iter().map(f64::from).collect();
        let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
        let mut actual = scores.clone();
        p_values(&sorted(calibration.clone()), &mut actual, None);
        for (p, score) in actual.into_iter().zip(scores) {
            prop_assert_eq!(p, reference::p_value(&calibration, score));
        }
    }

    #[test]
    fn smoothed_p_values_are_as_defined(
        calibration in vec(0..20_i32, 0..60), scores in vec(-2..22_i32, 0..60), seed: u64, stream: u64
    ) {
        let calibration: Vec<f64> = calibration.into_iter().map(f64::from).collect();
        let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
        let (mut actual, mut uniform) = (scores.clone(), vec![0.0; scores.len()]);
        p_values(&sorted(calibration.clone()), &mut actual, Some(smoothing_bits(seed, stream)));
        // Without calibration, p = (0 + U·1) / 1.
        p_values(&[], &mut uniform, Some(smoothing_bits(seed, stream)));
        for ((p, u), score) in actual.into_iter().zip(uniform).zip(scores) {
            prop_assert!((0.0..1.0).contains(&u));
            prop_assert_eq!(p, reference::smoothed_p_value(&calibration, score, u));
        }
    }

    #[test]
    fn a_score_over_the_threshold_has_a_small_p_value(
        calibration in vec(0..50_i32, 1..60), score in 0..50_i32, tpr in 0.01..=1.0
    ) {
        let calibration = sorted(calibration.into_iter().map(f64::from));
        let mut p = [f64::from(score)];
        p_values(&calibration, &mut p, None);
        let is_over = f64::from(score) > threshold(&calibration, tpr, true);
        // The bound is met to a rounding of 1 − tpr.
        prop_assert!(!is_over || p[0] <= 1.0 - tpr + 1e-12, "{} with tpr {tpr}", p[0]);
        prop_assert!(is_over || p[0] > 1.0 - tpr - 1e-12, "{} with tpr {tpr}", p[0]);
    }
}

#[test]
fn uniform_numbers_of_each_seed_and_stream_are_their_own() {
    let uniform = |seed, stream| {
        let mut p = [0.0; 1000];
        p_values(&[], &mut p, Some(smoothing_bits(seed, stream)));
        p
    };
    let all: Vec<_> =
        [(0, 0), (0, 1), (1, 0), (1, 1), (1 << 52, 0)].map(|(seed, stream)| uniform(seed, stream)).concat();
    let mut distinct = sorted(all.clone());
    distinct.dedup();
    assert_eq!(distinct.len(), all.len());
    // The largest distance of 5000 uniform numbers from their places in order is below 1.95/√5000 with a chance of 0.999.
    let furthest = distinct.iter().enumerate().map(|(i, u)| (u - i as f64 / 5000.0).abs()).fold(0.0, f64::max);
    assert!(furthest < 1.95 / 5000_f64.sqrt(), "{furthest}");
}
