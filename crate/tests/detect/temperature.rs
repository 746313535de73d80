//! Temperatures by the likelihood of labels, against a search of the smallest loss in float64.

use crate::common::{Batch, assert_close};
use crate::reference::matrix;
use crate::reference::scores::smoothed_loss;
use center_loss::detect::temperature::fit;

/// T of the smallest loss, by thirds of ln T: the loss is convex in 1/T, so it has one minimum.
fn search(distances: &[Vec<f64>], labels: &[usize]) -> f64 {
    let loss = |log: f64| smoothed_loss(distances, labels, log.exp());
    let (mut low, mut high) = (1e-20_f64.ln(), 1e20_f64.ln());
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if loss(a) < loss(b) { high = b } else { low = a }
    }
    low.exp()
}

/// Distances of rows around their centers, and the labels.
fn distances(rows: usize, n_classes: usize, n_dim: usize, spread: f32) -> (Vec<f32>, Vec<i32>) {
    let mut batch = Batch::of_one_class(rows, n_classes, n_dim, 3);
    batch.near_centers(spread);
    (batch.squared_distances(), (0..rows).map(|row| (row * 7 % n_classes) as i32).collect())
}

#[test]
fn the_temperature_has_the_smallest_loss() {
    for (rows, n_classes, spread) in
        [(1, 2, 0.5), (3, 2, 2.0), (40, 5, 0.01), (40, 5, 1.0), (200, 33, 0.5), (90, 10, 2.0)]
    {
        for scale in [1.0, 1e-12, 1e12_f32] {
            let (mut distances, labels) = distances(rows, n_classes, 6, spread);
            for distance in &mut distances {
                *distance *= scale;
            }
            let classes: Vec<usize> = labels.iter().map(|&label| label as usize).collect();
            let expected = search(&matrix(&distances, n_classes), &classes);
            let what = format!("{rows} rows, {n_classes} classes, {spread}, {scale}");
            assert_close(fit(&distances, &labels, n_classes), expected, expected, 1e-6, what);
        }
    }
}

#[test]
fn rows_and_classes_without_a_distance_do_not_count() {
    let (distances, labels) = distances(30, 4, 6, 1.0);
    let expected = fit(&distances, &labels, 4);
    // A class that is nowhere, and rows that are unknown, of no class, of the class nowhere, or not finite.
    let mut more: Vec<f32> = distances.chunks(4).flat_map(|row| [row, &[f32::INFINITY]].concat()).collect();
    more.extend([[0.1, 0.2, 0.3, 0.4, f32::INFINITY]; 3].concat());
    more.extend([f32::NAN; 5]);
    assert_eq!(fit(&more, &[&labels[..], &[-1, 9, 4, 0]].concat(), 5), expected);
}

#[test]
fn labels_that_tell_nothing_leave_a_finite_temperature() {
    for (distances, labels, n_classes) in [
        (&[][..], &[][..], 3),
        (&[5.0, 5.0, 5.0], &[1], 3),
        (&[7.0], &[0], 1),
        (&[1.0, 2.0], &[-1], 2),
        (&[f32::NAN, f32::NAN], &[0], 2),
    ] {
        assert_eq!(fit(distances, labels, n_classes), 1.0, "{distances:?}");
    }
    // The own class is the farther one: 100 times the mean gap between the nearest and the average class.
    assert_close(fit(&[1.0, 3.0, 1.0, 3.0], &[1, 1], 2), 100.0, 100.0, 1e-9, "wrong labels");
}
