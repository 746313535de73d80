//! Initial values of centers: their distribution, their bits, the error of the polynomials.

use crate::common::{assert_close, assert_same_bits, normal};
use crate::reference::dot;
use center_loss::init;
use center_loss::simd::u32x4::U32x4;
use center_loss::simd::vector::{LANES, Lanes, Vector};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro128PlusPlus};

const SEEDS: [u64; 6] = [0, 1, 2, 42, 0x9e37_79b9_7f4a_7c15, u64::MAX];

/// Values of one draw of all streams: four cosines, then four sines.
const STEP: usize = 2 * LANES;

/// Number of standard deviations that an estimate may be off. A right one is with odds of 10⁶ to 1.
const DEVIATIONS: f64 = 5.0;

/// Mean of f(value).
fn mean(values: &[f32], f: impl Fn(f64) -> f64) -> f64 {
    values.iter().map(|&value| f(value.into())).sum::<f64>() / values.len() as f64
}

/// Largest likely error of a mean of `count` independent values with that variance.
fn bound(variance: f64, count: usize) -> f64 {
    DEVIATIONS * (variance / count as f64).sqrt()
}

/// Chance that a standard normal value is below z: Simpson's rule on the density, to 10⁻¹⁰.
fn normal_cdf(z: f64) -> f64 {
    let intervals = 400;
    let step = z / f64::from(intervals);
    let weight = |i: i32| f64::from(if i == 0 || i == intervals { 1 } else { 2 + i % 2 * 2 });
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * core::f64::consts::PI).sqrt();
    0.5 + (0..=intervals).map(|i| weight(i) * density(f64::from(i) * step)).sum::<f64>() * step / 3.0
}

/// Largest distance of the empirical distribution to a cumulative one, times √n (Kolmogorov and Smirnov).
fn kolmogorov_smirnov(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = |(i, &value): (usize, &f64)| {
        let expected = cdf(value);
        (expected - i as f64 / n).abs().max((expected - (i + 1) as f64 / n).abs())
    };
    values.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

/// Bound of [`kolmogorov_smirnov`] that a right sample keeps with odds of 10⁶ to 1: 2·e^(−2·x²) = 10⁻⁶.
const KOLMOGOROV_SMIRNOV: f64 = 2.7;

#[test]
fn normal_values_are_standard_normal() {
    let n = 100_000;
    for seed in SEEDS {
        let values = normal(n, seed);
        let close = |actual: f64, expected: f64, variance: f64, what: &str| {
            assert_close(actual, expected, 1.0, bound(variance, n), format_args!("{what}, seed {seed}"));
        };
        close(mean(&values, |z| z), 0.0, 1.0, "mean");
        close(mean(&values, |z| z * z), 1.0, 2.0, "variance");
        close(mean(&values, |z| z.powi(3)), 0.0, 15.0, "skew");
        close(mean(&values, |z| z.powi(4)), 3.0, 96.0, "kurtosis");
        // P(|z| > 1), P(|z| > 2) and P(|z| > 3).
        for (limit, share) in [(1.0, 0.317_310_5), (2.0, 0.045_500_3), (3.0, 0.002_699_8)] {
            let beyond = mean(&values, |z| f64::from(u8::from(z.abs() > limit)));
            close(beyond, share, share * (1.0 - share), &format!("share beyond {limit}"));
        }
        let statistic = kolmogorov_smirnov(values.iter().map(|&z| z.into()).collect(), normal_cdf);
        assert!(statistic < KOLMOGOROV_SMIRNOV, "Kolmogorov-Smirnov {statistic}, seed {seed}");
    }
}

#[test]
fn tails_reach_as_far_as_they_should() {
    let values = normal(4_000_000, 5);
    // P(|z| > 4) and P(|z| > 5); about 253 and 2 values.
    for (limit, share) in [(4.0, 6.334e-5), (5.0, 5.733e-7)] {
        let beyond = mean(&values, |z| f64::from(u8::from(z.abs() > limit)));
        assert_close(beyond, share, 1.0, bound(share, values.len()), format_args!("share beyond {limit}"));
    }
    assert!(values.iter().all(|z| z.abs() < 6.7));
}

#[test]
fn normal_values_do_not_depend_on_each_other() {
    let n = 80_000;
    for seed in SEEDS {
        let values = normal(n, seed);
        // Neighbours, the two halves of a pair (4 apart), steps (8 apart), rows of a few widths.
        for distance in (1..=3 * STEP).chain([64, 100, 128, 512]) {
            // The values, and their squares, which the two of a pair would share if the radius were not right.
            let pairs = || values.iter().zip(&values[distance..]).map(|(&a, &b)| (f64::from(a), f64::from(b)));
            let count = (n - distance) as f64;
            let linear = pairs().map(|(a, b)| a * b).sum::<f64>() / count;
            let squared = pairs().map(|(a, b)| (a * a - 1.0) * (b * b - 1.0)).sum::<f64>() / count;
            let what = format!("distance {distance}, seed {seed}");
            assert_close(linear, 0.0, 1.0, bound(1.0, n - distance), &what);
            assert_close(squared, 0.0, 1.0, bound(4.0, n - distance), &what);
        }
    }
}

#[test]
fn pairs_point_in_all_directions() {
    for seed in SEEDS {
        let values = normal(80_000, seed);
        let steps = values.as_chunks::<STEP>().0.iter();
        let angle = |cos: f32, sin: f32| f64::from(sin).atan2(f64::from(cos)) / (2.0 * core::f64::consts::PI) + 0.5;
        let angles = steps.flat_map(|step| (0..LANES).map(|lane| angle(step[lane], step[lane + LANES]))).collect();
        let statistic = kolmogorov_smirnov(angles, |share| share);
        assert!(statistic < KOLMOGOROV_SMIRNOV, "Kolmogorov-Smirnov {statistic}, seed {seed}");
    }
}

#[test]
fn seeds_do_not_depend_on_each_other() {
    let n = 20_000;
    for seed in 0..50 {
        let (a, b) = (normal(n, seed), normal(n, seed + 1));
        let products: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
        assert_close(mean(&products, |z| z), 0.0, 1.0, bound(1.0, n), format_args!("seed {seed} and the next one"));
    }
}

#[test]
fn streams_are_those_of_rand_xoshiro() {
    for seed in SEEDS {
        let mut seeds = SplitMix64::seed_from_u64(seed);
        let mut expected: [Xoshiro128PlusPlus; LANES] = core::array::from_fn(|_| {
            let mut bytes = [0; 16];
            seeds.fill_bytes(&mut bytes);
            Xoshiro128PlusPlus::from_seed(bytes)
        });
        let mut streams = init::Streams::<[u32; LANES]>::new(seed);
        for draw in 0..1000 {
            let expected = expected.each_mut().map(Rng::next_u32);
            assert_eq!(streams.draw(), expected, "draw {draw}, seed {seed}");
        }
    }
    assert_eq!(<[u32; LANES]>::load(&[1, 2, 3, u32::MAX]).add([u32::MAX; LANES]), [0, 1, 2, u32::MAX - 1]);
}

/// Largest of the differences between lanes and float64, as |actual − expected| / scale.
fn worst_error(f: impl Fn(Lanes) -> Lanes, expected: impl Fn(f64) -> (f64, f64), inputs: &[f32]) -> f64 {
    let errors = inputs.as_chunks::<LANES>().0.iter().flat_map(|inputs| {
        let actual = f(Lanes::load(inputs)).to_array();
        core::array::from_fn::<_, LANES, _>(|lane| {
            let (expected, scale) = expected(inputs[lane].into());
            (f64::from(actual[lane]) - expected).abs() / scale
        })
    });
    errors.fold(0.0, f64::max)
}

#[test]
fn log_keeps_its_error() {
    // From the least u to 1, in steps so small that every exponent has 32,768 of them.
    let (least, one) = (2.0_f32.powi(-33).to_bits(), 1.0_f32.to_bits());
    let mut inputs: Vec<f32> = (least..=one).step_by(1 << 8).map(f32::from_bits).collect();
    inputs.extend((one - 40_000..one + 40_000).map(f32::from_bits));
    let error = worst_error(init::log, |x| (x.ln(), x.ln().abs().max(1e-30)), &inputs);
    assert!(error < 3e-7, "relative error {error:e}");
}

#[test]
fn sine_and_cosine_keep_their_error() {
    let n = 1 << 20;
    let inputs: Vec<f32> = (-n..n + 4).map(|i| (i as f32 / n as f32).min(1.0)).collect();
    let angle = |t: f64| t * core::f64::consts::FRAC_PI_2;
    let sin = worst_error(|t| init::sin_cos(t).0, |t| (angle(t).sin(), 1.0), &inputs);
    let cos = worst_error(|t| init::sin_cos(t).1, |t| (angle(t).cos(), 1.0), &inputs);
    assert!(sin < 3e-7 && cos < 3e-7, "errors {sin:e} and {cos:e}");
    // A radius must not grow or shrink by the direction.
    let square = |t: Lanes| {
        let (sin, cos) = init::sin_cos(t);
        sin.mul(sin).add(cos.mul(cos))
    };
    let error = worst_error(square, |_| (1.0, 1.0), &inputs);
    assert!(error < 4e-7, "sin² + cos² off by {error:e}");
}

#[test]
fn a_seed_always_gives_the_same_values() {
    for seed in SEEDS {
        assert_same_bits(&normal(1000, seed), &normal(1000, seed), format_args!("seed {seed}"));
        for other in SEEDS.into_iter().filter(|&other| other != seed) {
            let (a, b) = (normal(1000, seed), normal(1000, other));
            let equal = a.iter().zip(&b).filter(|(a, b)| a.to_bits() == b.to_bits()).count();
            assert!(equal < 3, "seeds {seed} and {other}");
        }
    }
    // Training that was saved with its seed must start the same with every later version.
    assert_same_bits(&normal(9, 1), &FIRST_OF_SEED_1, "seed 1");
}

const FIRST_OF_SEED_1: [f32; 9] = [
    f32::from_bits(0x3bea_28ed),
    f32::from_bits(0x3eac_6060),
    f32::from_bits(0xc009_e0f0),
    f32::from_bits(0x3f09_eb72),
    f32::from_bits(0xbcb0_8c88),
    f32::from_bits(0x3e81_bcde),
    f32::from_bits(0x3f80_2a69),
    f32::from_bits(0x3ecc_d200),
    f32::from_bits(0xbeec_da32),
];

#[test]
fn fewer_values_are_the_start_of_more() {
    for seed in SEEDS {
        let long = normal(1001, seed);
        for len in (0..=4 * STEP + 1).chain([1000]) {
            assert_same_bits(&normal(len, seed), &long[..len], format_args!("{len} values, seed {seed}"));
        }
    }
}

fn orthogonal(n_classes: usize, n_dim: usize, seed: u64) -> Vec<f32> {
    let mut centers = vec![f32::NAN; n_classes * n_dim];
    // The old contents of the scratch memory must not matter.
    let mut scratch = vec![f32::NAN; init::orthogonal_scratch_len(n_classes, n_dim)];
    init::orthogonal::<Lanes>(&mut centers, n_classes, n_dim, seed, &mut scratch);
    centers
}

/// Rows, or the columns if they are fewer.
fn vectors(values: &[f32], n_classes: usize, n_dim: usize) -> Vec<Vec<f64>> {
    let (count, len) = (n_classes.min(n_dim), n_classes.max(n_dim));
    let place = |i, k| if n_classes <= n_dim { i * n_dim + k } else { k * n_dim + i };
    (0..count).map(|i| (0..len).map(|k| f64::from(values[place(i, k)])).collect()).collect()
}

fn assert_orthonormal(n_classes: usize, n_dim: usize, seed: u64) {
    let vectors = vectors(&orthogonal(n_classes, n_dim, seed), n_classes, n_dim);
    for (i, a) in vectors.iter().enumerate() {
        for (j, b) in vectors.iter().enumerate().skip(i) {
            let expected = f64::from(u8::from(i == j));
            let what = format_args!("C = {n_classes}, D = {n_dim}, seed {seed}: vectors {i} and {j}");
            assert_close(dot(a, b), expected, 1.0, 2e-6, what);
        }
    }
}

#[test]
fn orthogonal_rows_or_columns_are_orthonormal() {
    for n_classes in 1..=20 {
        for n_dim in 1..=20 {
            assert_orthonormal(n_classes, n_dim, (n_classes * 100 + n_dim) as u64);
        }
    }
    // On both sides of a panel's and a block's edge.
    for (n_classes, n_dim) in
        [(31, 31), (32, 32), (33, 33), (40, 41), (63, 70), (64, 64), (65, 64), (96, 97), (100, 30)]
    {
        for seed in SEEDS {
            assert_orthonormal(n_classes, n_dim, seed);
        }
    }
    for (n_classes, n_dim) in [(128, 128), (500, 512), (1000, 512), (1, 5000), (5000, 1), (10, 20_000), (3, 100_003)] {
        assert_orthonormal(n_classes, n_dim, 1);
    }
}

#[test]
fn orthogonal_values_are_those_of_their_seed() {
    for (n_classes, n_dim) in [(1, 1), (5, 8), (8, 5), (40, 33)] {
        for seed in SEEDS {
            let values = orthogonal(n_classes, n_dim, seed);
            assert_same_bits(&orthogonal(n_classes, n_dim, seed), &values, "the same seed");
            if n_classes > 1 {
                assert_ne!(orthogonal(n_classes, n_dim, seed ^ 8), values, "another seed");
            }
        }
    }
}

#[test]
fn scratch_len_does_not_overflow() {
    for (n_classes, n_dim) in [(usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX), (1 << 40, 1 << 40)] {
        assert!(init::orthogonal_scratch_len(n_classes, n_dim) >= n_classes.max(n_dim) - 3);
    }
    assert_eq!(init::orthogonal_scratch_len(1 << 40, 1 << 40), usize::MAX);
}

#[test]
#[should_panic(expected = "operands that do not fit")]
fn too_short_a_scratch_panics() {
    let mut scratch = vec![0.0; init::orthogonal_scratch_len(40, 40) - 1];
    init::orthogonal::<Lanes>(&mut [0.0; 1600], 40, 40, 1, &mut scratch);
}

/// Many matrices of one shape, as vectors.
fn matrices(n_classes: usize, n_dim: usize) -> impl Iterator<Item = Vec<Vec<f64>>> {
    (0..2000).map(move |seed| vectors(&orthogonal(n_classes, n_dim, seed), n_classes, n_dim))
}

#[test]
fn orthogonal_matrices_are_evenly_distributed() {
    // Both shapes of each of: all vectors, half of them, one.
    for (n_classes, n_dim) in [(6, 6), (3, 6), (6, 3), (1, 6), (6, 1), (2, 2), (34, 34)] {
        let all: Vec<_> = matrices(n_classes, n_dim).collect();
        let (count, len) = (all[0].len(), all[0][0].len());
        let n = all.len();
        let what = |i: usize, k: usize| format!("C = {n_classes}, D = {n_dim}: value {k} of vector {i}");
        for (i, k) in (0..count).flat_map(|i| (0..len).map(move |k| (i, k))) {
            let mean_of = |f: &dyn Fn(f64) -> f64| all.iter().map(|vectors| f(vectors[i][k])).sum::<f64>() / n as f64;
            let (m, moment) = (len as f64, |power| move |value: f64| value.powi(power));
            // Moments of one value of a random direction: E = 0, E² = 1/m, E⁴ = 3/(m·(m + 2)), E⁸ = 105/(m·(m + 2)·(m + 4)·(m + 6)).
            let fourth = 3.0 / (m * (m + 2.0));
            let eighth = 35.0 * fourth / ((m + 4.0) * (m + 6.0));
            let sign = mean_of(&|value| value.signum());
            assert_close(sign, 0.0, 1.0, bound(1.0, n), what(i, k) + ", sign");
            assert_close(mean_of(&moment(1)), 0.0, 1.0, bound(1.0 / m, n), what(i, k) + ", mean");
            let variance = fourth - 1.0 / (m * m);
            assert_close(mean_of(&moment(2)), 1.0 / m, 1.0, bound(variance, n) + 1e-6, what(i, k) + ", square");
            let variance = eighth - fourth * fourth;
            assert_close(mean_of(&moment(4)), fourth, 1.0, bound(variance, n) + 1e-6, what(i, k) + ", fourth power");
        }
    }
}

#[test]
fn angles_to_a_fixed_direction_are_those_of_a_random_one() {
    // In three dimensions the cosine to any direction is uniform (Archimedes).
    let fixed = [2.0 / 3.0, -1.0 / 3.0, 2.0 / 3.0];
    let all: Vec<_> = matrices(3, 3).collect();
    for i in 0..3 {
        let statistic = kolmogorov_smirnov(all.iter().map(|vectors| dot(&vectors[i], &fixed)).collect(), |cosine| {
            f64::midpoint(cosine, 1.0)
        });
        assert!(statistic < KOLMOGOROV_SMIRNOV, "Kolmogorov-Smirnov {statistic}, vector {i}");
    }
    // Half are rotations, half of them with a reflection; a rotation's trace is 1 + 2·cos, of a mean of 0 in all.
    let determinant = |v: &Vec<Vec<f64>>| {
        let minor = |a: usize, b: usize| v[1][a] * v[2][b] - v[1][b] * v[2][a];
        v[0][0] * minor(1, 2) - v[0][1] * minor(0, 2) + v[0][2] * minor(0, 1)
    };
    let n = all.len() as f64;
    let determinants = all.iter().map(determinant).sum::<f64>() / n;
    assert_close(determinants, 0.0, 1.0, bound(1.0, all.len()), "determinant");
    // E tr = 0 and E tr² = 1 for an evenly distributed orthogonal matrix (Diaconis and Shahshahani 1994).
    let trace = |v: &Vec<Vec<f64>>| v[0][0] + v[1][1] + v[2][2];
    assert_close(all.iter().map(trace).sum::<f64>() / n, 0.0, 1.0, bound(1.0, all.len()), "trace");
    let squares = all.iter().map(|v| trace(v).powi(2)).sum::<f64>() / n;
    assert_close(squares, 1.0, 1.0, bound(2.0, all.len()), "squared trace");
}

#[test]
fn entries_of_a_large_orthogonal_matrix_are_nearly_normal() {
    for (n_classes, n_dim) in [(128, 128), (256, 128), (100, 512)] {
        let values = orthogonal(n_classes, n_dim, 7);
        let root = (n_classes.max(n_dim) as f64).sqrt();
        let statistic = kolmogorov_smirnov(values.iter().map(|&value| f64::from(value) * root).collect(), normal_cdf);
        assert!(statistic < KOLMOGOROV_SMIRNOV, "Kolmogorov-Smirnov {statistic}, C = {n_classes}, D = {n_dim}");
    }
}

#[test]
fn unit_vectors_are_the_first_dimensions() {
    for (n_classes, n_dim) in [(1, 1), (1, 5), (3, 3), (3, 5), (7, 8), (17, 17)] {
        let mut values = vec![f32::NAN; n_classes * n_dim];
        init::unit_vectors(&mut values, n_dim);
        let identity = |place: usize| f32::from(u8::from(place / n_dim == place % n_dim));
        let expected: Vec<f32> = (0..values.len()).map(identity).collect();
        assert_same_bits(&values, &expected, format_args!("C = {n_classes}, D = {n_dim}"));
    }
}

#[test]
fn scale_multiplies_with_one_rounding() {
    for magnitude in [1.0, 0.0, 3.0, -2.5, 0.1, 1e-3, 1e30, f64::NAN] {
        for len in 0..=17 {
            let before = normal(len, 4);
            let mut values = before.clone();
            init::scale::<Lanes>(&mut values, magnitude);
            let expected: Vec<f32> = before.iter().map(|&value| (f64::from(value) * magnitude) as f32).collect();
            assert_same_bits(&values, &expected, format_args!("{len} values, magnitude {magnitude}"));
        }
    }
}
