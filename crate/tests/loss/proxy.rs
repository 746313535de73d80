//! Losses against proxies where their formulas have an edge.

use crate::common::{BAD, Batch, Case, LossSpec, TOLERANCE, mixed_labels};
use crate::common::{assert_close, assert_matrix_close, assert_same_bits, assert_same_f64};
use crate::loss::gradients::check;
use crate::reference::{self, Matrix};
use center_loss::loss::ProxyLossKind;
use center_loss::loss::island::repulsion;
use center_loss::loss::reduction::Reduction;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::{LANES, Lanes};

/// A row in one dimension at 0.
fn row_at_zero(label: i32, centers: &[f32], spec: LossSpec) -> Case {
    Case::new(Batch::new(&[0.0], &[label], centers, 1), spec, Reduction::Sum)
}

/// d = [1, 2, 3], for which pytorch-ood 0.4.0 gives 0.862, 1.551 and 2.408: it leaves the last class out.
#[test]
fn class_anchor_clustering_has_the_last_class() {
    for (label, expected) in [(0, 0.407_606), (1, 1.407_606), (2, 2.407_606)] {
        for anchor in [0.0, 0.5] {
            let loss = row_at_zero(label, &[1.0, 2.0, 3.0], LossSpec::Proxy(ProxyLossKind::Cac, anchor)).evaluate();
            let expected = expected + anchor * f64::from(label + 1);
            assert_close(loss, expected, 1.0, 1e-6, format_args!("y = {label}, λ = {anchor}"));
        }
    }
}

#[test]
fn distances_beyond_all_exponents_leave_the_loss_exact() {
    // d = |x − c|: from e^−60000 to e^60000.
    for (label, expected) in [(0, 0.0), (1, 30_000.0), (2, 60_000.0)] {
        let actual =
            row_at_zero(label, &[0.0, 30_000.0, -60_000.0], LossSpec::Proxy(ProxyLossKind::Cac, 0.0)).gradients();
        assert_close(actual.loss, expected, 1.0 + expected, 1e-7, format_args!("y = {label}"));
        assert!(actual.x.iter().chain(&actual.centers).all(|value| value.is_finite()));
    }
    // Float64 keeps nothing but 1 of 1 + e^−40.
    let loss = row_at_zero(0, &[0.0, 40.0], LossSpec::Proxy(ProxyLossKind::Cac, 0.0)).evaluate();
    assert_close(loss, (-40.0_f64).exp(), (-40.0_f64).exp(), 1e-5, "a small loss");
}

#[test]
fn a_row_on_a_center_has_a_gradient_of_the_others_alone() {
    let batch = Batch::new(&[1.0, 2.0], &[0], &[1.0, 2.0, 4.0, 6.0], 2);
    let actual = Case::new(batch, LossSpec::Proxy(ProxyLossKind::Cac, 0.1), Reduction::Batch).gradients();
    let p = 1.0 / (1.0 + 5.0_f64.exp());
    for (k, direction) in [0.6, 0.8].into_iter().enumerate() {
        assert_close(actual.x[k].into(), p * direction, p, TOLERANCE, "∂/∂x");
        assert_eq!(actual.centers[k].to_bits() << 1, 0, "∂/∂c of the row's class");
        assert_close(actual.centers[2 + k].into(), -p * direction, p, TOLERANCE, "∂/∂c of the other");
    }
}

/// Four classes far along the last axis weigh less than 2⁻²⁵ of the anchor term, or of the other class.
#[test]
fn classes_that_weigh_nothing_are_skipped() {
    for (lambda, own, far) in [(0.1, 1.0, 26.0), (0.1, 1e-3, 33.0), (0.0, 1.0, 42.0), (1e-30, 1.0, 42.0)] {
        let mut centers = vec![0.0; 24];
        centers[3..12].copy_from_slice(&[20.0, 0.0, 0.0, 0.0, 30.0, 0.0, 0.0, -30.0, 0.0]);
        (4..8).for_each(|j| centers[3 * j + 2] = far);
        let batch = Batch::new(&[own, 0.0, 0.0], &[0], &centers, 3);
        let free = Case::new(batch, LossSpec::Proxy(ProxyLossKind::Cac, lambda), Reduction::Sum);
        let (fixed, what) = (Case { fixed: true, ..free.clone() }, format!("λ = {lambda}, d = {own}"));
        assert_close(fixed.evaluate(), free.evaluate(), free.evaluate(), 1e-7, &what);
        let (skipped, summed) = (fixed.gradient_x().1, free.gradient_x().1);
        assert_close(skipped[0].into(), summed[0].into(), summed[0].into(), 1e-7, &what);
        assert!(skipped[2] == 0.0 && summed[2] > 0.0 && summed[2] < 1e-7 * summed[0].abs(), "{what}: {summed:?}");
        // A little nearer, and they count.
        let mut nearer = fixed;
        (4..8).for_each(|j| nearer.batch.center_mut(j)[2] = far - 8.0);
        assert!(nearer.gradient_x().1[2] > 0.0, "{what}");
    }
}

#[test]
fn the_lowest_of_the_nearest_other_centers_is_pushed() {
    let actual = row_at_zero(0, &[5.0, 1.0, -1.0, 1.0], LossSpec::Proxy(ProxyLossKind::TripletCenter, 5.0)).gradients();
    assert_close(actual.loss, 12.5 + 5.0 - 0.5, 17.0, TOLERANCE, "loss");
    assert_same_bits(&actual.centers, &[5.0, -1.0, 0.0, 0.0], "∂/∂centers");
    assert_same_bits(&actual.x, &[-4.0], "∂/∂x");
    // The gradient is 0 where ℓ is exactly 0, and where the margin is kept by far.
    for (own, margin) in [(1.0, 0.0), (0.0, 0.5), (0.5, 0.1)] {
        let actual = row_at_zero(0, &[own, 1.0], LossSpec::Proxy(ProxyLossKind::TripletCenter, margin)).gradients();
        assert_same_f64(actual.loss, 0.0, format_args!("d = {own}, m = {margin}"));
        assert_same_bits(&actual.centers, &[0.0, 0.0], "∂/∂centers");
    }
}

/// Batches with and without a search by integers, which gives up where too many centers are equally near.
#[test]
fn the_lowest_of_many_equal_other_centers_is_pushed() {
    for (rows, n_classes, n_dim) in [(5, 6, 3), (40, 40, 32), (40, 97, 70)] {
        let mut batch = Batch::with_labels(mixed_labels(rows, n_classes), n_classes, n_dim, 5);
        let first = batch.center(0).to_vec();
        (0..n_classes).for_each(|class| batch.center_mut(class).copy_from_slice(&first));
        check(&Case::new(batch, LossSpec::Proxy(ProxyLossKind::TripletCenter, 5.0), Reduction::Sum));
    }
}

/// A far center has the probability 0, is not the nearest, and is not the row's own.
#[test]
fn a_bad_center_that_plays_no_part_changes_no_gradient() {
    for bad in BAD {
        let batch = Batch::with_labels(vec![0, 1, 0, 1, 1], 5, 7, 3);
        for spec in [
            LossSpec::Proxy(ProxyLossKind::TripletCenter, 5.0),
            LossSpec::Proxy(ProxyLossKind::Cac, 0.1),
            LossSpec::Proxy(ProxyLossKind::DistanceCrossEntropy, 1.0),
            LossSpec::Proxy(ProxyLossKind::SquaredDistanceCrossEntropy, 1.0),
            LossSpec::Proxy(ProxyLossKind::Island, 0.5),
        ] {
            let cases = [bad, 1e6].map(|value| {
                let mut batch = batch.clone();
                batch.center_mut(4)[2] = value;
                Case::new(batch, spec.clone(), Reduction::Batch)
            });
            let [actual, expected] = cases.each_ref().map(Case::gradients);
            if matches!(spec, LossSpec::Proxy(ProxyLossKind::Island, _)) {
                assert!(actual.loss.is_nan(), "the island loss is of all centers");
                assert!(actual.x.iter().chain(&actual.centers).all(|value| value.is_finite()), "{bad}");
            } else if !(bad.is_nan() && cases[0].is_cac()) {
                assert_same_bits(&actual.x, &expected.x, format_args!("∂/∂x, {bad}, {spec:?}"));
                assert_same_bits(&actual.centers, &expected.centers, format_args!("∂/∂centers, {bad}, {spec:?}"));
            }
        }
    }
}

const CONTRASTIVE: LossSpec = LossSpec::Proxy(ProxyLossKind::ContrastiveCenter, 1e-3);

/// Checks the sums over classes in closed form against float64, with gradients of centers down to the least float32.
fn check_contrastive(batch: Batch) {
    let case = Case::new(batch, CONTRASTIVE, Reduction::Sum);
    let (what, (x, params)) = (case.name(), reference::operands(&case));
    let (actual, expected) = (case.checked_gradients(), reference::gradients(&case, &x, &params));
    let loss = reference::loss(&case, &x, &params);
    assert_close(actual.loss, loss, loss, TOLERANCE, &what);
    let floored =
        |terms: &Matrix| terms.iter().map(|row| row.iter().map(|term| term + 1e-35).collect()).collect::<Vec<_>>();
    assert_matrix_close(&actual.x, &expected.x, &floored(&expected.x_terms), TOLERANCE, format_args!("∂/∂x, {what}"));
    let terms = floored(&expected.param_terms);
    assert_matrix_close(&actual.centers, &expected.params, &terms, TOLERANCE, format_args!("∂/∂centers, {what}"));
}

/// Rows between two centers: the own distance is from 10⁻¹² to 10¹² times the other one, and close to where the sum of
/// the others is no longer a difference.
#[test]
fn the_own_distance_is_left_out_at_any_ratio() {
    let ratios = [1e-12, 1e-6, 1e-3, 0.3, 1.0, 2.9, 2.999, 3.0, 3.001, 3.1, 30.0, 1e3, 1e6, 1e12].map(f64::sqrt);
    for (n_dim, offset) in [1, 3, 4, 129].into_iter().flat_map(|n_dim| [0.0, 100.0, 1e4].map(|offset| (n_dim, offset)))
    {
        let x: Vec<f32> =
            ratios.iter().flat_map(|ratio| vec![(offset + ratio / (1.0 + ratio)) as f32; n_dim]).collect();
        let centers = [vec![offset as f32; n_dim], vec![offset as f32 + 1.0; n_dim]].concat();
        check_contrastive(Batch::new(&x, &[0; 14], &centers, n_dim));
    }
}

#[test]
fn sums_over_centers_keep_their_digits() {
    for (rows, n_classes, n_dim) in [(9, 1, 5), (9, 2, 5), (40, 3, 17), (70, 10, 128), (33, 100, 7)] {
        let labels = || (0..rows).map(|row| row * 7 % n_classes as i32).collect();
        // Clusters are tight, far from the origin, and doubled.
        for offset in [0.0, 100.0, 1e4] {
            let mut batch = Batch::with_labels(labels(), n_classes, n_dim, 5);
            batch.values_mut().for_each(|value| *value = offset + (*value * 16.0).round() / 128.0);
            if n_classes > 2 {
                let first = batch.center(0).to_vec();
                batch.center_mut(2).copy_from_slice(&first);
                batch.row_mut(1).copy_from_slice(&first);
            }
            check_contrastive(batch);
        }
        // One center, or one row, lies far from all others.
        for (far, k) in [1e3, 1e6, 1e12].into_iter().flat_map(|far| [0, n_dim - 1].map(|k| (far, k))) {
            let mut batch = Batch::with_labels(labels(), n_classes, n_dim, 6);
            batch.center_mut(n_classes - 1)[k] = far;
            check_contrastive(batch.clone());
            batch.row_mut(3)[k] = -far;
            check_contrastive(batch);
        }
    }
}

/// Each row depends on all centers. The sum S is infinite or NaN.
#[test]
fn a_bad_center_leaves_contrastive_center_loss_without_gradients() {
    for (bad, class) in BAD.into_iter().flat_map(|bad| [0, 4].map(|class| (bad, class))) {
        let mut batch = Batch::with_labels(vec![0, 1, 0, 1, 1], 5, 7, 3);
        batch.center_mut(class)[2] = bad;
        let actual = Case::new(batch, CONTRASTIVE, Reduction::Batch).checked_gradients();
        assert!(actual.x.iter().chain(&actual.centers).all(|value| *value == 0.0), "{bad} in center {class}");
        assert!(
            if bad.is_nan() { actual.loss.is_nan() } else { (actual.loss == 0.0) == (class == 4) },
            "{}",
            actual.loss
        );
    }
}

/// ∂ℓ/∂d_j = −½·d_y/δ² is −10⁶⁰ where a row is on another center than its own, and its difference 0.
#[test]
fn a_gradient_too_long_for_float32_is_zero() {
    let batch = Batch::new(&[1.0, 3.0], &[0, 0], &[0.0, 1.0], 1);
    let actual = Case::new(batch, LossSpec::Proxy(ProxyLossKind::ContrastiveCenter, 1e-30), Reduction::Sum).gradients();
    assert_close(actual.loss, 0.5e30, 0.5e30, TOLERANCE, "loss");
    assert_eq!(actual.x[0].to_bits(), 0, "∂/∂x of the row that is too close");
    assert_close(actual.x[1].into(), 0.75 - 9.0 / 8.0, 1.0, TOLERANCE, "∂/∂x of the other");
    assert_close(actual.centers[0].into(), -0.75, 1.0, TOLERANCE, "∂/∂c");
}

#[test]
fn centers_that_point_away_have_no_repulsion() {
    let island = |centers: &[f32], grad: &mut [f32]| {
        repulsion::<Lanes>(1.0, Rows::new(centers, 2), &mut [f64::NAN; 2], &mut [[f64::NAN; LANES]], grad)
    };
    let mut grad = [f32::NAN; 4];
    for (centers, expected) in [
        ([3.0, 4.0, -6.0, -8.0], 0.0),
        ([3.0, 4.0, 6.0, 8.0], 4.0),
        ([3.0, 4.0, 0.0, 0.0], 2.0),
        // The shortest float32.
        ([3.0, 4.0, 1e-45, 0.0], 2.0 * 1.6),
    ] {
        assert_close(island(&centers, &mut []), expected, 1.0, 1e-12, format_args!("{centers:?}"));
        assert_close(island(&centers, &mut grad), expected, 1.0, 1e-12, format_args!("{centers:?}"));
        assert!(grad.iter().all(|value| value.is_finite()), "{centers:?}");
    }
}
