//! Metrics by order against their definitions: scores that tie often, at every small size.

use crate::common::{assert_close, sorted};
use crate::reference::scores as reference;
use center_loss::metrics::roc::{Order, Scores};
use proptest::collection::vec;
use proptest::prelude::*;

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
    /// Sums of rounded terms; counts are exact.
    const ROUNDING: f64 = 1e-14;
    let (known, unknown) = (sorted(known.to_vec()), sorted(unknown.to_vec()));
    let (to_unknown, to_known) = (find_unknown(&known, &unknown), find_known(&known, &unknown));
    let auroc = reference::concordance(&known, &unknown, |_| true);
    assert_eq!(to_unknown.area(unknown.len() as f64), auroc, "AUROC");
    assert_eq!(to_known.area(known.len() as f64), auroc, "AUROC from the other side");
    let negated = |scores: &[f64]| scores.iter().map(|score| -score).collect::<Vec<_>>();
    let (minus_known, minus_unknown) = (negated(&known), negated(&unknown));
    for (scores, positive, negative, sign) in
        [(to_unknown, &unknown, &known, 1.0), (to_known, &minus_known, &minus_unknown, -1.0)]
    {
        let expected = reference::aupr(positive, negative, false);
        assert_close(scores.average_precision(), expected, 1.0, ROUNDING, format_args!("AP, {sign}"));
        let expected = reference::aupr(positive, negative, true);
        assert_close(scores.trapezoid_precision(), expected, 1.0, ROUNDING, format_args!("trapezoids, {sign}"));
        assert_eq!(scores.fpr_at_tpr(tpr), reference::fpr_at_tpr(positive, negative, tpr), "FPR at {tpr}, {sign}");
        let points = reference::thresholds(positive, negative);
        let [mut fpr, mut tpr, mut thresholds] = [(); 3].map(|()| vec![f64::NAN; known.len() + unknown.len() + 1]);
        let count = scores.roc_curve(&mut fpr, &mut tpr, &mut thresholds);
        assert_eq!(count, points.len() + 1, "points, {sign}");
        assert_eq!((fpr[0], tpr[0], thresholds[0]), (0.0, 0.0, sign * f64::INFINITY));
        for (i, (score, tp, fp)) in points.into_iter().enumerate() {
            let expected = (fp / negative.len() as f64, tp / positive.len() as f64, sign * score);
            assert_eq!((fpr[i + 1], tpr[i + 1], thresholds[i + 1]), expected, "point {i}, {sign}");
        }
    }
    // OSCR where every other known row is classified correctly.
    let correct: Vec<f64> = known.iter().copied().step_by(2).collect();
    let oscr = reference::concordance(&known, &unknown, |i| i % 2 == 0);
    assert_eq!(find_known(&correct, &unknown).area(known.len() as f64), oscr, "OSCR");
}

#[test]
fn metrics_of_every_small_size() {
    for (known, unknown) in (1..=5_usize).flat_map(|known| (1..=5_usize).map(move |unknown| (known, unknown))) {
        // All ways to give each row one of three scores.
        for code in 0..3_usize.pow((known + unknown) as u32).min(3000) {
            let score = |row: usize| (code / 3_usize.pow(row as u32) % 3) as f64;
            let scores: Vec<f64> = (0..known + unknown).map(score).collect();
            for tpr in [0.2, 0.5, 0.95, 1.0] {
                check(&scores[..known], &scores[known..], tpr);
            }
        }
    }
}

#[test]
fn metrics_of_infinite_scores_and_of_the_last_bit() {
    let inf = f64::INFINITY;
    check(&[1.0, inf, inf, -inf], &[inf, 2.0, -inf], 0.75);
    check(&[-0.0, 0.0], &[0.0, -0.0], 1.0);
    check(&[f64::MIN_POSITIVE / 4.0], &[0.0], 0.5);
    check(&[1.0], &[1.0 + f64::EPSILON], 0.95);
}

/// 2·P·N is above 2³², where counts of 32 bits would have overflowed.
#[test]
fn metrics_of_many_rows() {
    let [known, unknown] = [0, 500].map(|from| sorted((0..100_000).map(|row| f64::from(row % 1000 + from))));
    // Each of the 10⁶ pairs of values is there 10⁴ times.
    let [values, above] = [0, 500].map(|from| (0..1000).map(|value| f64::from(value + from)).collect::<Vec<_>>());
    let expected = reference::concordance(&values, &above, |_| true);
    assert_eq!(find_unknown(&known, &unknown).area(1e5), expected);
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
        let plain = |values: &[i32]| sorted(values.iter().map(|&value| f64::from(value)));
        let bent = |values: &[i32]| sorted(values.iter().map(|&value| f64::from(value).exp()));
        let (a, b, c, d) = (plain(&known), plain(&unknown), bent(&known), bent(&unknown));
        let (before, after) = (find_unknown(&a, &b), find_unknown(&c, &d));
        prop_assert_eq!(before.area(b.len() as f64), after.area(d.len() as f64));
        prop_assert_eq!(before.average_precision(), after.average_precision());
        prop_assert_eq!(before.fpr_at_tpr(0.95), after.fpr_at_tpr(0.95));
    }
}
