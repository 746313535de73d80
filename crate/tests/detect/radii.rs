//! Radii that hold a share of the rows of a class.

use crate::common::{Batch, Case, LossSpec, METRICS, Radii, TOLERANCE, assert_close, assert_same_bits};
use crate::reference::own_distances as truth;
use center_loss::detect::radii::{own_distances, quantiles};
use center_loss::distance::metric::Metric;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::{Labels, Reduction};
use center_loss::simd::vector::Lanes;

/// Sorted distances of each class, and the end of each class among them. The package sorts between the two kernels.
fn sorted_distances(batch: &Batch, metric: Metric) -> (Vec<f32>, Vec<u32>) {
    let (mut distances, mut by_class) = (vec![f32::NAN; batch.rows()], vec![f32::NAN; batch.rows()]);
    let mut ends = vec![u32::MAX; batch.n_classes()];
    let labels = Labels::new(&batch.labels, batch.n_classes());
    let (x, centers) = batch.views();
    own_distances::<Lanes>(metric, x, &labels, centers, &mut distances, &mut ends, &mut by_class);
    let mut start = 0;
    for &end in &ends {
        by_class[start..end as usize].sort_by(f32::total_cmp);
        start = end as usize;
    }
    (by_class, ends)
}

#[test]
fn radii_are_the_least_distances_that_hold_the_share() {
    for (rows, n_classes, n_dim) in [(1, 1, 1), (20, 3, 5), (300, 4, 9), (7, 50, 2)] {
        let batch = Batch::random(rows, n_classes, n_dim, 6);
        for metric in METRICS {
            let (by_class, ends) = sorted_distances(&batch, metric);
            let truth = truth(&Case::center(batch.clone(), metric, Penalty::Hinge, Reduction::Sum));
            for quantile in [0.0, 1e-9, 0.1, 1.0 / 3.0, 0.5, 0.9, 0.95, 0.999, 1.0] {
                let mut radii = vec![-7.0; n_classes];
                quantiles(&by_class, &ends, quantile, &mut radii);
                for (class, (&radius, own)) in radii.iter().zip(&truth).enumerate() {
                    let what = format!("{metric:?}, quantile {quantile}, class {class} of {own:?}");
                    let mut sorted = own.clone();
                    sorted.sort_by(f64::total_cmp);
                    let share = |count: usize| count as f64 / own.len() as f64;
                    match (1..=own.len()).find(|&count| share(count) >= quantile) {
                        Some(least) => {
                            let expected = sorted[least - 1];
                            assert_close(radius.into(), expected, expected + 1e-25, TOLERANCE, &what);
                        }
                        None => assert_eq!(radius.to_bits(), (-7.0_f32).to_bits(), "{what}"),
                    }
                }
            }
        }
    }
}

/// With the radius that the row gave, its loss is exactly 0.
#[test]
fn a_row_is_within_the_radius_that_it_gave() {
    for (seed, metric) in (0..200).flat_map(|seed| METRICS.map(|metric| (seed, metric))) {
        let batch = Batch::of_one_class(1, 1, 5, seed);
        let (by_class, ends) = sorted_distances(&batch, metric);
        let mut radii = vec![0.0];
        quantiles(&by_class, &ends, 1.0, &mut radii);
        let spec = LossSpec::Center(metric, Penalty::Hinge, Radii::PerClass(radii));
        assert_eq!(Case::new(batch, spec, Reduction::Sum).evaluate().to_bits(), 0, "{metric:?}, seed {seed}");
    }
}

#[test]
fn rows_at_no_finite_distance_and_rows_without_a_class_do_not_change_a_radius() {
    let mut batch = Batch::with_labels(vec![0, -1, 0, 9, 0, 0], 2, 3, 1);
    let expected = sorted_distances(&batch.select(&[0, 5]), Metric::SqEuclidean);
    batch.row_mut(1)[0] = f32::NAN;
    batch.row_mut(2)[1] = f32::NAN;
    batch.row_mut(4)[2] = f32::INFINITY;
    let actual = sorted_distances(&batch, Metric::SqEuclidean);
    assert_eq!(actual.1, expected.1);
    assert_same_bits(&actual.0[..2], &expected.0, "distances");
}
