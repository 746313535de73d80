//! Center loss of pytorch-ood over a distance matrix: forward and backward.

use crate::common::{Batch, Case, REDUCTIONS, TOLERANCE, mixed_labels};
use crate::common::{assert_close, assert_matrix_close, assert_same_bits, assert_same_f64};
use crate::reference::{self, differences, distmat_loss, matrix, radius_between};
use center_loss::loss::reduction::{Labels, Loss};
use center_loss::rows::shape::{Rows, class_of};
use center_loss::simd::vector::Lanes;

/// Makes losses with every reduction and each of these radii.
fn losses<const N: usize>(radii: [f64; N]) -> impl Iterator<Item = Loss> {
    radii.into_iter().flat_map(|radius| REDUCTIONS.map(|reduction| Loss { radius, reduction }))
}

fn forward(loss: Loss, distmat: &[f32], labels: &[i32], n_classes: usize) -> f64 {
    loss.forward::<Lanes>(Rows::new(distmat, n_classes), &Labels::new(labels, n_classes))
}

fn backward(loss: Loss, distmat: &[f32], labels: &[i32], n_classes: usize) -> Vec<f32> {
    let mut grad = vec![f32::NAN; distmat.len()];
    loss.backward(Rows::new(distmat, n_classes), &Labels::new(labels, n_classes), &mut grad);
    grad
}

/// Checks a loss of a given matrix: only the float64 sum may be rounded differently, and no comparison.
fn check(loss: Loss, distmat: &[f32], labels: &[i32], n_classes: usize, what: &str) {
    let what = format!("{what}, labels {labels:?}, {loss:?}");
    let (expected, slope) = distmat_loss(&matrix(distmat, n_classes), labels, loss.radius, loss.reduction);
    let value = forward(loss, distmat, labels, n_classes);
    if expected.is_finite() {
        assert_close(value, expected, expected, 1e-12, &what);
    } else {
        assert_same_f64(value, expected, &what);
    }
    let slope: Vec<f32> = slope.concat().iter().map(|&value| value as f32).collect();
    assert_same_bits(&backward(loss, distmat, labels, n_classes), &slope, &what);
}

#[test]
fn distance_matrices_of_every_shape() {
    for n_classes in [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 129] {
        for rows in [1, 2, 3, 63, 64, 65, 129] {
            let batch = Batch::random(rows, n_classes, 5, (rows * 31 + n_classes) as u64);
            let distmat = batch.squared_distances();
            let own: Vec<f64> = (0..rows)
                .filter_map(|row| Some(distmat[row * n_classes + class_of(batch.labels[row], n_classes)?].into()))
                .collect();
            let on_a_distance = own.first().copied().unwrap_or(0.0);
            for loss in losses([0.0, radius_between(&own), on_a_distance]) {
                check(loss, &distmat, &batch.labels, n_classes, "random");
                let case = Case::floored(batch.clone(), loss.radius, loss.reduction);
                let (x, params) = reference::operands(&case);
                let scale = 2.0 * reference::loss_scale(&case, &x, &params);
                let value = forward(loss, &distmat, &batch.labels, n_classes);
                assert_close(case.evaluate(), value, scale, TOLERANCE, "evaluate is forward of the distances");
            }
        }
    }
}

#[test]
fn floors_ceilings_and_radius() {
    let around = |value: f32| [value.next_down(), value, value.next_up()];
    let mut distances = vec![0.0, f32::from_bits(1), 1e-30, 1.0, 1e11, 1e13, f32::MAX, f32::INFINITY];
    distances.extend([1e-12, 0.5, 1e12].into_iter().flat_map(around));
    for &own in &distances {
        for labels in [vec![0], vec![2], vec![3], vec![-1], vec![1, -1, 2, 7]] {
            // The column of the row's class has the tested distance. The others can have any finite value.
            let mut distmat = vec![2.0; labels.len() * 3];
            for (row, &label) in labels.iter().enumerate() {
                if let Some(class) = class_of(label, 3) {
                    distmat[row * 3 + class] = own;
                }
            }
            losses([0.0, 0.5, 1e-12, 1e12]).for_each(|loss| check(loss, &distmat, &labels, 3, &format!("{own:e}")));
        }
    }
}

#[test]
fn values_that_are_not_finite() {
    for bad in [f32::NAN, f32::INFINITY] {
        for place in 0..20 {
            let mut distmat = vec![1.0; 20];
            distmat[place] = bad;
            losses([0.25]).for_each(|loss| check(loss, &distmat, &[0, -1, 9, 3], 5, &format!("{bad} at {place}")));
        }
    }
}

#[test]
fn batches_without_a_known_row_are_zero() {
    for labels in [vec![], vec![-1], vec![-1, -7, i32::MIN]] {
        let distmat = vec![2.0; labels.len() * 3];
        for loss in losses([0.0, 0.5]) {
            assert_eq!(forward(loss, &distmat, &labels, 3).to_bits(), 0, "{loss:?}");
            assert_same_bits(&backward(loss, &distmat, &labels, 3), &vec![0.0; distmat.len()], "backward");
        }
    }
}

#[test]
fn backward_is_the_slope_of_forward() {
    for (rows, n_classes) in [(1, 1), (9, 4), (20, 5), (70, 2)] {
        let batch = Batch::with_labels(mixed_labels(rows, n_classes), n_classes, 7, 2);
        let distmat = batch.squared_distances();
        for loss in losses([0.0, 9.0]) {
            let Loss { radius, reduction } = loss;
            let at = |distmat: &_| distmat_loss(distmat, &batch.labels, radius, reduction).0;
            let slope = differences(&matrix(&distmat, n_classes), at);
            let scale: Vec<Vec<f64>> = slope.iter().map(|row| row.iter().map(|v| v.abs() + 1e-4).collect()).collect();
            let actual = backward(loss, &distmat, &batch.labels, n_classes);
            assert_matrix_close(&actual, &slope, &scale, TOLERANCE, format_args!("{rows} rows, {loss:?}"));
        }
    }
}

#[test]
fn unknown_rows_are_as_if_they_were_not_there() {
    let batch = Batch::random(65, 7, 5, 1);
    let known: Vec<usize> = (0..65).filter(|&row| batch.labels[row] >= 0).collect();
    let filtered = batch.select(&known);
    for loss in losses([0.0, 5.0]) {
        let [all, some] = [&batch, &filtered].map(|of| forward(loss, &of.squared_distances(), &of.labels, 7));
        assert_same_f64(all, some, format_args!("{loss:?}"));
    }
}
