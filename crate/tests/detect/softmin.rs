//! Probabilities from distances.

use crate::common::{Batch, DIMS, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, softmin};
use crate::reference::{Matrix, matrix, scores};
use proptest::prelude::*;

/// Scale of the error of p. Below 10⁻³⁸ float32 has fewer digits, so that four of its least values, 10⁻⁴⁵, are allowed.
fn scale(p: f64, tolerance: f64) -> f64 {
    p.max(4.0 * f64::from(f32::from_bits(1)) / tolerance)
}

#[test]
fn probabilities_of_every_shape() {
    for (n_classes, rows) in DIMS.into_iter().flat_map(|n_classes| [1, 2, 3, 65].map(|rows| (n_classes, rows))) {
        let distmat = Batch::random(rows, n_classes, 5, (rows * 31 + n_classes) as u64).squared_distances();
        for t in [1.0, 0.3, 50.0] {
            let expected: Matrix = matrix(&distmat, n_classes).iter().map(|row| scores::softmin(row, t)).collect();
            let scale: Matrix = expected.iter().map(|row| row.iter().map(|p| scale(*p, TOLERANCE)).collect()).collect();
            let what = format_args!("{n_classes} at {t}");
            assert_matrix_close(&softmin(&distmat, n_classes, t), &expected, &scale, TOLERANCE, what);
        }
    }
}

#[test]
fn distances_that_are_far_or_not_finite() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for (distances, expected, what) in [
        (&[5.0][..], &[1.0][..], "one class"),
        (&[3.0; 4], &[0.25; 4], "equal distances"),
        (&[inf, 2.0, inf, inf, inf], &[0.0, 1.0, 0.0, 0.0, 0.0], "one finite distance"),
        (&[1e30, 2e30, f32::MAX], &[1.0, 0.0, 0.0], "far"),
        (&[inf; 5], &[nan; 5], "none finite"),
    ] {
        assert_same_bits(&softmin(distances, distances.len(), 1.0), expected, what);
    }
    for place in 0..5 {
        let mut two_rows = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, inf, inf, inf, inf];
        two_rows[place] = nan;
        let expected = [nan, nan, nan, nan, nan, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_same_bits(&softmin(&two_rows, 5, 1.0), &expected, format_args!("NaN at {place}, and the row after it"));
    }
    // These distances cover the range where e⁻ᵈ is a float32, and every remainder of the exponent.
    for step in 0..106_000 {
        let distance = step as f32 * 1e-3;
        let expected = scores::softmin(&[0.0, distance.into()], 1.0)[1];
        let actual = softmin(&[0.0, distance], 2, 1.0)[1];
        assert_close(actual.into(), expected, scale(expected, 1e-6), 1e-6, format_args!("distance {distance}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn probabilities_sum_to_one_and_fall_with_distance(n_classes in 1_usize..40, seed: u64, spread in 0.01..3.0_f32) {
        let distmat = Batch::of_one_class(20, n_classes, 10, seed).squared_distances();
        let distmat: Vec<f32> = distmat.iter().map(|distance| distance * spread).collect();
        let probabilities = softmin(&distmat, n_classes, 1.0);
        for (distances, row) in distmat.chunks(n_classes).zip(probabilities.chunks(n_classes)) {
            assert_close(row.iter().map(|&p| f64::from(p)).sum(), 1.0, 1.0, 1e-6, "sum");
            for (d, p) in distances.iter().zip(row) {
                for (other_d, other_p) in distances.iter().zip(row) {
                    prop_assert!(d > other_d || p >= other_p, "{d} has {p}, {other_d} has {other_p}");
                }
            }
        }
    }
}
