//! Every loss, its gradients and the updates of its centers against float64, at every length where a loop ends.

use crate::common::{
    Batch, Case, DIMS, LossSpec, RULES, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits,
};
use crate::common::{ROWS_OF_ONE_CLASS, assert_same_f64, mixed_labels};
use crate::reference::{self, Matrix};
use center_loss::loss::ProxyLossKind;
use center_loss::loss::reduction::Reduction;
use center_loss::update::averages::Rule;
use proptest::collection::vec;
use proptest::prelude::*;

/// Shapes around the lanes, the runs of vectors, the tiles, the blocks of rows and the runs of sums of a loss against
/// proxies; the last have distances by matrix multiplication, and leave rows over that are too few for it.
const PROXY_SHAPES: [(usize, usize, usize); 30] = [
    (1, 1, 1),
    (1, 2, 1),
    (2, 2, 3),
    (3, 3, 4),
    (5, 4, 5),
    (7, 5, 7),
    (8, 7, 8),
    (9, 8, 9),
    (15, 9, 15),
    (16, 3, 16),
    (17, 5, 17),
    (31, 15, 31),
    (33, 16, 32),
    (32, 17, 33),
    (47, 4, 63),
    (48, 5, 64),
    (63, 3, 65),
    (64, 6, 2),
    (65, 2, 3),
    (129, 3, 5),
    (5, 63, 6),
    (17, 64, 5),
    (16, 65, 17),
    (3, 128, 4),
    (33, 129, 3),
    (2, 5, 1025),
    (24, 96, 16),
    (257, 97, 17),
    (290, 100, 16),
    (25, 130, 40),
];

/// Checks loss, ∂loss/∂x and ∂loss/∂params against the formulas.
pub(crate) fn check(case: &Case) {
    let (what, (x, params)) = (case.name(), reference::operands(case));
    let (actual, mut expected) = (case.checked_gradients(), reference::gradients(case, &x, &params));
    if case.fixed {
        // Classes that weigh nothing are skipped.
        for terms in &mut expected.x_terms {
            let skipped = 0.5_f64.powi(25) * reference::norm(terms) / TOLERANCE;
            for term in terms {
                *term += skipped;
            }
        }
    }
    let loss = reference::loss(case, &x, &params);
    assert_close(actual.loss, loss, reference::loss_scale(case, &x, &params), TOLERANCE, format_args!("loss, {what}"));
    assert_matrix_close(&actual.x, &expected.x, &expected.x_terms, TOLERANCE, format_args!("∂/∂x, {what}"));
    for (i, (actual, (loss, scale))) in
        case.row_losses().into_iter().zip(reference::row_losses(case, &x, &params)).enumerate()
    {
        // A loss above all float32 is infinite.
        if actual.is_finite() || loss < f32::MAX.into() {
            assert_close(actual.into(), loss, scale, TOLERANCE, format_args!("loss of row {i}, {what}"));
        }
    }
    if !case.fixed {
        let name = format!("∂/∂params, {what}");
        assert_matrix_close(&actual.centers, &expected.params, &expected.param_terms, TOLERANCE, name);
    }
    if case.is_center_loss() {
        let mut in_order = Vec::new();
        for class in (0..case.batch.rows()).filter_map(|i| reference::class(case, i)) {
            if !in_order.contains(&(class as u32)) {
                in_order.push(class as u32);
            }
        }
        assert_eq!(actual.classes, in_order, "classes in the order of their first rows, {what}");
    }
}

/// Checks a step of a center loss: loss and ∂loss/∂x are those of `gradients`, and the centers follow their formula.
pub(crate) fn check_step(case: &Case, rule: Rule) {
    let what = format!("{rule:?}, {}", case.name());
    let (step, gradients) = (case.step(rule), case.gradients());
    assert_same_f64(step.loss, gradients.loss, format_args!("loss, {what}"));
    assert_same_bits(&step.x, &gradients.x, format_args!("∂/∂x, {what}"));
    let (expected, terms, counts) = reference::update(case, rule);
    assert_matrix_close(&step.centers, &expected, &terms, TOLERANCE, format_args!("centers, {what}"));
    assert_eq!((&step.counts, &gradients.counts), (&counts, &counts), "{what}");
}

fn check_floored(batch: &Batch) {
    for case in Case::every_floored(batch) {
        check(&case);
        check_step(&case, Rule::Wen(0.5));
    }
}

fn check_every_center(batch: &Batch) {
    for case in Case::every_center(batch) {
        check(&case);
        for rule in RULES {
            check_step(&case, rule);
        }
    }
}

#[test]
fn center_loss_of_pytorch_ood_of_every_shape() {
    for n_dim in DIMS {
        for n_classes in [1, 2, 4, 9] {
            for rows in [1, 2, 3, 63, 64, 65, 129] {
                check_floored(&Batch::random(rows, n_classes, n_dim, (rows * 31 + n_classes * 7 + n_dim) as u64));
            }
        }
    }
    for n_dim in [1, 3, 4, 5, 33, 1025] {
        for rows in ROWS_OF_ONE_CLASS {
            check_floored(&Batch::with_labels(vec![1; rows], 3, n_dim, (rows + n_dim) as u64));
        }
    }
}

#[test]
fn center_losses_of_every_shape() {
    for n_dim in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 511, 512, 513, 1025] {
        for (rows, n_classes) in [(1, 1), (9, 4), (23, 5)] {
            check_every_center(&Batch::random(rows, n_classes, n_dim, 5));
        }
    }
    for rows in ROWS_OF_ONE_CLASS {
        check_every_center(&Batch::random(rows, 2, 3, 5));
    }
}

#[test]
fn losses_against_proxies_of_every_shape() {
    for (rows, n_classes, n_dim) in PROXY_SHAPES {
        Case::every_proxy(&Batch::random(rows, n_classes, n_dim, 5)).iter().for_each(check);
    }
}

#[test]
fn cross_entropy_and_deep_svdd_of_every_shape() {
    for n_dim in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 129, 1000] {
        for rows in [1, 2, 3, 5, 15, 17, 40] {
            for spread in [1.0, 10.0] {
                let mut batch = Batch::with_labels(mixed_labels(rows, n_dim), 1, n_dim, 4);
                batch.x.iter_mut().for_each(|value| *value *= spread);
                Case::every_other(&batch).iter().for_each(check);
            }
        }
    }
}

#[test]
fn gradients_are_the_slope_of_the_loss() {
    for (rows, n_classes, n_dim) in [(1, 1, 2), (3, 2, 5), (9, 4, 7), (20, 5, 17), (6, 3, 33), (40, 2, 3)] {
        // Rows apart from their centers, where the distance has no slope, and no distance near a kink.
        let cases = (0..1000)
            .map(|seed| Case::every(&Batch::with_labels(mixed_labels(rows, n_classes), n_classes, n_dim, seed)))
            .find(|cases| cases.iter().all(|case| reference::distance_to_kink(case) > 2e-3));
        for case in cases.expect("a seed") {
            let (what, (x, params)) = (case.name(), reference::operands(&case));
            let (actual, terms) = (case.gradients(), reference::gradients(&case, &x, &params));
            let (of_x, of_params) = reference::finite_differences(&case);
            // The differences have an error of fourth order, and of rounding.
            let scale = |terms: &Matrix| -> Matrix {
                terms.iter().map(|row| row.iter().map(|term| term + 1e-3).collect()).collect()
            };
            assert_matrix_close(&actual.x, &of_x, &scale(&terms.x_terms), TOLERANCE, format_args!("∂/∂x, {what}"));
            if case.fixed {
                continue;
            }
            let name = format!("∂/∂params, {what}");
            assert_matrix_close(&actual.centers, &of_params, &scale(&terms.param_terms), TOLERANCE, name);
        }
    }
}

#[test]
fn tight_clusters_off_the_origin() {
    for offset in [100.0, 1e3] {
        for (n_classes, n_dim) in [(5, 1), (5, 2), (5, 7), (5, 64), (5, 129), (5, 1025), (100, 19)] {
            let mut batch = Batch::random(65, n_classes, n_dim, 11);
            // Multiples of 2⁻⁷ are exact in float32 at these offsets.
            batch.values_mut().for_each(|value| *value = offset + (*value * 16.0).round() / 128.0);
            check_floored(&batch);
            check_all(&Case::every_proxy(&batch));
        }
    }
}

/// Anchors on axes, with rows at any distance from them: on an anchor, along an axis, far away, at the origin.
#[test]
fn fixed_anchors_on_axes() {
    for (rows, n_classes, n_dim) in [(9, 1, 1), (20, 2, 2), (20, 5, 5), (33, 7, 19), (40, 65, 70)] {
        for (magnitude, spread) in [10.0, 1e-3, 0.0].into_iter().flat_map(|of| [0.0, 1e-7, 1e-3, 1.0].map(|s| (of, s)))
        {
            let batch = Batch::with_labels(mixed_labels(rows, n_classes), n_classes, n_dim, 5);
            let spec = LossSpec::Proxy(ProxyLossKind::Cac, 0.1);
            let case = Case::new(batch, spec, Reduction::Batch).with_anchors(magnitude);
            let mut case = Case { fixed: true, ..case };
            case.batch.near_centers(spread);
            case.batch.row_mut(rows - 1).fill(0.0);
            check(&case);
        }
    }
}

#[test]
fn a_million_dimensions() {
    check_floored(&Batch::with_labels(vec![1, 4, 0], 5, 1_000_000, 3));
}

/// Equal rows: each sum is known, and each addition rounds the same way. A float32 sum would be off by 10⁻³.
#[test]
fn a_million_rows_lose_nothing() {
    const ROWS: usize = 1_000_000;
    let one = Batch::new(&[0.1, 2.0], &[0], &[0.7, -0.3, 2.7, 1.0], 2);
    let all = Batch { x: one.x.repeat(ROWS), labels: vec![0; ROWS], ..one.clone() };
    let close = |actual: &[f32], expected: &[f32], factor: f64, what: &str| {
        for (actual, expected) in actual.iter().zip(expected) {
            let expected = factor * f64::from(*expected);
            assert_close((*actual).into(), expected, expected, 5e-6, what);
        }
    };
    for one in Case::every(&one).into_iter().filter(|case| !case.has_weights()) {
        let factor = match (&one.spec, one.reduction) {
            (LossSpec::CrossEntropy(_) | LossSpec::DeepSvdd { .. }, _) => 1.0,
            // The repulsion of the centers does not grow with the rows.
            (LossSpec::Proxy(ProxyLossKind::Island, _), Reduction::Sum) => continue,
            (_, Reduction::Sum) => ROWS as f64,
            _ => 1.0,
        };
        let (what, all) = (one.name(), Case { batch: all.clone(), ..one.clone() });
        let (actual, expected) = (all.gradients(), one.gradients());
        assert_close(actual.loss, factor * expected.loss, factor * expected.loss, 1e-9, &what);
        close(&actual.centers, &expected.centers, factor, &what);
        if all.is_center_loss() {
            close(&all.step(Rule::Mean(1.0)).centers, &one.step(Rule::Mean(1.0)).centers, 1.0, &what);
        }
    }
}

/// Random batches with labels from −2 to C + 1. With up to 140 rows and few classes, 64 rows of one class occur.
pub(crate) fn batches(most_classes: usize) -> impl Strategy<Value = Batch> {
    (1..=most_classes, 1_usize..=40, any::<u64>()).prop_flat_map(|(n_classes, n_dim, seed)| {
        let label = -2..=i32::try_from(n_classes).expect("few classes") + 1;
        vec((label, 0.0_f32..3.0), 0..=140).prop_map(move |rows| {
            let (labels, sample_weight) = rows.into_iter().unzip();
            Batch { sample_weight, ..Batch::with_labels(labels, n_classes, n_dim, seed) }
        })
    })
}

/// Checks the cases that are not at a kink.
fn check_all(cases: &[Case]) {
    cases.iter().filter(|case| reference::distance_to_kink(case) > 1e-4).for_each(check);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_batch_is_as_in_float64(batch in batches(9)) {
        check_all(&Case::every(&batch));
    }

    #[test]
    fn any_batch_of_many_classes_is_as_in_float64(batch in batches(70)) {
        check_all(&Case::every_proxy(&batch));
    }
}
