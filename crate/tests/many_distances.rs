//! Distances and predictions of batches so large that not every distance is a direct sum, and of single rows among so
//! many centers that not every sum is finished: as exact as any, and the nearest center is that of the direct sums.
#![allow(clippy::cast_possible_truncation, reason = "drawn values become float32 inputs")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2²⁴")]

mod common;
mod reference;

use center_loss::detect::nearest;
use center_loss::distance::gemm;
use common::{Batch, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, normal};

/// Rows, classes and dimensions around where the expansion begins, and around its tiles (4 × 8), blocks (32 centers or
/// 16,384 values), groups (256 rows) and runs (32 dimensions).
const ROWS: [usize; 10] = [23, 24, 25, 26, 27, 255, 256, 257, 259, 260];
const CLASSES: [usize; 10] = [95, 96, 97, 99, 100, 103, 104, 105, 128, 129];
const DIMS: [usize; 22] =
    [15, 16, 17, 18, 19, 31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2047, 2049];

/// A name, and what it makes of a random batch.
type Kind = (&'static str, fn(&mut Batch));

/// What rows and centers may look like.
const KINDS: [Kind; 11] = [
    ("random", |_| {}),
    ("rows close to centers", |batch| near_centers(batch, 1e-3)),
    ("tight clusters far from the origin", |batch| {
        near_centers(batch, 0.01);
        shift(batch, 100.0);
    }),
    ("far tight clusters", |batch| {
        near_centers(batch, 1.0);
        shift(batch, 1e5);
    }),
    ("rows on centers", |batch| near_centers(batch, 0.0)),
    ("all centers close to each other", |batch| {
        let first = batch.centers[..batch.dim].to_vec();
        for center in batch.centers.chunks_mut(batch.dim) {
            for (value, first) in center.iter_mut().zip(&first) {
                *value = first + *value * 1e-3;
            }
        }
        near_centers(batch, 1e-3);
    }),
    ("every center eight times", |batch| {
        let dim = batch.dim;
        for class in 0..batch.n_classes() {
            let twin = class / 8 * 8;
            batch.centers.copy_within(twin * dim..(twin + 1) * dim, class * dim);
        }
    }),
    ("tiny", |batch| scale(batch, 1e-18)),
    ("huge", |batch| scale(batch, 1e16)),
    ("norms that overflow when added, distances that do not", |batch| {
        // Rows and every fifth center side by side, the other centers about the origin.
        let common = normal(batch.dim, 9);
        let spread = |values: &mut [f32]| {
            for (value, common) in values.iter_mut().zip(&common) {
                *value = 0.8 * common + 0.6 * *value;
            }
        };
        batch.x.chunks_mut(batch.dim).for_each(spread);
        for (class, center) in batch.centers.chunks_mut(batch.dim).enumerate() {
            if class % 5 == 1 {
                spread(center);
            } else {
                for value in center {
                    *value *= 0.1;
                }
            }
        }
        let farthest = batch.distances().into_iter().fold(0.0, f32::max);
        scale(batch, (3.3e38 / farthest).sqrt());
    }),
    ("one center far out", |batch| {
        let dim = batch.dim;
        for value in &mut batch.centers[3 * dim..4 * dim] {
            *value *= 1e6;
        }
    }),
];

fn near_centers(batch: &mut Batch, distance: f32) {
    let (dim, n_classes) = (batch.dim, batch.n_classes());
    for row in 0..batch.rows() {
        let center = batch.centers[row * 7 % n_classes * dim..][..dim].to_vec();
        for (value, center) in batch.row_mut(row).iter_mut().zip(center) {
            *value = center + *value * distance;
        }
    }
}

fn shift(batch: &mut Batch, by: f32) {
    batch.x.iter_mut().chain(&mut batch.centers).for_each(|value| *value += by);
}

fn scale(batch: &mut Batch, by: f32) {
    batch.x.iter_mut().chain(&mut batch.centers).for_each(|value| *value *= by);
}

/// A row's distances as direct sums: alone it is not worth more than that.
fn direct(batch: &Batch, row: usize) -> Vec<f32> {
    batch.select(&[row]).distances()
}

/// The first of the least, −1 if none is finite.
fn argmin(distances: &[f32]) -> i32 {
    let mut nearest = (f32::INFINITY, -1);
    for (class, &distance) in distances.iter().enumerate() {
        if distance < nearest.0 {
            nearest = (distance, i32::try_from(class).expect("few classes"));
        }
    }
    nearest.1
}

/// Everything that holds for a batch of finite values whose squares float32 can hold.
fn check(batch: &Batch, what: &str) {
    let (distmat, classes) = (batch.distances(), batch.predict());
    let (x, centers) = (reference::matrix(&batch.x, batch.dim), reference::matrix(&batch.centers, batch.dim));
    let truth = reference::distances(&x, &centers);
    assert_matrix_close(&distmat, &truth, &truth, TOLERANCE, format_args!("distances, {what}"));
    for (row, distances) in distmat.chunks(batch.n_classes()).enumerate() {
        let direct = direct(batch, row);
        let nearest = argmin(&direct);
        assert_eq!(classes[row], nearest, "row {row}, {what}");
        assert_eq!(argmin(distances), nearest, "argmin of the matrix, row {row}, {what}");
        if let Ok(nearest) = usize::try_from(nearest) {
            assert_eq!(distances[nearest].to_bits(), direct[nearest].to_bits(), "least of row {row}, {what}");
        }
    }
}

fn check_every_kind(rows: usize, n_classes: usize, dim: usize) {
    for (kind, change) in KINDS {
        let mut batch = Batch::random(rows, n_classes, dim, (rows * 31 + n_classes * 7 + dim) as u64);
        change(&mut batch);
        check(&batch, &format!("{kind}, B = {rows}, C = {n_classes}, D = {dim}"));
    }
}

#[test]
fn the_sweep_is_on_both_sides_of_the_expansion() {
    let expands = |rows, n_classes, dim| gemm::scratch_len(rows, n_classes, dim) > 0;
    assert!(expands(24, 96, 16));
    assert!(!expands(23, 96, 16) && !expands(24, 95, 16) && !expands(24, 96, 15));
    assert!(expands(24, 96, 1025), "runs of float64 sums");
}

#[test]
fn every_number_of_rows() {
    for rows in ROWS {
        check_every_kind(rows, 97, 17);
    }
}

#[test]
fn every_number_of_classes() {
    for n_classes in CLASSES {
        check_every_kind(25, n_classes, 33);
    }
}

#[test]
fn every_number_of_dimensions() {
    for dim in DIMS {
        check_every_kind(24, 97, dim);
    }
}

#[test]
fn every_single_row() {
    // Around where centers drop out (64 classes and dimensions, up to 3 rows), fours of centers and rounds.
    for n_classes in [63, 64, 65, 66, 67, 68, 131] {
        for dim in [63, 64, 65, 127, 128, 129, 255, 256, 257, 300, 513, 1025] {
            for rows in [1, 2, 3, 4] {
                check_every_kind(rows, n_classes, dim);
            }
        }
    }
    assert!(nearest::scratch_len(3, 64, 64) > 0 && nearest::scratch_len(4, 64, 64) == 0);
}

#[test]
fn a_row_is_alone_in_every_large_batch() {
    for (n_classes, dim) in [(96, 16), (130, 65), (100, 300)] {
        let batch = Batch::random(300, n_classes, dim, 5);
        let distmat = batch.distances();
        // Other neighbours, another place in the tile, another group.
        let rows: Vec<usize> = (0..300).rev().filter(|row| row % 3 != 1).collect();
        let some = batch.select(&rows).distances();
        for (place, row) in rows.into_iter().enumerate() {
            let (actual, expected) =
                (&some[place * n_classes..][..n_classes], &distmat[row * n_classes..][..n_classes]);
            assert_same_bits(actual, expected, format_args!("row {row}, C = {n_classes}, D = {dim}"));
        }
    }
}

#[test]
fn bad_values_stay_where_they_are() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38] {
        let (n_classes, dim) = (101, 35);
        let batch = Batch::random(41, n_classes, dim, 6);
        let (distmat, classes) = (batch.distances(), batch.predict());
        for row in [0, 3, 17, 40] {
            let mut spoiled = batch.clone();
            spoiled.row_mut(row)[dim - 1] = bad;
            let mut expected = classes.clone();
            expected[row] = -1;
            assert_eq!(spoiled.predict(), expected, "{bad} in row {row}");
            let mut actual = spoiled.distances();
            let of_row = row * n_classes..(row + 1) * n_classes;
            assert!(actual[of_row.clone()].iter().all(|distance| !distance.is_finite()), "{bad} in row {row}");
            actual[of_row.clone()].copy_from_slice(&distmat[of_row]);
            assert_same_bits(&actual, &distmat, format_args!("{bad} in row {row}"));
        }
        for class in [0, 1, 50, 100] {
            let mut spoiled = batch.clone();
            spoiled.centers[class * dim + 5] = bad;
            for (row, distances) in spoiled.distances().chunks(n_classes).enumerate() {
                assert!(!distances[class].is_finite(), "{bad} in center {class}");
                for (other, distance) in distances.iter().enumerate().filter(|(other, _)| *other != class) {
                    let expected = distmat[row * n_classes + other];
                    let what = format_args!("{bad} in center {class}, row {row}, class {other}").to_string();
                    assert_close((*distance).into(), expected.into(), expected.into(), 2.0 * TOLERANCE, what);
                }
            }
            let expected: Vec<i32> = (0..41).map(|row| argmin(&direct(&spoiled, row))).collect();
            assert_eq!(spoiled.predict(), expected, "{bad} in center {class}");
            assert_eq!(spoiled.select(&[0, 1]).predict(), expected[..2], "{bad} in center {class}, two rows");
        }
    }
}

#[test]
fn the_lowest_class_wins_a_tie_in_every_block() {
    let dim = 64;
    for rows in [2, 24] {
        for (i, j) in [(0, 1), (0, 129), (3, 31), (31, 32), (33, 64), (95, 127), (128, 129)] {
            let mut batch = Batch::with_labels(vec![0; rows], 130, dim, 6);
            let near = normal(dim, 7);
            for row in 0..rows {
                let noise: Vec<f32> = normal(dim, 8 + row as u64).iter().map(|value| value * 0.01).collect();
                for (value, (near, noise)) in batch.row_mut(row).iter_mut().zip(near.iter().zip(&noise)) {
                    *value = near + noise;
                }
            }
            for class in [i, j] {
                batch.centers[class * dim..][..dim].copy_from_slice(&near);
            }
            assert_eq!(batch.predict(), vec![i32::try_from(i).expect("few"); rows], "{i} and {j}, {rows} rows");
        }
    }
}
