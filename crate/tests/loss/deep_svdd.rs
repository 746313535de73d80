//! The fit of a ball by soft-boundary Deep SVDD.

use crate::common::{Batch, Case, LossSpec, TOLERANCE, assert_close, assert_same_bits};
use crate::reference::{class, matrix};
use center_loss::loss::deep_svdd::{Members, fit_radius};
use center_loss::loss::reduction::Reduction;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use proptest::collection::vec;
use proptest::prelude::*;

fn case(rows: usize, n_dim: usize, seed: u64) -> Case {
    let spec = LossSpec::DeepSvdd { radius: 0.1, nu: 0.5 };
    Case::new(Batch::of_one_class(rows, 1, n_dim, seed), spec, Reduction::Sum)
}

fn members(case: &Case) -> Members<'_> {
    let Batch { labels, sample_weight, .. } = &case.batch;
    Members { x: case.batch.views().0, labels, sample_weight }
}

/// The distances as the kernel has them, in order.
fn sorted_distances(case: &Case) -> Vec<f32> {
    let mut distances = vec![f32::NAN; case.batch.rows()];
    let count = members(case).distances::<Lanes>(&case.batch.centers, &mut distances);
    distances.truncate(count);
    distances.sort_by(f32::total_cmp);
    distances
}

#[test]
fn the_center_is_the_mean_away_from_zero() {
    for n_dim in [1, 3, 4, 5, 17] {
        let mut mixed = case(50, n_dim, 4);
        mixed.batch.labels = (0..50).map(|row| [0, 4, -1, 1][row % 4]).collect();
        mixed.batch.sample_weight = (0..50).map(|row| [1.0, 0.0, 2.0, 0.5, 1.5][row % 5]).collect();
        for mut case in [case(50, n_dim, 4), mixed] {
            for (place, value) in case.batch.x.iter_mut().enumerate() {
                *value += (place % n_dim) as f32;
            }
            let (x, is_member) = (matrix(&case.batch.x, n_dim), |row: &usize| class(&case, *row).is_some());
            let rows: Vec<usize> = (0..50).filter(is_member).collect();
            let weight = |row: usize| case.batch.sample_weight.get(row).map_or(1.0, |&weight| f64::from(weight));
            let total: f64 = rows.iter().map(|&row| weight(row)).sum();
            let mean = |k: usize| rows.iter().map(|&row| weight(row) * x[row][k]).sum::<f64>() / total;
            let means: Vec<f64> = (0..n_dim).map(mean).collect();
            // A row that is not finite is left out.
            case.batch.x.extend(vec![f32::NAN; n_dim]);
            case.batch.labels.push(0);
            case.batch.sample_weight.extend(case.batch.sample_weight.first().copied());
            let (mut sums, mut center) = (vec![f64::NAN; n_dim], vec![f32::NAN; n_dim]);
            assert_eq!(members(&case).fit_center(&mut sums, &mut center), rows.len());
            for (actual, mean) in center.iter().zip(means) {
                let expected = if mean.abs() >= 0.1 { mean } else { 0.1_f64.copysign(mean) };
                assert_close((*actual).into(), expected, expected, TOLERANCE, format_args!("D = {n_dim}"));
            }
        }
    }
    let fit = |x: &[f32]| {
        let (mut sums, mut center) = ([0.0], [7.0]);
        let members = Members { x: Rows::new(x, 1), labels: &[], sample_weight: &[] };
        (members.fit_center(&mut sums, &mut center), center[0])
    };
    assert_eq!(fit(&[0.05, -0.05]), (2, 0.1), "an exact 0");
    assert_eq!(fit(&[-0.03]), (1, -0.1), "just below");
    assert_eq!(fit(&[0.25, 0.25]), (2, 0.25), "far enough");
    assert_eq!(fit(&[]), (0, 7.0), "no rows");
    assert_eq!(fit(&[f32::INFINITY]), (0, 7.0), "no finite rows");
}

#[test]
fn without_labels_every_row_is_of_the_class() {
    let case = case(9, 5, 4);
    let (mut x, mut of_radius) = (vec![f32::NAN; 45], [f32::NAN]);
    let members = Members { labels: &[], ..members(&case) };
    let loss = members.soft_boundary::<Lanes>(&case.batch.centers, 0.1, 0.5, &mut x, &mut of_radius);
    let expected = case.gradients();
    assert_eq!(loss.to_bits(), expected.loss.to_bits());
    assert_same_bits(&x, &expected.x, "∂/∂x");
    assert_same_bits(&of_radius, &expected.centers, "∂/∂R");
}

#[test]
fn the_radius_leaves_out_a_share_of_nu() {
    let sorted: Vec<f32> = (1..=100).map(|i| i as f32).collect();
    for percent in 0..=100_u16 {
        let expected = if percent == 100 { 1 } else { 100 - percent };
        assert_eq!(fit_radius(&sorted, f64::from(percent) / 100.0), f64::from(expected), "{percent} %");
    }
    assert_eq!(fit_radius(&[], 0.5), 0.0, "no rows");
    assert_eq!(fit_radius(&[3.0], 0.01), 3.0, "one row");
}

#[test]
fn the_row_that_gave_the_radius_is_within_it() {
    for seed in 0..50 {
        let mut case = case(1, 7, seed);
        let radius = f64::from(sorted_distances(&case)[0]);
        case.spec = LossSpec::DeepSvdd { radius, nu: 0.5 };
        let actual = case.gradients();
        assert_eq!(actual.loss, radius * radius);
        assert_close(actual.centers[0].into(), 2.0 * radius, radius, 1e-6, "∂/∂R");
        assert!(actual.x.iter().all(|value| *value == 0.0));
    }
    let mut spoiled = case(9, 5, 4);
    spoiled.batch.row_mut(3)[1] = f32::NAN;
    assert_eq!(sorted_distances(&spoiled).len(), 8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_loss_is_least_at_the_fitted_radius(rows in 1_usize..40, seed in any::<u64>(), nu in 0.01..=1.0, others in vec(0.0..8.0, 8)) {
        let mut case = case(rows, 6, seed);
        let fitted = fit_radius(&sorted_distances(&case), nu);
        let mut at = |radius: f64| {
            case.spec = LossSpec::DeepSvdd { radius, nu };
            case.evaluate()
        };
        let least = at(fitted);
        for other in others.into_iter().chain([fitted * 0.99, fitted * 1.01]) {
            prop_assert!(least <= at(other) * (1.0 + 1e-6), "{least} at {fitted}, {} at {other}", at(other));
        }
    }
}
