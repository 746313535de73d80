//! The values that centers start with.
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::cast_possible_truncation, reason = "centers are float32")]

mod common;

use center_loss::init;
use common::{assert_close, assert_same_bits, normal};

const SEEDS: [u64; 6] = [0, 1, 2, 42, 0x9e37_79b9_7f4a_7c15, u64::MAX];

/// Σ f(value) / n
fn mean(values: &[f32], f: impl Fn(f64) -> f64) -> f64 {
    values.iter().map(|&value| f(value.into())).sum::<f64>() / values.len() as f64
}

#[test]
fn normal_values_are_standard_normal() {
    let n = 100_000_u32;
    // Five standard deviations of each estimate: for n independent normal values a mean of variance v/n.
    let bound = |variance: f64| 5.0 * (variance / f64::from(n)).sqrt();
    for seed in SEEDS {
        let values = normal(n as usize, seed);
        assert_close(mean(&values, |z| z), 0.0, 1.0, bound(1.0), format_args!("mean, seed {seed}"));
        assert_close(mean(&values, |z| z * z), 1.0, 1.0, bound(2.0), format_args!("variance, seed {seed}"));
        assert_close(mean(&values, |z| z.powi(3)), 0.0, 1.0, bound(15.0), format_args!("skew, seed {seed}"));
        assert_close(mean(&values, |z| z.powi(4)), 3.0, 1.0, bound(96.0), format_args!("kurtosis, seed {seed}"));
        // P(|z| > 1), P(|z| > 2) and P(|z| > 3).
        for (limit, share) in [(1.0, 0.317_310_5), (2.0, 0.045_500_3), (3.0, 0.002_699_8)] {
            let beyond = mean(&values, |z| f64::from(u8::from(z.abs() > limit)));
            let what = format!("share beyond {limit}, seed {seed}");
            assert_close(beyond, share, 1.0, bound(share * (1.0 - share)), what);
        }
        // Values come in pairs from one draw, so neighbours and next neighbours are what could hang together.
        for distance in 1..=3 {
            let products: Vec<f32> = values.windows(distance + 1).map(|w| w[0] * w[distance]).collect();
            assert_close(mean(&products, |z| z), 0.0, 1.0, bound(1.0), format_args!("lag {distance}, seed {seed}"));
        }
    }
}

#[test]
fn a_seed_is_its_values() {
    for seed in SEEDS {
        assert_same_bits(&normal(1000, seed), &normal(1000, seed), format_args!("seed {seed}"));
        for other in SEEDS.into_iter().filter(|&other| other != seed) {
            let (a, b) = (normal(1000, seed), normal(1000, other));
            assert!(
                a.iter().zip(&b).filter(|(a, b)| a.to_bits() == b.to_bits()).count() < 3,
                "seeds {seed} and {other}"
            );
        }
    }
    // Training that was saved with its seed must start the same with every later version.
    assert_same_bits(&normal(5, 1), &FIRST_OF_SEED_1, "seed 1");
}

const FIRST_OF_SEED_1: [f32; 5] = [
    f32::from_bits(0x3f3f_f15b),
    f32::from_bits(0x3f18_3556),
    f32::from_bits(0xbeda_7814),
    f32::from_bits(0x3e86_8715),
    f32::from_bits(0xbf9f_bf68),
];

#[test]
fn odd_lengths_are_the_start_of_longer_ones() {
    let long = normal(1001, 3);
    for len in [0, 1, 2, 3, 7, 1000] {
        assert_same_bits(&normal(len, 3), &long[..len], format_args!("{len} values"));
    }
}

/// Checks that the vectors are orthonormal.
fn assert_orthonormal(vectors: &[Vec<f64>], what: &str) {
    for (i, a) in vectors.iter().enumerate() {
        for (j, b) in vectors.iter().enumerate() {
            let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            assert_close(dot, f64::from(u8::from(i == j)), 1.0, 1e-6, format_args!("{what}: vectors {i} and {j}"));
        }
    }
}

#[test]
fn orthogonal_rows_or_columns_are_orthonormal() {
    for (n_classes, dim) in [(1, 1), (3, 3), (5, 8), (8, 5), (64, 64), (100, 30), (1, 7), (7, 1)] {
        for seed in SEEDS {
            let mut values = vec![f32::NAN; n_classes * dim];
            init::orthogonal(&mut values, n_classes, dim, seed);
            let value = |i: usize, k: usize| f64::from(values[i * dim + k]);
            let vectors: Vec<Vec<f64>> = if n_classes <= dim {
                (0..n_classes).map(|i| (0..dim).map(|k| value(i, k)).collect()).collect()
            } else {
                (0..dim).map(|k| (0..n_classes).map(|i| value(i, k)).collect()).collect()
            };
            assert_orthonormal(&vectors, &format!("C = {n_classes}, D = {dim}, seed {seed}"));

            let mut again = vec![0.0; values.len()];
            init::orthogonal(&mut again, n_classes, dim, seed);
            assert_same_bits(&again, &values, "the same seed");
        }
    }
}

#[test]
fn unit_vectors_are_the_first_dimensions() {
    for (n_classes, dim) in [(1, 1), (1, 5), (3, 3), (3, 5), (7, 8)] {
        let mut values = vec![f32::NAN; n_classes * dim];
        init::unit_vectors(&mut values, dim);
        let identity = |place: usize| f32::from(u8::from(place / dim == place % dim));
        let expected: Vec<f32> = (0..values.len()).map(identity).collect();
        assert_same_bits(&values, &expected, format_args!("C = {n_classes}, D = {dim}"));
    }
}

#[test]
fn scale_multiplies_with_one_rounding() {
    for magnitude in [1.0, 0.0, 3.0, -2.5, 0.1, 1e-3, 1e30] {
        let before = normal(9, 4);
        let mut values = before.clone();
        init::scale(&mut values, magnitude);
        let expected: Vec<f32> = before.iter().map(|&value| (f64::from(value) * magnitude) as f32).collect();
        assert_same_bits(&values, &expected, format_args!("magnitude {magnitude}"));
    }
}
