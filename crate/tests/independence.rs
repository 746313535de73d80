//! Results of a row do not depend on other rows, on the batch or on earlier calls: a value that is not finite stays in
//! its row, and old contents of buffers do not matter.

use crate::common::{BAD, Batch, Case, LossSpec, METRICS, NO_CLASS, RULES, TOLERANCE, softmin};
use crate::common::{assert_close, assert_same_bits, assert_same_f64};
use crate::loss::gradients::batches;
use crate::reference;
use center_loss::detect::classify::Measure;
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::loss::ProxyLossKind;
use center_loss::loss::reduction::Reduction;
use center_loss::rows::shape::class_of;
use center_loss::update::center_gradient::Form;
use proptest::prelude::*;

/// Relative error of a float64 sum in another order.
const REORDERED: f64 = 1e-12;

/// Asserts that gradients and steps have the same bits, and with `with_loss` the losses too.
fn assert_same(actual: &Case, expected: &Case, with_loss: bool, what: &str) {
    let what = format!("{what}, {}", expected.name());
    let (a, b) = (actual.gradients(), expected.gradients());
    assert_same_bits(&a.x, &b.x, format_args!("∂/∂x, {what}"));
    assert_same_bits(&a.centers, &b.centers, format_args!("∂/∂centers, {what}"));
    assert_same_bits(&actual.gradient_x().1, &b.x, format_args!("∂/∂x alone, {what}"));
    if with_loss {
        assert_same_f64(a.loss, b.loss, format_args!("loss, {what}"));
        assert_same_f64(actual.evaluate(), b.loss, format_args!("evaluate, {what}"));
    }
    for rule in RULES.into_iter().filter(|_| actual.is_center_loss()) {
        let (a, b) = (actual.step(rule), expected.step(rule));
        assert_same_bits(&a.x, &b.x, format_args!("∂/∂x of {rule:?}, {what}"));
        assert_same_bits(&a.centers, &b.centers, format_args!("centers by {rule:?}, {what}"));
        assert_eq!(a.counts, b.counts, "{what}");
        assert!(!with_loss || a.loss.to_bits() == b.loss.to_bits(), "loss of {rule:?}, {what}");
    }
}

/// The case with a value of one row replaced by each of `BAD`: rows at either end and in a tile of their own, values in
/// the lanes and in the rest.
fn with_bad_values(case: &Case) -> Vec<(Case, usize, String)> {
    let mut spoiled = Vec::new();
    for row in [0, 1, 31, case.batch.rows() - 1] {
        for (k, bad) in [0, case.batch.n_dim - 1].into_iter().flat_map(|k| BAD.map(|bad| (k, bad))) {
            // A logit of −∞ is valid: its class has the probability 0.
            if !(matches!(case.spec, LossSpec::CrossEntropy(_)) && bad == f32::NEG_INFINITY) {
                let mut case = case.clone();
                case.batch.row_mut(row)[k] = bad;
                spoiled.push((case, row, format!("{bad} at [{row}, {k}]")));
            }
        }
    }
    spoiled
}

#[test]
fn a_bad_row_spoils_only_the_loss() {
    for (n_classes, n_dim) in [(4, 1), (4, 4), (4, 7), (4, 33), (3, 1025), (66, 33), (100, 17)] {
        let labels = (0..65).map(|row| row % 3).collect();
        for case in Case::every(&Batch::with_labels(labels, n_classes, n_dim, 3)) {
            // Without class weights, a row counts as much with a class as without.
            let case = Case { class_weight: vec![], ..case };
            for (spoiled, row, what) in with_bad_values(&case) {
                if reference::class(&case, row).is_none() {
                    continue;
                }
                let what = format!("{what}, {}", case.name());
                let is_nan = spoiled.batch.row(row).iter().any(|value| value.is_nan());
                let mut losses = vec![spoiled.evaluate(), spoiled.gradients().loss];
                losses.extend(case.is_center_loss().then(|| spoiled.step(RULES[0]).loss));
                assert!(losses.iter().all(|loss| !is_nan || loss.is_nan()), "{what}");
                // The ceiling of pytorch-ood bounds an infinite distance, too.
                assert!(case.is_floored() || losses.iter().all(|loss| !loss.is_finite()), "{what}");
                if matches!(case.spec, LossSpec::CrossEntropy(_) | LossSpec::DeepSvdd { .. }) {
                    let (actual, mut expected) = (spoiled.gradients(), case.gradients());
                    expected.x[row * n_dim..][..n_dim].fill(0.0);
                    assert_same_bits(&actual.x, &expected.x, format_args!("∂/∂x, {what}"));
                    assert!(actual.centers.iter().all(|value| value.is_finite()), "{what}");
                } else {
                    let mut without = case.clone();
                    without.batch.labels[row] = NO_CLASS;
                    assert_same(&spoiled, &without, false, &what);
                }
            }
        }
    }
}

#[test]
fn a_bad_row_that_does_not_count_changes_nothing() {
    for n_dim in [1, 4, 7, 33, 1025] {
        let labels = (0..65).map(|row| row % 3).collect();
        let every = if n_dim > 1000 { Case::every_floored } else { Case::every };
        for case in every(&Batch::with_labels(labels, 4, n_dim, 3)) {
            for (spoiled, row, what) in with_bad_values(&case) {
                let (mut spoiled_by_label, mut by_label) = (spoiled.clone(), case.clone());
                for case in [&mut spoiled_by_label, &mut by_label] {
                    case.batch.labels[row] = -1;
                }
                assert_same(&spoiled_by_label, &by_label, true, &format!("unknown, {what}"));
                if case.is_floored() {
                    continue;
                }
                let (mut spoiled_by_weight, mut by_weight) = (spoiled.clone(), case.clone());
                for case in [&mut spoiled_by_weight, &mut by_weight] {
                    case.batch.sample_weight.resize(65, 1.0);
                    case.batch.sample_weight[row] = 0.0;
                }
                assert_same(&spoiled_by_weight, &by_weight, true, &format!("without weight, {what}"));
                assert_same(&by_weight, &by_label, true, "a row without weight is unknown");
                if !matches!(case.spec, LossSpec::CrossEntropy(_) | LossSpec::DeepSvdd { .. }) {
                    let (mut spoiled, mut whole) = (spoiled.clone(), case.clone());
                    for case in [&mut spoiled, &mut whole] {
                        case.batch.labels[row] = 3;
                        case.class_weight = vec![1.0, 2.0, 0.5, 0.0];
                    }
                    let (spoiled, whole) = (spoiled.gradients(), whole.gradients());
                    // The product 0·∞ would be NaN.
                    assert_same_f64(spoiled.loss, whole.loss, format_args!("class without weight, {what}"));
                    assert_same_bits(&spoiled.x, &whole.x, format_args!("class without weight, {what}"));
                    assert_same_bits(&spoiled.centers, &whole.centers, format_args!("class without weight, {what}"));
                }
            }
        }
    }
}

#[test]
fn a_known_row_of_no_class_counts_and_makes_the_loss_nan_if_it_is_not_finite() {
    for case in Case::every(&Batch::with_labels(vec![1, NO_CLASS, -1, 0, 1], 3, 5, 1)) {
        if matches!(case.spec, LossSpec::CrossEntropy(_) | LossSpec::DeepSvdd { .. }) {
            continue;
        }
        for bad in BAD {
            let mut spoiled = Case { class_weight: vec![], ..case.clone() };
            spoiled.batch.sample_weight.clear();
            let whole = spoiled.clone();
            spoiled.batch.row_mut(1)[4] = bad;
            assert!(spoiled.evaluate().is_nan(), "{bad}, {}", case.name());
            assert_same(&spoiled, &whole, false, "of no class");
        }
    }
}

/// Rows on either side of where a sum moves to float64, the first of their class and its last, in two classes by turns.
#[test]
fn a_bad_row_is_left_out_wherever_the_sum_of_its_class_stands() {
    for count in [64, 65, 66, 129, 200] {
        for at in [0, 1, 62, 63, 64, 65, 127, 128, count - 2, count - 1].into_iter().filter(|&at| at < count) {
            for bad in BAD {
                for case in Case::every_floored(&Batch::with_labels([0, 1].repeat(count), 2, 7, 3)) {
                    let (mut spoiled, mut without) = (case.clone(), case);
                    spoiled.batch.row_mut(2 * at)[3] = bad;
                    without.batch.labels[2 * at] = NO_CLASS;
                    assert_same(&spoiled, &without, false, &format!("{bad} in row {at} of {count}"));
                    spoiled.checked_gradients();
                }
            }
        }
    }
}

#[test]
fn a_class_of_bad_rows_alone_has_no_gradient_and_stays() {
    for bad in BAD {
        let mut batch = Batch::with_labels(vec![0, 1, 1, 0], 2, 5, 3);
        batch.row_mut(1)[2] = bad;
        batch.row_mut(2)[4] = bad;
        for case in [Case::every_floored(&batch), Case::every_center(&batch)].concat() {
            assert_same_bits(&case.checked_gradients().centers[5..], &[0.0; 5], case.name());
            for rule in RULES {
                assert_same_bits(&case.step(rule).centers[5..], &batch.centers[5..], case.name());
            }
        }
    }
}

/// A row at no finite distance to its center has no gradient, whichever of the two is bad.
#[test]
fn a_bad_center_spoils_only_its_class() {
    for bad in BAD {
        for class in 0..9 {
            let batch = Batch::with_labels((0..65).map(|row| row % 9).collect(), 9, 7, 3);
            for case in [Case::every_floored(&batch), Case::every_center(&batch)].concat() {
                let mut spoiled = case.clone();
                spoiled.batch.center_mut(class)[6] = bad;
                let (actual, mut expected) = (spoiled.gradients(), case.gradients());
                expected.centers[class * 7..][..7].fill(0.0);
                for row in (0..65).filter(|row| row % 9 == class) {
                    expected.x[row * 7..][..7].fill(0.0);
                }
                let what = format!("{bad} in center {class}, {}", case.name());
                assert_same_bits(&actual.x, &expected.x, format_args!("∂/∂x, {what}"));
                assert_same_bits(&actual.centers, &expected.centers, format_args!("∂/∂centers, {what}"));
                let moved = spoiled.step(RULES[2]).centers;
                assert_same_bits(&moved[class * 7..][..7], spoiled.batch.center(class), format_args!("stays, {what}"));
            }
        }
    }
}

#[test]
fn a_batch_without_weight_has_no_loss() {
    for (labels, weight) in
        [(vec![], 1.0), (vec![-1], 1.0), (vec![-1, -7, i32::MIN], 1.0), (vec![0, 1, 1], 0.0), (vec![2, 2], 2.0)]
    {
        for mut case in Case::every(&Batch::with_labels(labels, 3, 5, 1)) {
            match weight {
                0.0 if !case.is_floored() => case.batch.sample_weight = vec![0.0; case.batch.rows()],
                // The only class has no weight.
                2.0 if case.is_floored() || matches!(case.spec, LossSpec::DeepSvdd { .. }) => continue,
                2.0 => {
                    case.batch.sample_weight.clear();
                    case.class_weight = vec![1.0, 1.0, 0.0, 1.0, 1.0];
                    case.class_weight.truncate(case.n_classes());
                }
                0.0 => continue,
                _ => {}
            }
            let (what, actual) = (case.name(), case.checked_gradients());
            assert_eq!(actual.loss.to_bits(), 0, "{what}");
            assert!(actual.x.iter().chain(&actual.centers).all(|value| value.to_bits() << 1 == 0), "{what}");
            if case.is_center_loss() && weight < 2.0 {
                assert_same_bits(&case.step(RULES[0]).centers, &case.batch.centers, what);
            }
        }
    }
}

#[test]
fn a_bad_row_has_no_class_and_leaves_the_other_rows_theirs() {
    for n_dim in [1, 4, 7, 33, 1025] {
        for (rows, n_classes) in [(65, 1), (65, 4), (65, 5), (65, 65), (41, 101)] {
            let batch = Batch::of_one_class(rows, n_classes, n_dim, 3);
            let (classes, distmats) = (batch.predict(), METRICS.map(|metric| batch.distances(metric)));
            let nearest = METRICS.map(|metric| batch.classify(Measure::Metric(metric), Score::Distance).1);
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38] {
                for (row, k) in [(0, 0), (1, n_dim - 1), (31, 0), (rows - 1, n_dim - 1)] {
                    let (mut spoiled, mut expected) = (batch.clone(), classes.clone());
                    spoiled.row_mut(row)[k] = bad;
                    expected[row] = -1;
                    let what = format!("{bad} at [{row}, {k}], {}", batch.shape());
                    assert_eq!(spoiled.predict(), expected, "{what}");
                    for (metric, (distmat, nearest)) in METRICS.into_iter().zip(distmats.iter().zip(&nearest)) {
                        // The squares of a large number overflow; its direction is finite.
                        if bad.is_finite() && metric != Metric::SqEuclidean {
                            continue;
                        }
                        let mut actual = spoiled.distances(metric);
                        let of_row = row * n_classes..(row + 1) * n_classes;
                        assert!(actual[of_row.clone()].iter().all(|distance| !distance.is_finite()), "{what}");
                        actual[of_row.clone()].copy_from_slice(&distmat[of_row]);
                        assert_same_bits(&actual, distmat, &what);
                        let mut expected = nearest.clone();
                        expected[row] = -1;
                        let (_, nearest) = spoiled.classify(Measure::Metric(metric), Score::Distance);
                        assert_eq!(nearest, expected, "{metric:?}, {what}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_bad_center_is_the_nearest_of_no_row_and_leaves_the_other_distances() {
    for (rows, n_classes, n_dim) in [(65, 9, 7), (41, 101, 35), (2, 101, 35)] {
        let batch = Batch::of_one_class(rows, n_classes, n_dim, 6);
        let distmat = batch.squared_distances();
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38] {
            for class in [0, 1, n_classes / 2, n_classes - 1] {
                let mut spoiled = batch.clone();
                spoiled.center_mut(class)[5] = bad;
                let classes = spoiled.predict();
                for (row, distances) in spoiled.squared_distances().chunks(n_classes).enumerate() {
                    let what = format!("{bad} in center {class}, row {row}, {}", batch.shape());
                    assert!(!distances[class].is_finite(), "{what}");
                    for other in (0..n_classes).filter(|other| *other != class) {
                        let expected = f64::from(distmat[row * n_classes + other]);
                        assert_close(distances[other].into(), expected, expected, 2.0 * TOLERANCE, &what);
                    }
                    let direct = reference::matrix(&spoiled.select(&[row]).squared_distances(), n_classes);
                    assert_eq!(classes[row], reference::nearest(&direct[0]), "{what}");
                }
            }
        }
    }
}

#[test]
fn results_of_a_row_do_not_depend_on_its_batch() {
    for (rows, n_classes, n_dim) in [
        (65, 1, 1),
        (65, 3, 5),
        (65, 5, 33),
        (65, 9, 7),
        (65, 65, 64),
        (65, 33, 128),
        (65, 5, 1025),
        (300, 96, 16),
        (300, 130, 65),
        (300, 100, 300),
    ] {
        let batch = Batch::random(rows, n_classes, n_dim, 8);
        let (classes, distmat) = (batch.predict(), batch.squared_distances());
        let probabilities = softmin(&distmat, n_classes, 1.0);
        for (row, class) in classes.into_iter().enumerate() {
            let alone = batch.select(&[row]);
            let what = format!("row {row}, {}", batch.shape());
            let of_row = &distmat[row * n_classes..][..n_classes];
            // Distances by matrix multiplication need a batch.
            if rows < 300 {
                assert_same_bits(&alone.squared_distances(), of_row, format_args!("distances, {what}"));
            }
            assert_eq!(alone.predict(), [class], "predict, {what}");
            let of_row = (softmin(of_row, n_classes, 1.0), &probabilities[row * n_classes..][..n_classes]);
            assert_same_bits(&of_row.0, of_row.1, format_args!("softmin, {what}"));
        }
        // Each row gets other neighbours, another place in its tile and another group.
        let some: Vec<usize> = (0..rows).rev().filter(|row| row % 3 != 1).collect();
        let expected: Vec<f32> =
            some.iter().flat_map(|&row| &distmat[row * n_classes..][..n_classes]).copied().collect();
        assert_same_bits(&batch.select(&some).squared_distances(), &expected, batch.shape());
    }
}

#[test]
fn a_center_gradient_does_not_depend_on_old_contents_of_its_buffers() {
    let batches = [vec![0, 6, 3, 3], vec![5], vec![-1, 9], vec![1, 2, 3, 4, 5, 6, 0], vec![], vec![2, 2]]
        .map(|labels| Batch::with_labels(labels, 7, 5, 4));
    for form in [Form::Dense, Form::Sparse] {
        let (mut rows, mut touched) = (vec![f32::NAN; 7 * 5], vec![0; 8]);
        for case in batches.iter().flat_map(Case::every_floored) {
            for before in [None, Some(0.0), Some(-0.0), Some(1e-45), Some(7.0), Some(f32::NAN)] {
                if let Some(before) = before {
                    rows.fill(before);
                }
                let into = case.center_gradients_into(form, &mut rows, &mut touched);
                let fresh = case.center_gradients(form);
                assert_eq!(into.classes, fresh.classes, "{}", case.name());
                let what = format!("{form:?} after {before:?}, {}", case.name());
                assert_same_bits(&rows[..fresh.centers.len()], &fresh.centers, what);
            }
        }
    }
}

/// Compares gradients of the same rows, summed in another order or in parts, relative to the sum of the absolute terms.
fn assert_same_sums(case: &Case, actual: &[f32], expected: &[f32], what: &str) {
    let (x, params) = reference::operands(case);
    let terms = reference::gradients(case, &x, &params).param_terms.concat();
    for (place, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let what = format_args!("{what}, value {place}, {}", case.name()).to_string();
        assert_close((*actual).into(), (*expected).into(), 2.0 * terms[place], TOLERANCE, what);
    }
}

fn gather(values: &[f32], rows: &[usize], n_dim: usize) -> Vec<f32> {
    rows.iter().flat_map(|&row| &values[row * n_dim..][..n_dim]).copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_rows_does_not_matter(
        (batch, order) in batches(12).prop_flat_map(|batch| {
            let rows: Vec<usize> = (0..batch.rows()).collect();
            (Just(batch), Just(rows).prop_shuffle())
        })
    ) {
        for case in Case::every(&batch) {
            let other = case.select(&order);
            let (actual, expected) = (other.gradients(), case.gradients());
            assert_close(actual.loss, expected.loss, expected.loss, REORDERED, case.name());
            if !case.has_weights() {
                // Without weights, Σ w is exact in any order.
                assert_same_bits(&actual.x, &gather(&expected.x, &order, batch.n_dim), case.name());
            }
            assert_same_sums(&case, &actual.centers, &expected.centers, "∂/∂centers");
            if case.is_center_loss() {
                let (a, b) = (other.step(RULES[0]).centers, case.step(RULES[0]).centers);
                for (a, b) in a.iter().zip(&b) {
                    // A moved center is an average of values below 6.
                    assert_close((*a).into(), (*b).into(), 6.0, TOLERANCE, case.name());
                }
            }
        }
    }

    #[test]
    fn the_sum_over_parts_is_the_sum_over_all(batch in batches(12), cut in 0.0..=1.0) {
        let rows: Vec<usize> = (0..batch.rows()).collect();
        let (first, second) = rows.split_at((cut * rows.len() as f64) as usize);
        for case in Case::every(&batch) {
            if matches!(case.spec, LossSpec::CrossEntropy(_) | LossSpec::DeepSvdd { .. } | LossSpec::Proxy(ProxyLossKind::Island, _)) {
                continue;
            }
            let case = Case { reduction: Reduction::Sum, ..case };
            let [a, b] = [first, second].map(|rows| case.select(rows).gradients());
            let whole = case.gradients();
            assert_close(a.loss + b.loss, whole.loss, whole.loss, REORDERED, case.name());
            assert_same_bits(&[&a.x[..], &b.x].concat(), &whole.x, format_args!("∂/∂x, {}", case.name()));
            let sums: Vec<f32> = a.centers.iter().zip(&b.centers).map(|(a, b)| a + b).collect();
            assert_same_sums(&case, &sums, &whole.centers, "∂/∂centers");
        }
    }

    #[test]
    fn unknown_rows_are_as_if_they_were_not_there(batch in batches(12)) {
        for case in Case::every(&batch) {
            let (known, unknown): (Vec<usize>, Vec<usize>) = (0..batch.rows()).partition(|&row| batch.labels[row] >= 0);
            let filtered = case.select(&known);
            let (actual, expected) = (filtered.gradients(), case.gradients());
            assert_same_f64(actual.loss, expected.loss, case.name());
            assert_same_bits(&actual.x, &gather(&expected.x, &known, batch.n_dim), case.name());
            prop_assert!(gather(&expected.x, &unknown, batch.n_dim).iter().all(|value| value.to_bits() == 0));
            if case.is_center_loss() {
                assert_same_bits(&actual.centers, &expected.centers, case.name());
                assert_same_bits(&filtered.step(RULES[0]).centers, &case.step(RULES[0]).centers, case.name());
            } else {
                // Losses against proxies sum rows in blocks, which start at other rows here.
                assert_same_sums(&case, &actual.centers, &expected.centers, "∂/∂centers");
            }
        }
    }

    #[test]
    fn a_weight_of_two_is_like_the_row_twice(batch in batches(24), pick in any::<prop::sample::Index>()) {
        prop_assume!(batch.rows() > 0);
        let mut rows: Vec<usize> = (0..batch.rows()).collect();
        let row = pick.index(rows.len());
        rows.push(row);
        for case in Case::every(&batch) {
            if case.is_floored() || class_of(batch.labels[row], case.n_classes()).is_none() {
                continue;
            }
            let mut once = case.clone();
            once.batch.sample_weight = vec![1.0; batch.rows()];
            let twice = once.select(&rows).gradients();
            once.batch.sample_weight[row] = 2.0;
            let actual = once.gradients();
            assert_close(actual.loss, twice.loss, twice.loss, 1e-9, case.name());
            assert_same_sums(&once, &actual.centers, &twice.centers, "∂/∂centers");
        }
    }

    /// A common factor of all weights changes only `Reduction::Sum`.
    #[test]
    fn only_the_ratios_of_weights_matter(batch in batches(9)) {
        for case in Case::every(&batch) {
            let is_sum = case.reduction == Reduction::Sum
                && !matches!(case.spec, LossSpec::CrossEntropy(_) | LossSpec::DeepSvdd { .. });
            if !case.has_weights() || is_sum {
                continue;
            }
            let mut quadrupled = case.clone();
            quadrupled.batch.sample_weight.iter_mut().for_each(|weight| *weight *= 4.0);
            let (actual, expected) = (quadrupled.gradients(), case.gradients());
            assert_close(actual.loss, expected.loss, expected.loss, REORDERED, case.name());
            for (actual, expected) in actual.x.iter().zip(&expected.x) {
                assert_close((*actual).into(), (*expected).into(), (*expected).into(), 1e-6, case.name());
            }
        }
    }

    #[test]
    fn a_weight_of_one_is_like_no_weight(batch in batches(9)) {
        for case in Case::every(&batch).into_iter().filter(|case| !case.is_floored()) {
            let mut bare = Case { class_weight: vec![], ..case };
            bare.batch.sample_weight.clear();
            let mut ones = Case { class_weight: vec![1.0; bare.n_classes()], ..bare.clone() };
            ones.batch.sample_weight = vec![1.0; batch.rows()];
            assert_same(&ones, &bare, true, "weights of one");
        }
    }

    #[test]
    fn the_gradient_of_a_row_does_not_depend_on_the_others(batch in batches(70)) {
        for case in [Case::every_floored(&batch), Case::every_center(&batch), Case::every_proxy(&batch)].concat() {
            let case = Case { reduction: Reduction::Sum, ..case };
            let all = case.gradients();
            for row in 0..batch.rows() {
                let alone = case.select(&[row]).gradients();
                assert_same_bits(&alone.x, &all.x[row * batch.n_dim..][..batch.n_dim], format_args!("{row}, {}", case.name()));
            }
        }
    }

    /// Whole numbers below 2²⁴ have exact differences, so that the bits must be equal.
    #[test]
    fn nothing_changes_when_rows_and_centers_move_together(
        batch in batches(12), shifts in prop::collection::vec(-1_000_000..=1_000_000_i32, 40)
    ) {
        let mut batch = batch;
        // Adding 0 turns −0 into 0: −0 − 0 is −0, but 0 once both are shifted.
        batch.values_mut().for_each(|value| *value = (*value * 100.0).round() + 0.0);
        for case in Case::every_floored(&batch) {
            let mut moved = case.clone();
            for (place, value) in moved.batch.x.iter_mut().enumerate() {
                *value += shifts[place % batch.n_dim] as f32;
            }
            for (place, value) in moved.batch.centers.iter_mut().enumerate() {
                *value += shifts[place % batch.n_dim] as f32;
            }
            assert_same_bits(&moved.batch.squared_distances(), &batch.squared_distances(), "distances");
            prop_assert_eq!(moved.batch.predict(), batch.predict());
            let (actual, expected) = (moved.checked_gradients(), case.gradients());
            assert_same_f64(actual.loss, expected.loss, case.name());
            assert_same_bits(&actual.x, &expected.x, case.name());
            assert_same_bits(&actual.centers, &expected.centers, case.name());
            let (actual, expected) = (moved.step(RULES[0]).centers, case.step(RULES[0]).centers);
            for (place, (after, expected)) in actual.iter().zip(&expected).enumerate() {
                let shift = f64::from(shifts[place % batch.n_dim]);
                // The moved center is rounded at the magnitude that it has there.
                let scale = 1.0 + f64::from(*after).abs() + f64::from(*expected).abs();
                assert_close(f64::from(*after) - shift, (*expected).into(), scale, 1e-6, case.name());
            }
        }
    }
}
