//! Center loss where float32 is short, where its formulas divide by zero, and how its options select a loss.

use super::gradients::{check, check_step};
use crate::common::{BAD, Batch, Case, Gradients, LossSpec, PENALTIES, RULES, Radii};
use crate::common::{TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, assert_same_f64, normal};
use crate::reference::{self, FLOOR, norm};
use center_loss::distance::metric::Metric;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::Reduction;
use center_loss::update::averages::Rule;

fn assert_same_gradients(actual: &Gradients, expected: &Gradients) {
    assert_same_f64(actual.loss, expected.loss, "loss");
    assert_same_bits(&actual.x, &expected.x, "∂/∂x");
    assert_same_bits(&actual.centers, &expected.centers, "∂/∂centers");
}

/// Without floors, the loss of pytorch-ood and the general one are the same.
#[test]
fn without_floors_one_radius_is_a_radius_for_each_class() {
    for (rows, n_classes, n_dim) in [(1, 1, 1), (40, 3, 7), (150, 2, 33), (30, 40, 128)] {
        for radius in [0.0, 2.0 * n_dim as f32] {
            let floored = Case::floored(Batch::random(rows, n_classes, n_dim, 11), radius.into(), Reduction::Wen);
            let radii = Radii::PerClass(vec![radius; n_classes]);
            let general =
                Case { spec: LossSpec::Center(Metric::SqEuclidean, Penalty::Hinge, radii), ..floored.clone() };
            assert_same_gradients(&general.gradients(), &floored.gradients());
            for rule in RULES {
                let (actual, expected) = (general.step(rule), floored.step(rule));
                assert_same_gradients(&actual, &expected);
                assert_eq!(actual.counts, expected.counts);
            }
        }
    }
}

#[test]
fn every_option_that_pytorch_ood_lacks_selects_the_loss_without_floors() {
    let floored = Case::floored(Batch::random(40, 5, 9, 3), 0.0, Reduction::Sum);
    let general = Case::center(floored.batch.clone(), Metric::SqEuclidean, Penalty::Hinge, Reduction::Sum);
    assert_ne!(general.evaluate().to_bits(), floored.evaluate().to_bits());
    let of_classes = Case { class_weight: vec![1.0; 5], ..floored.clone() };
    let mut of_rows = floored.clone();
    of_rows.batch.sample_weight = vec![1.0; 40];
    for weighted in [of_classes, of_rows] {
        assert_same_gradients(&weighted.gradients(), &general.gradients());
    }
    for (metric, penalty) in [(Metric::Euclidean, Penalty::Hinge), (Metric::SqEuclidean, Penalty::HalfSquared)] {
        let spec = LossSpec::Center(metric, penalty, Radii::One(0.0));
        let per_class = Case::center(floored.batch.clone(), metric, penalty, Reduction::Sum);
        assert_same_gradients(&Case { spec, ..floored.clone() }.gradients(), &per_class.gradients());
    }
}

#[test]
fn a_step_follows_alpha() {
    for case in Case::every_center(&Batch::random(65, 4, 17, 5)) {
        for rule in [Rule::Wen(0.0), Rule::Wen(0.25), Rule::Wen(1.0), Rule::Mean(1.0), Rule::Ema(0.0)] {
            check_step(&case, rule);
        }
        assert_same_bits(&case.step(Rule::Wen(0.0)).centers, &case.batch.centers, "alpha 0");
    }
}

/// The code of the 2019 paper computes 0/0 for a row on its center.
#[test]
fn a_row_on_its_center_has_no_gradient() {
    for n_dim in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 511, 512, 513, 1025] {
        let centers = normal(n_dim, 4);
        let batch = Batch::new(&centers, &[0], &centers, n_dim);
        for (metric, penalty) in
            [Metric::SqEuclidean, Metric::Euclidean].into_iter().flat_map(|of| PENALTIES.map(|p| (of, p)))
        {
            let grad = Case::center(batch.clone(), metric, penalty, Reduction::Batch).gradients();
            assert_eq!(grad.loss.to_bits(), 0);
            assert!(grad.x.iter().chain(&grad.centers).all(|value| *value == 0.0), "{metric:?}, {penalty:?}");
        }
        // The two directions may differ by a rounding of float64.
        let grad = Case::center(batch, Metric::Cosine, Penalty::HalfSquared, Reduction::Batch).gradients();
        assert!(grad.loss < 1e-30 && grad.x.iter().all(|value| value.abs() < 1e-30));
    }
}

#[test]
fn directions_that_are_almost_the_same_keep_their_digits() {
    for n_dim in [2, 7, 64, 129] {
        for length in [1e-20_f32, 0.3, 3.0, 1e18] {
            let (centers, off) = (normal(n_dim, 4), normal(n_dim, 9));
            for small in [0.5_f32, 0.1, 0.02, 1e-2, 1e-4, 1e-6] {
                let x: Vec<f32> = centers.iter().zip(&off).map(|(c, off)| length * (c + small * off)).collect();
                for penalty in PENALTIES {
                    let batch = Batch::new(&x, &[0], &centers, n_dim);
                    check_relative(&Case::center(batch, Metric::Cosine, penalty, Reduction::Batch));
                }
            }
        }
    }
}

/// Checks loss and gradients of one row relative to themselves.
fn check_relative(case: &Case) {
    let (x, centers) = reference::operands(case);
    let (actual, expected) = (case.gradients(), reference::gradients(case, &x, &centers));
    let loss = reference::loss(case, &x, &centers);
    assert_close(actual.loss, loss, loss, TOLERANCE, case.name());
    for (actual, expected) in [(&actual.x, &expected.x), (&actual.centers, &expected.params)] {
        let length = vec![vec![norm(&expected[0]); case.batch.n_dim]];
        assert_matrix_close(actual, expected, &length, TOLERANCE, case.name());
    }
}

#[test]
fn lengths_at_the_ends_of_float32_keep_their_digits() {
    for length in [1e-38_f32, 1e-30, 1e-25, 1e-15, 1e15, 1e18] {
        for n_dim in [1, 3, 4, 17] {
            let [x, centers] =
                [4, 5].map(|seed| normal(n_dim, seed).iter().map(|value| value * length).collect::<Vec<_>>());
            let batch = Batch::new(&x, &[0], &centers, n_dim);
            check_relative(&Case::center(batch.clone(), Metric::Euclidean, Penalty::Hinge, Reduction::Batch));
            if n_dim > 1 && (1e-30..1e18).contains(&length) {
                check_relative(&Case::center(batch, Metric::Cosine, Penalty::Hinge, Reduction::Batch));
            }
        }
    }
}

#[test]
fn a_zero_vector_has_no_direction() {
    for (x, center) in [([0.0, 0.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])] {
        let case = Case::center(Batch::new(&x, &[0], &center, 2), Metric::Cosine, Penalty::Hinge, Reduction::Batch);
        let (grad, moved) = (case.gradients(), case.step(Rule::Mean(1.0)));
        assert_same_f64(grad.loss, 1.0, "loss");
        assert!(grad.x.iter().chain(&grad.centers).all(|value| *value == 0.0));
        let length = norm(&[x[0].into(), x[1].into()]);
        let expected = if length == 0.0 { center } else { x.map(|value| (f64::from(value) / length) as f32) };
        assert_same_bits(&moved.centers, &expected, "center");
        assert_eq!(moved.counts, [u32::from(length > 0.0)]);
    }
}

/// The square of an excess over 10³⁰ would make its center infinite.
#[test]
fn a_row_too_far_changes_only_the_loss() {
    for (far, penalty, metric) in [
        (1e20, Penalty::HalfSquared, Metric::SqEuclidean),
        (1e31, Penalty::Hinge, Metric::SqEuclidean),
        (1e31, Penalty::HalfSquared, Metric::Euclidean),
    ] {
        let grad =
            Case::center(Batch::new(&[far, 1.0], &[0, 0], &[0.0], 1), metric, penalty, Reduction::Sum).gradients();
        assert!(grad.loss.is_finite() && grad.loss > 1e30, "{}", grad.loss);
        assert_eq!(grad.x[0].to_bits(), 0);
        assert_same_bits(&[grad.centers[0]], &[-grad.x[1]], "the other row alone");
    }
}

/// Squares on either side of the floor, the ceiling, the largest float32 and the farthest that moves a center.
#[test]
fn floors_and_ceilings_of_embeddings() {
    for own in [0.0, 1e-7, 1e-5, 1.0, 3.2e5, 1e7, 1e20, 9e29, 1.1e30, 3e38] {
        for n_dim in [1, 4, 7, 1025] {
            let mut batch = Batch::with_labels(vec![0, 1, -1, 5, 1], 2, n_dim, 0);
            batch.values_mut().for_each(|value| *value = 0.0);
            batch.row_mut(1)[n_dim - 1] = own;
            batch.row_mut(0)[0] = 1.0;
            for case in Case::every_floored(&batch) {
                check(&case);
                check_step(&case, Rule::Wen(0.5));
            }
        }
    }
}

/// Two known rows, one of no class: B = 2, and of the 2·3 entries all but one are floors.
#[test]
fn rows_of_no_class_add_floors_and_count() {
    let batch = Batch::new(&[3.0, 4.0, 50.0, 50.0, 70.0, 70.0], &[1, 3, -1], &[0.0; 6], 2);
    let sum = 25.0 + 5.0 * FLOOR;
    for (reduction, expected) in [
        (Reduction::Mean, sum / 6.0),
        (Reduction::Batch, sum / 2.0),
        (Reduction::Wen, 25.0 / 4.0),
        (Reduction::Sum, sum),
    ] {
        let value = Case::floored(batch.clone(), 0.0, reduction).evaluate();
        assert_close(value, expected, expected, 1e-15, format_args!("{reduction:?}"));
    }
    assert!(BAD.iter().all(|bad| {
        let mut batch = batch.clone();
        batch.row_mut(1)[0] = *bad;
        Case::floored(batch, 0.0, Reduction::Mean).evaluate().is_nan()
    }));
}
