//! The loss of rows at their own centers, in every metric, against float64 loops and their finite differences.
#![allow(clippy::cast_possible_truncation, reason = "references become float32 inputs")]
#![allow(clippy::cast_precision_loss, reason = "small counts")]

mod common;
#[path = "common/own_center.rs"]
mod own_batch;
#[path = "reference/own_center.rs"]
mod own_center;
mod reference;

use center_loss::distance::metric::Metric;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::{Loss, Reduction};
use center_loss::simd::vector::Lanes;
use center_loss::update::averages::Rule;
use center_loss::update::center_gradient::Form;
use center_loss::update::sgd::sgd;
use common::{Batch, Gradients, REDUCTIONS, TOLERANCE, assert_close, assert_same_bits, normal, radius_between};
use own_batch::{METRICS, Own, PENALTIES};
use own_center::{Matrix, distance, norm};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use reference::matrix;

const DIMENSIONS: [usize; 20] = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 511, 512, 513, 1025];

/// Every metric with every penalty and, by turns, every reduction; weighted or not; radii that some rows are within.
fn variants(batch: &Batch) -> Vec<Own> {
    let (x, centers) = (matrix(&batch.x, batch.dim), matrix(&batch.centers, batch.dim));
    let mut variants = Vec::new();
    for (metric, penalty) in METRICS.into_iter().flat_map(|metric| PENALTIES.map(|penalty| (metric, penalty))) {
        let reduction = REDUCTIONS[variants.len() / 4 % 4];
        let plain = Own::plain(batch.clone(), metric, penalty, reduction);
        let mut with_radii = plain.clone().weighted();
        let case = plain.reference();
        for (class, center) in centers.iter().enumerate() {
            let own: Vec<f64> = (0..x.len())
                .filter(|&i| case.class(i) == Some(class))
                .map(|i| distance(metric, &x[i], center))
                .collect();
            with_radii.radii[class] = radius_between(&own) as f32;
        }
        let reduction = REDUCTIONS[(variants.len() / 4 + 1) % 4];
        variants.push(Own { reduction, ..with_radii });
        variants.push(plain);
    }
    variants
}

fn name(own: &Own) -> String {
    let Own { batch, metric, penalty, reduction, .. } = own;
    let (rows, classes, dim) = (batch.rows(), batch.n_classes(), batch.dim);
    format!("B = {rows}, C = {classes}, D = {dim}, {metric:?}, {penalty:?}, {reduction:?}")
}

/// A row of a gradient is a vector: what rounding makes of a component is a part of the vector's length.
#[track_caller]
fn assert_rows_close(actual: &[f32], expected: &[Vec<f64>], scales: &[f64], what: &str) {
    let dim = expected.first().map_or(1, Vec::len);
    assert_eq!(actual.len(), expected.len() * dim, "{what}: length");
    for (row, (actual, expected)) in actual.chunks(dim).zip(expected).enumerate() {
        for (k, (actual, expected)) in actual.iter().zip(expected).enumerate() {
            let what = format_args!("{what} [{row}, {k}]").to_string();
            assert_close((*actual).into(), *expected, scales[row] + 1e-30, TOLERANCE, what);
        }
    }
}

fn check(own: &Own) {
    let what = name(own);
    let (x, centers) = (matrix(&own.batch.x, own.batch.dim), matrix(&own.batch.centers, own.batch.dim));
    let case = own.reference();
    let expected = case.gradients(&x, &centers);
    let actual = own.gradients(Form::Dense);
    let loss = case.loss(&x, &centers);
    // An excess has the rounding of its distance: relative to that, not to what the radius leaves of it.
    let without = own_center::Case { radii: vec![0.0; own.radii.len()], ..case.clone() }.loss(&x, &centers);
    // Of directions that are the same, float64 has its own roundings left, in the reference, too: squares of 10⁻¹⁶ …
    let [rounding, of_slope] = if own.metric == Metric::Cosine { [1e-25, 1e-8] } else { [1e-30, 0.0] };
    assert_close(actual.loss, loss, 3.0 * without + rounding, TOLERANCE, &what);
    assert_eq!(own.evaluate().to_bits(), actual.loss.to_bits(), "evaluate, {what}");

    let tight = own_center::Case { radii: vec![0.0; own.radii.len()], ..case.clone() }.gradients(&x, &centers);
    // … and 10⁻¹⁶ itself, over the length of the shorter one.
    let scales: Vec<f64> = tight.x.iter().map(|row| norm(row) + of_slope).collect();
    assert_rows_close(&actual.x, &expected.x, &scales, &format!("∂/∂x, {what}"));
    let scales: Vec<f64> = tight.terms.iter().map(|terms| terms + of_slope).collect();
    assert_rows_close(&actual.centers, &expected.centers, &scales, &format!("∂/∂centers, {what}"));

    let (loss, grad_x) = own.gradient();
    assert_eq!(loss.to_bits(), actual.loss.to_bits(), "gradient, {what}");
    assert_same_bits(&grad_x, &actual.x, format_args!("gradient, {what}"));
    let touched = own.gradients(Form::Sparse);
    assert_same_bits(&touched.x, &actual.x, format_args!("touched, {what}"));
    let mut dense = vec![0.0; own.batch.centers.len()];
    for (class, row) in touched.classes.iter().zip(touched.centers.chunks(own.batch.dim)) {
        dense[*class as usize * own.batch.dim..][..own.batch.dim].copy_from_slice(row);
    }
    assert_same_bits(&dense, &actual.centers, format_args!("touched centers, {what}"));
}

#[test]
fn loss_and_gradients_are_those_of_the_reference() {
    for dim in DIMENSIONS {
        for (rows, n_classes) in [(1, 1), (9, 4), (23, 5)] {
            variants(&Batch::random(rows, n_classes, dim, 5)).iter().for_each(check);
        }
    }
}

#[test]
fn classes_of_many_rows_are_summed_as_exactly() {
    for rows in [63, 64, 65, 127, 128, 129, 1000] {
        variants(&Batch::random(rows, 2, 3, 5)).iter().for_each(check);
    }
}

/// ∂f/∂m_ik by central differences of two steps, so that the first error is of fourth order.
fn differences(at: &Matrix, f: impl Fn(&Matrix) -> f64) -> Matrix {
    let (mut moved, mut slope) = (at.clone(), at.clone());
    for i in 0..at.len() {
        for k in 0..at[i].len() {
            let mut central = |step: f64| {
                moved[i][k] = at[i][k] + step;
                let above = f(&moved);
                moved[i][k] = at[i][k] - step;
                (above - f(&moved)) / (2.0 * step)
            };
            slope[i][k] = (4.0 * central(5e-4) - central(1e-3)) / 3.0;
            moved[i][k] = at[i][k];
        }
    }
    slope
}

#[test]
fn gradients_are_the_slope_of_the_loss() {
    for (rows, n_classes, dim) in [(1, 1, 2), (3, 2, 5), (9, 4, 7), (20, 5, 17), (6, 3, 33)] {
        // Rows apart from their centers: on them the distance has no slope. With this seed no distance is within a
        // step of its radius, either, where the curvature of a penalty jumps and differences are only of first order.
        let labels = (0..rows).map(|row| [-1, 0, 1, 2, 3, 4][(row * 7 + 1) % (n_classes + 1)]).collect();
        for own in variants(&Batch::with_labels(labels, n_classes, dim, 3)) {
            let (x, centers) = (matrix(&own.batch.x, dim), matrix(&own.batch.centers, dim));
            let case = own.reference();
            let actual = own.gradients(Form::Dense);
            let of_x = differences(&x, |x| case.loss(x, &centers));
            let of_centers = differences(&centers, |centers| case.loss(&x, centers));
            let terms = case.gradients(&x, &centers).terms;
            // Of fourth order in 10⁻³, and 10⁻¹³ of rounding of losses of about 100.
            let scales: Vec<f64> = of_x.iter().map(|row| norm(row) + 1e-4).collect();
            assert_rows_close(&actual.x, &of_x, &scales, &format!("∂/∂x, {}", name(&own)));
            let scales: Vec<f64> = terms.iter().map(|terms| terms + 1e-4).collect();
            assert_rows_close(&actual.centers, &of_centers, &scales, &format!("∂/∂centers, {}", name(&own)));
        }
    }
}

#[test]
fn without_floors_and_weights_it_is_the_core_s_loss_to_the_bit() {
    for (rows, n_classes, dim) in [(1, 1, 1), (40, 3, 7), (150, 2, 33), (30, 40, 128)] {
        for radius in [0.0, 2.0 * dim as f32] {
            let batch = Batch::random(rows, n_classes, dim, 11);
            let mut own = Own::plain(batch.clone(), Metric::SqEuclidean, Penalty::Hinge, Reduction::Wen);
            own.radii.fill(radius);
            let loss = Loss { radius: radius.into(), reduction: Reduction::Wen };
            let (actual, expected) = (own.gradients(Form::Dense), batch.gradients(loss, Form::Dense));
            assert_eq!(actual.loss.to_bits(), expected.loss.to_bits());
            assert_same_bits(&actual.x, &expected.x, "∂/∂x");
            assert_same_bits(&actual.centers, &expected.centers, "∂/∂centers");
            for rule in RULES {
                let (step, expected) = (own.update(rule), batch.step(loss, rule));
                assert_same_bits(&step.centers, &expected.centers, "centers");
                assert_same_bits(&step.x, &expected.x, "∂/∂x of step");
                assert_eq!(step.counts, expected.counts);
            }
        }
    }
}

fn assert_same_gradients(actual: &Gradients, expected: &Gradients) {
    assert_eq!(actual.loss.to_bits(), expected.loss.to_bits());
    assert_same_bits(&actual.x, &expected.x, "∂/∂x");
    assert_same_bits(&actual.centers, &expected.centers, "∂/∂centers");
}

#[test]
fn options_of_the_reference_select_its_loss() {
    let batch = Batch::random(40, 5, 9, 3);
    for (radius, reduction) in [0.0, 0.1, 18.0].into_iter().flat_map(|radius| REDUCTIONS.map(|of| (radius, of))) {
        let own = Own::plain(batch.clone(), Metric::SqEuclidean, Penalty::Hinge, reduction);
        let (spec, loss) = (own.with_one_radius(radius), Loss { radius, reduction });
        let (actual, counts) = own.gradients_of(&spec, Form::Dense);
        assert_same_gradients(&actual, &batch.gradients(loss, Form::Dense));
        for rule in RULES {
            let (step, expected) = (own.update_of(&spec, rule), batch.step(loss, rule));
            assert_eq!(step.loss.to_bits(), expected.loss.to_bits());
            assert_same_bits(&step.centers, &expected.centers, "centers");
            assert_eq!((&step.counts, &expected.counts), (&counts, &counts));
        }
    }
}

#[test]
fn every_other_option_selects_the_loss_without_floors() {
    let batch = Batch::random(40, 5, 9, 3);
    let own = Own::plain(batch.clone(), Metric::SqEuclidean, Penalty::Hinge, Reduction::Sum);
    let expected = own.gradients(Form::Dense);
    let floored = batch.gradients(Loss { radius: 0.0, reduction: Reduction::Sum }, Form::Dense);
    assert_ne!(expected.loss.to_bits(), floored.loss.to_bits());
    let of_classes = Own { class_weight: vec![1.0; 5], ..own.clone() };
    let of_rows = Own { sample_weight: vec![1.0; 40], ..own.clone() };
    for weighted in [of_classes, of_rows] {
        let (actual, _) = weighted.gradients_of(&weighted.with_one_radius(0.0), Form::Dense);
        assert_same_gradients(&actual, &expected);
    }
    for (metric, penalty) in [(Metric::Euclidean, Penalty::Hinge), (Metric::SqEuclidean, Penalty::HalfSquared)] {
        let own = Own { metric, penalty, ..own.clone() };
        let (actual, _) = own.gradients_of(&own.with_one_radius(0.0), Form::Dense);
        assert_same_gradients(&actual, &own.gradients(Form::Dense));
    }
}

#[test]
fn weights_of_one_are_none() {
    for own in variants(&Batch::random(40, 5, 9, 3)) {
        let bare = Own { class_weight: vec![], sample_weight: vec![], ..own };
        let ones = Own { class_weight: vec![1.0; 5], sample_weight: vec![1.0; 40], ..bare.clone() };
        let (actual, expected) = (ones.gradients(Form::Dense), bare.gradients(Form::Dense));
        assert_eq!(actual.loss.to_bits(), expected.loss.to_bits());
        assert_same_bits(&actual.x, &expected.x, "∂/∂x");
        assert_same_bits(&actual.centers, &expected.centers, "∂/∂centers");
    }
}

#[test]
fn a_weight_of_two_is_a_row_twice() {
    for own in variants(&Batch::random(20, 3, 6, 8)) {
        let own = Own { sample_weight: (0..20).map(|row| [1.0, 2.0][row % 2]).collect(), ..own };
        let twice: Vec<usize> = (0..20).flat_map(|row| vec![row; 1 + row % 2]).collect();
        let repeated = Own { batch: own.batch.select(&twice), sample_weight: vec![], ..own.clone() };
        let (actual, expected) = (own.gradients(Form::Dense), repeated.gradients(Form::Dense));
        let what = name(&own);
        assert_close(actual.loss, expected.loss, expected.loss, 1e-12, &what);
        for (actual, expected) in actual.centers.iter().zip(&expected.centers) {
            assert_close((*actual).into(), (*expected).into(), 40.0, 1e-6, &what);
        }
    }
}

#[test]
fn no_weight_at_all_is_no_loss() {
    for own in variants(&Batch::random(20, 3, 6, 8)) {
        for nothing in [
            Own { sample_weight: vec![0.0; 20], ..own.clone() },
            Own {
                class_weight: vec![0.0; 3],
                batch: Batch { labels: vec![2; 20], ..own.batch.clone() },
                ..own.clone()
            },
            Own { batch: Batch { labels: vec![-1; 20], ..own.batch.clone() }, ..own.clone() },
        ] {
            let grad = nothing.gradients(Form::Dense);
            assert_eq!(grad.loss.to_bits(), 0.0_f64.to_bits());
            assert!(grad.x.iter().chain(&grad.centers).all(|value| *value == 0.0));
        }
    }
}

/// A row that is its center with ρ = 0 was 0/0 in the code of the 2019 paper.
#[test]
fn a_row_on_its_center_has_no_gradient() {
    for dim in DIMENSIONS {
        let centers = normal(dim, 4);
        let batch = Batch { x: centers.clone(), labels: vec![0], centers, dim };
        for metric in [Metric::SqEuclidean, Metric::Euclidean] {
            for penalty in PENALTIES {
                let grad = Own::plain(batch.clone(), metric, penalty, Reduction::Batch).gradients(Form::Dense);
                assert_eq!(grad.loss.to_bits(), 0.0_f64.to_bits());
                assert!(grad.x.iter().chain(&grad.centers).all(|value| *value == 0.0), "{metric:?}, {penalty:?}");
            }
        }
        // Of a direction, a rounding of float64 may be left.
        let grad = Own::plain(batch, Metric::Cosine, Penalty::HalfSquared, Reduction::Batch).gradients(Form::Dense);
        assert!(grad.loss < 1e-30 && grad.x.iter().all(|value| value.abs() < 1e-30));
    }
}

#[test]
fn directions_of_other_lengths_that_are_almost_the_same_keep_their_digits() {
    for dim in [2, 7, 64, 129] {
        for length in [1e-20_f32, 0.3, 3.0, 1e18] {
            let centers = normal(dim, 4);
            for small in [0.5_f32, 0.1, 0.02, 1e-2, 1e-4, 1e-6] {
                let off = normal(dim, 9);
                let x: Vec<f32> = centers.iter().zip(&off).map(|(c, off)| length * (c + small * off)).collect();
                let batch = Batch { x, labels: vec![0], centers: centers.clone(), dim };
                for penalty in PENALTIES {
                    check_relative(&Own::plain(batch.clone(), Metric::Cosine, penalty, Reduction::Batch));
                }
            }
        }
    }
}

/// Loss and gradients relative to themselves.
fn check_relative(own: &Own) {
    let what = name(own);
    let (x, centers) = (matrix(&own.batch.x, own.batch.dim), matrix(&own.batch.centers, own.batch.dim));
    let (case, actual) = (own.reference(), own.gradients(Form::Dense));
    let (loss, expected) = (case.loss(&x, &centers), case.gradients(&x, &centers));
    assert_close(actual.loss, loss, loss, TOLERANCE, &what);
    assert_rows_close(&actual.x, &expected.x, &expected.x.iter().map(|row| norm(row)).collect::<Vec<_>>(), &what);
    assert_rows_close(&actual.centers, &expected.centers, &expected.terms, &what);
}

#[test]
fn lengths_at_the_ends_of_float32_keep_their_digits() {
    for length in [1e-38_f32, 1e-30, 1e-25, 1e-15, 1e15, 1e18] {
        for dim in [1, 3, 4, 17] {
            let x: Vec<f32> = normal(dim, 4).iter().map(|value| value * length).collect();
            let centers: Vec<f32> = normal(dim, 5).iter().map(|value| value * length).collect();
            let batch = Batch { x, labels: vec![0], centers, dim };
            check_relative(&Own::plain(batch.clone(), Metric::Euclidean, Penalty::Hinge, Reduction::Batch));
            if dim > 1 && (1e-30..1e18).contains(&length) {
                check_relative(&Own::plain(batch, Metric::Cosine, Penalty::Hinge, Reduction::Batch));
            }
        }
    }
}

#[test]
fn a_zero_vector_has_no_direction() {
    for (x, center) in [([0.0, 0.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])] {
        let batch = Batch { x: x.to_vec(), labels: vec![0], centers: center.to_vec(), dim: 2 };
        let own = Own::plain(batch, Metric::Cosine, Penalty::Hinge, Reduction::Batch);
        let grad = own.gradients(Form::Dense);
        assert_eq!(grad.loss.to_bits(), 1.0_f64.to_bits());
        assert!(grad.x.iter().chain(&grad.centers).all(|value| *value == 0.0));
        let moved = own.update(Rule::Mean(1.0));
        let length = norm(&[x[0].into(), x[1].into()]);
        let expected = if length == 0.0 { center } else { x.map(|value| (f64::from(value) / length) as f32) };
        assert_same_bits(&moved.centers, &expected, "center");
        assert_eq!(moved.counts, [u32::from(length > 0.0)]);
    }
}

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
const RULES: [Rule; 3] = [Rule::Wen(0.5), Rule::Mean(0.7), Rule::Ema(0.9)];

/// A label that is known but of no class: such a row counts in Σ w and does nothing else.
const NO_CLASS: i32 = 99;

#[test]
fn a_bad_row_spoils_only_the_loss() {
    for dim in [1, 4, 7, 33, 1025] {
        let labels = (0..65).map(|row| row % 3).collect();
        for own in variants(&Batch::with_labels(labels, 4, dim, 3)) {
            let own = Own { class_weight: vec![], ..own };
            for (row, k) in [(0, 0), (1, dim - 1), (31, 0), (64, dim - 1)] {
                if own.sample_weight.get(row) == Some(&0.0) {
                    continue;
                }
                for bad in BAD {
                    let (mut spoiled, mut without) = (own.clone(), own.clone());
                    spoiled.batch.row_mut(row)[k] = bad;
                    without.batch.labels[row] = NO_CLASS;
                    let what = format!("{bad} at [{row}, {k}], {}", name(&own));
                    let (grad, expected) = (spoiled.gradients(Form::Dense), without.gradients(Form::Dense));
                    assert_same_bits(&grad.x, &expected.x, format_args!("∂/∂x, {what}"));
                    assert_same_bits(&grad.centers, &expected.centers, format_args!("∂/∂centers, {what}"));
                    assert!(!grad.loss.is_finite(), "{what}");
                    assert!(!bad.is_nan() || grad.loss.is_nan() && spoiled.evaluate().is_nan(), "{what}");
                    for rule in RULES {
                        let (step, expected) = (spoiled.update(rule), without.update(rule));
                        assert_same_bits(&step.x, &expected.x, format_args!("∂/∂x of {rule:?}, {what}"));
                        assert_same_bits(&step.centers, &expected.centers, format_args!("{rule:?}, {what}"));
                        assert_eq!(step.counts, expected.counts, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_bad_row_that_is_unknown_or_weighs_nothing_reaches_nothing() {
    for dim in [1, 4, 7, 33] {
        for own in variants(&Batch::random(65, 4, dim, 3)) {
            let mut own = Own { sample_weight: vec![1.5; 65], ..own };
            own.sample_weight[31] = 0.0;
            own.batch.labels[0] = -1;
            own.batch.labels[31] = 2;
            for bad in BAD {
                let mut spoiled = own.clone();
                spoiled.batch.row_mut(0).fill(bad);
                spoiled.batch.row_mut(31)[dim - 1] = bad;
                let what = format!("{bad}, {}", name(&own));
                let (grad, expected) = (spoiled.gradients(Form::Dense), own.gradients(Form::Dense));
                assert_eq!(grad.loss.to_bits(), expected.loss.to_bits(), "{what}");
                assert_same_bits(&grad.x, &expected.x, format_args!("∂/∂x, {what}"));
                assert_same_bits(&grad.centers, &expected.centers, format_args!("∂/∂centers, {what}"));
                for rule in RULES {
                    assert_same_bits(&spoiled.update(rule).centers, &own.update(rule).centers, &what);
                }
            }
        }
    }
}

/// 0·∞ would be NaN.
#[test]
fn a_bad_row_of_a_class_that_weighs_nothing_has_no_loss() {
    for bad in BAD {
        for own in variants(&Batch::with_labels((0..20).map(|row| row % 3).collect(), 3, 5, 3)) {
            let own = Own { class_weight: vec![1.0, 0.0, 2.0], sample_weight: vec![], ..own };
            let mut spoiled = own.clone();
            spoiled.batch.row_mut(1)[2] = bad;
            let (grad, expected) = (spoiled.gradients(Form::Dense), own.gradients(Form::Dense));
            assert_eq!(grad.loss.to_bits(), expected.loss.to_bits(), "{bad}, {}", name(&own));
            assert_same_bits(&grad.x, &expected.x, "∂/∂x");
            assert_same_bits(&grad.centers, &expected.centers, "∂/∂centers");
        }
    }
}

/// A center that is not finite has bad rows only.
#[test]
fn a_bad_center_spoils_no_other() {
    for bad in BAD {
        for own in variants(&Batch::with_labels((0..20).map(|row| row % 3).collect(), 3, 5, 3)) {
            let mut spoiled = own.clone();
            spoiled.batch.centers[5] = bad;
            let grad = spoiled.gradients(Form::Dense);
            assert!(grad.x.iter().chain(&grad.centers).all(|value| value.is_finite()), "{bad}, {}", name(&own));
            assert_same_bits(&grad.centers[10..], &own.gradients(Form::Dense).centers[10..], "the third center");
            let moved = spoiled.update(Rule::Ema(0.5));
            assert_same_bits(&moved.centers[5..10], &spoiled.batch.centers[5..10], "it stays as it is");
        }
    }
}

/// What a square of an excess over 10³⁰ would do to its center for good.
#[test]
fn a_row_too_far_pulls_nothing_though_the_loss_has_it() {
    for (far, penalty, metric) in [
        (1e20, Penalty::HalfSquared, Metric::SqEuclidean),
        (1e31, Penalty::Hinge, Metric::SqEuclidean),
        (1e31, Penalty::HalfSquared, Metric::Euclidean),
    ] {
        let batch = Batch { x: vec![far, 1.0], labels: vec![0, 0], centers: vec![0.0], dim: 1 };
        let grad = Own::plain(batch, metric, penalty, Reduction::Sum).gradients(Form::Dense);
        assert!(grad.loss.is_finite() && grad.loss > 1e30, "{}", grad.loss);
        assert_eq!(grad.x[0].to_bits(), 0.0_f32.to_bits());
        assert_same_bits(&[grad.centers[0]], &[-grad.x[1]], "the other row alone");
    }
}

#[test]
fn rules_follow_the_average() {
    for dim in DIMENSIONS {
        for (rows, n_classes) in [(1, 1), (23, 5), (140, 2)] {
            for own in variants(&Batch::random(rows, n_classes, dim, 5)) {
                let (x, centers) = (matrix(&own.batch.x, dim), matrix(&own.batch.centers, dim));
                let case = own.reference();
                let (_, counts) = own.counted_gradients(Form::Sparse);
                for rule in RULES {
                    assert_eq!(own.update(rule).counts, counts, "{}", name(&own));
                    let (step, expected) = (own.update(rule), case.update(&x, &centers, rule));
                    let scales: Vec<f64> = centers.iter().map(|c| norm(c) + 2.0 * (dim as f64).sqrt()).collect();
                    assert_rows_close(&step.centers, &expected, &scales, &format!("{rule:?}, {}", name(&own)));
                    assert_same_bits(&step.x, &own.gradients(Form::Dense).x, format_args!("∂/∂x, {}", name(&own)));
                    for (class, &count) in step.counts.iter().enumerate() {
                        let rows = (0..rows).filter(|&row| case.class(row) == Some(class)).count();
                        assert_eq!(count as usize, rows, "{}", name(&own));
                    }
                }
            }
        }
    }
}

#[test]
fn sgd_is_that_of_torch() {
    for len in [1, 3, 4, 5, 16, 17, 65] {
        for momentum in [0.0, 0.9] {
            let mut centers = normal(len, 1);
            let mut velocity = vec![0.0; if momentum == 0.0 { 0 } else { len }];
            let mut expected: Vec<f64> = centers.iter().map(|&value| value.into()).collect();
            let mut buffer = vec![0.0; len];
            for step in 0..5 {
                let gradient = normal(len, 10 + step);
                sgd::<Lanes>(&mut centers, &gradient, &mut velocity, 0.1, momentum);
                for k in 0..len {
                    buffer[k] = momentum * buffer[k] + f64::from(gradient[k]);
                    expected[k] -= 0.1 * buffer[k];
                }
            }
            for (actual, expected) in centers.iter().zip(&expected) {
                assert_close((*actual).into(), *expected, 10.0, 1e-6, len);
            }
        }
    }
}

/// The mean gradient of a hundred thousand rows, one like the other, is that of one.
#[test]
fn many_rows_lose_nothing() {
    let rows = 100_000;
    for metric in METRICS {
        let batch = Batch { x: [1.5, 2.0].repeat(rows), labels: vec![0; rows], centers: vec![1.0, -0.3], dim: 2 };
        let many = Own::plain(batch.clone(), metric, Penalty::HalfSquared, Reduction::Batch);
        let one = Own { batch: batch.select(&[0]), ..many.clone() };
        let (many_grad, one_grad) = (many.gradients(Form::Dense), one.gradients(Form::Dense));
        assert_close(many_grad.loss, one_grad.loss, one_grad.loss, 1e-9, "loss");
        for (many, one) in many_grad.centers.iter().zip(&one_grad.centers) {
            assert_close((*many).into(), (*one).into(), (*one).abs().into(), 1e-6, "∂/∂center");
        }
        for (many, one) in many.update(Rule::Mean(1.0)).centers.iter().zip(&one.update(Rule::Mean(1.0)).centers) {
            assert_close((*many).into(), (*one).into(), (*one).abs().into(), 1e-6, "center");
        }
    }
}

fn any_own() -> impl Strategy<Value = Own> {
    let shape = (1_usize..=9, 1_usize..=40, any::<u64>());
    let of = (select(&METRICS), select(&PENALTIES), select(&REDUCTIONS), 0.0_f32..1.5);
    (shape, of).prop_flat_map(|((n_classes, dim, seed), (metric, penalty, reduction, radius))| {
        let label = -2..=i32::try_from(n_classes).expect("few classes") + 1;
        (vec((label, 0.0_f32..3.0), 0..=140), vec(0.0_f32..3.0, n_classes)).prop_map(move |(rows, class_weight)| {
            let (labels, sample_weight) = rows.into_iter().unzip();
            let batch = Batch::with_labels(labels, n_classes, dim, seed);
            Own { batch, metric, penalty, reduction, radii: vec![radius; n_classes], class_weight, sample_weight }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_batch_is_as_the_reference_has_it(own in any_own()) {
        check(&own);
    }

    /// A common factor of all weights is none, but for the sum.
    #[test]
    fn only_the_ratios_of_weights_matter(own in any_own()) {
        let quadrupled = Own { sample_weight: own.sample_weight.iter().map(|w| 4.0 * w).collect(), ..own.clone() };
        let factor = if own.reduction == Reduction::Sum { 4.0 } else { 1.0 };
        let (actual, expected) = (quadrupled.gradients(Form::Dense), own.gradients(Form::Dense));
        assert_close(actual.loss, factor * expected.loss, factor * expected.loss, 1e-12, name(&own));
        for (actual, expected) in actual.x.iter().zip(&expected.x) {
            assert_close((*actual).into(), factor * f64::from(*expected), factor * f64::from(expected.abs()), 1e-6, "∂/∂x");
        }
    }
}
