//! Thresholds, p-values and metrics by order, against their definitions: scores that tie often, at every small size.
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::float_cmp, reason = "a threshold is one of the scores")]

mod common;
mod decision_reference;

use core::cmp::Ordering;

use center_loss::detect::threshold::{p_values, threshold};
use center_loss::metrics::roc::{Order, Scores};
use common::assert_close;
use decision_reference as reference;
use proptest::collection::vec;
use proptest::prelude::*;

/// Sums of rounded terms; counts are exact.
const ROUNDING: f64 = 1e-14;

fn sorted(scores: &[f64]) -> Vec<f64> {
    let mut scores = scores.to_vec();
    scores.sort_by(f64::total_cmp);
    scores
}

/// The unknown rows are the positive ones, with the highest scores.
fn find_unknown<'a>(known: &'a [f64], unknown: &'a [f64]) -> Scores<'a> {
    Scores { positive: unknown, negative: known, order: Order::Highest }
}

/// The known rows are the positive ones, with the lowest scores.
fn find_known<'a>(known: &'a [f64], unknown: &'a [f64]) -> Scores<'a> {
    Scores { positive: known, negative: unknown, order: Order::Lowest }
}

/// Every metric of the two sides against its definition.
fn check(known: &[f64], unknown: &[f64], tpr: f64) {
    let (known, unknown) = (sorted(known), sorted(unknown));
    let (to_unknown, to_known) = (find_unknown(&known, &unknown), find_known(&known, &unknown));
    let auroc = reference::concordance(&known, &unknown, |_| true);
    assert_eq!(to_unknown.area(unknown.len() as f64), auroc, "AUROC");
    assert_eq!(to_known.area(known.len() as f64), auroc, "AUROC from the other side");
    let negated = |scores: &[f64]| scores.iter().map(|score| -score).collect::<Vec<_>>();
    let (minus_known, minus_unknown) = (negated(&known), negated(&unknown));
    for (scores, positive, negative, side) in
        [(to_unknown, &unknown, &known, "out"), (to_known, &minus_known, &minus_unknown, "in")]
    {
        let expected = reference::aupr(positive, negative, false);
        assert_close(scores.average_precision(), expected, 1.0, ROUNDING, format_args!("AP {side}"));
        let expected = reference::aupr(positive, negative, true);
        assert_close(scores.trapezoid_precision(), expected, 1.0, ROUNDING, format_args!("trapezoids {side}"));
        assert_eq!(scores.fpr_at_tpr(tpr), reference::fpr_at_tpr(positive, negative, tpr), "FPR at {tpr} {side}");
        let points = reference::thresholds(positive, negative);
        let len = known.len() + unknown.len() + 1;
        let mut curve = [vec![f64::NAN; len], vec![f64::NAN; len], vec![f64::NAN; len]];
        let [fpr, tpr, thresholds] = &mut curve;
        let count = scores.roc_curve(fpr, tpr, thresholds);
        assert_eq!(count, points.len() + 1, "points {side}");
        let sign = if side == "in" { -1.0 } else { 1.0 };
        assert_eq!((fpr[0], tpr[0], thresholds[0]), (0.0, 0.0, sign * f64::INFINITY));
        for (i, (score, tp, fp)) in points.into_iter().enumerate() {
            let expected = (fp / negative.len() as f64, tp / positive.len() as f64, sign * score);
            assert_eq!((fpr[i + 1], tpr[i + 1], thresholds[i + 1]), expected, "point {i} {side}");
        }
    }
    // Every other known row is classified correctly.
    let correct: Vec<f64> = known.iter().copied().step_by(2).collect();
    let oscr = reference::concordance(&known, &unknown, |i| i % 2 == 0);
    let scores = find_known(&correct, &unknown);
    assert_eq!(scores.area(known.len() as f64), oscr, "OSCR");
}

#[test]
fn metrics_of_every_small_size() {
    for known in 1..=5_usize {
        for unknown in 1..=5_usize {
            // All ways to give each row one of three scores.
            for code in 0..3_usize.pow(u32::try_from(known + unknown).unwrap()).min(3000) {
                let score = |row: usize| (code / 3_usize.pow(u32::try_from(row).unwrap()) % 3) as f64;
                let scores: Vec<f64> = (0..known + unknown).map(score).collect();
                for tpr in [0.2, 0.5, 0.95, 1.0] {
                    check(&scores[..known], &scores[known..], tpr);
                }
            }
        }
    }
}

#[test]
fn metrics_of_scores_without_end() {
    let inf = f64::INFINITY;
    check(&[1.0, inf, inf, -inf], &[inf, 2.0, -inf], 0.75);
    check(&[-0.0, 0.0], &[0.0, -0.0], 1.0);
    check(&[f64::MIN_POSITIVE / 4.0], &[0.0], 0.5);
    // Scores apart by the last bit do not tie.
    check(&[1.0], &[1.0 + f64::EPSILON], 0.95);
}

#[test]
fn metrics_of_many_rows() {
    // 2·P·N is above 2³², where counts of 32 bits would have overflowed.
    let known: Vec<f64> = (0..100_000).map(|row| f64::from(row % 1000)).collect();
    let unknown: Vec<f64> = (0..100_000).map(|row| f64::from(row % 1000 + 500)).collect();
    let (known, unknown) = (sorted(&known), sorted(&unknown));
    // Of the 10⁶ pairs of values u + 500 and k, half and half of the ties: k < u + 500.
    let mut pairs = 0.0;
    for u in 0..1000 {
        for k in 0..1000 {
            pairs += match k.cmp(&(u + 500)) {
                Ordering::Less => 1.0,
                Ordering::Equal => 0.5,
                Ordering::Greater => 0.0,
            };
        }
    }
    assert_eq!(find_unknown(&known, &unknown).area(1e5), pairs / 1e6);
}

#[test]
fn thresholds_of_every_small_size() {
    for n in 1..=42_usize {
        let distinct: Vec<f64> = (0..n).map(|row| (row * 17 % n) as f64).collect();
        let tied: Vec<f64> = (0..n).map(|row| (row * 17 % n / 3) as f64).collect();
        for scores in [distinct, tied] {
            let mut shares = vec![1e-9, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99, 1.0 - 1e-16, 1.0];
            shares.extend((1..=n).flat_map(|k| [k as f64 / n as f64, k as f64 / (n + 1) as f64]));
            // Also what is next to them: products of it round to the same whole number.
            shares.extend(shares.clone().into_iter().flat_map(|share| [share.next_down(), share.next_up().min(1.0)]));
            for tpr in shares {
                for finite_sample in [false, true] {
                    let expected = reference::threshold(&scores, tpr, finite_sample);
                    let actual = threshold(&sorted(&scores), tpr, finite_sample);
                    assert_eq!(actual, expected, "n = {n}, tpr = {tpr}, finite sample: {finite_sample}");
                }
            }
        }
    }
    // 0.95·20 and 0.07·100 are not 19 and 7 in float64, one of them is above.
    let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
    assert_eq!(threshold(&twenty, 0.95, false), 19.0);
    let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(threshold(&hundred, 0.07, false), 7.0);
    // Of 19 scores the 20th would have to be under 0.95: that is the highest; of 18 there is none.
    assert_eq!(threshold(&twenty[..19], 0.95, true), 19.0);
    assert_eq!(threshold(&twenty[..18], 0.95, true), f64::INFINITY);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn metrics_are_as_defined(
        known in vec(-9..9_i32, 1..70), unknown in vec(-6..12_i32, 1..70), tpr in 0.01..=1.0, spread in 1..4_i32
    ) {
        let scores = |values: &[i32]| values.iter().map(|value| f64::from(value / spread) / 7.0).collect::<Vec<_>>();
        check(&scores(&known), &scores(&unknown), tpr);
    }

    #[test]
    fn only_the_order_of_scores_counts(known in vec(-9..9_i32, 1..40), unknown in vec(-9..9_i32, 1..40)) {
        let plain = |values: &[i32]| sorted(&values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>());
        let bent = |values: &[i32]| sorted(&values.iter().map(|&value| f64::from(value).exp()).collect::<Vec<_>>());
        let (a, b) = (plain(&known), plain(&unknown));
        let (c, d) = (bent(&known), bent(&unknown));
        let (before, after) = (find_unknown(&a, &b), find_unknown(&c, &d));
        prop_assert_eq!(before.area(b.len() as f64), after.area(d.len() as f64));
        prop_assert_eq!(before.average_precision(), after.average_precision());
        prop_assert_eq!(before.fpr_at_tpr(0.95), after.fpr_at_tpr(0.95));
    }

    #[test]
    fn p_values_are_as_defined(calibration in vec(0..20_i32, 0..60), scores in vec(-2..22_i32, 0..60)) {
        let calibration: Vec<f64> = calibration.into_iter().map(f64::from).collect();
        let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
        let mut actual = scores.clone();
        p_values(&sorted(&calibration), &mut actual);
        for (p, score) in actual.into_iter().zip(scores) {
            prop_assert_eq!(p, reference::p_value(&calibration, score));
        }
    }

    /// What p-values and thresholds promise is one thing said twice.
    #[test]
    fn a_score_over_the_threshold_has_a_small_p_value(calibration in vec(0..50_i32, 1..60), score in 0..50_i32, tpr in 0.01..=1.0) {
        let calibration = sorted(&calibration.into_iter().map(f64::from).collect::<Vec<_>>());
        let mut p = [f64::from(score)];
        p_values(&calibration, &mut p);
        let is_over = f64::from(score) > threshold(&calibration, tpr, true);
        // The bound is met to a rounding of 1 − tpr.
        prop_assert!(!is_over || p[0] <= 1.0 - tpr + 1e-12, "{} with tpr {tpr}", p[0]);
        prop_assert!(is_over || p[0] > 1.0 - tpr - 1e-12, "{} with tpr {tpr}", p[0]);
    }
}
