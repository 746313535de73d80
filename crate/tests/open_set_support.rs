//! Around the loss of the own centers: rows × centers in every metric, radii from data, weights of classes, half
//! precision, fingerprints.
#![allow(clippy::cast_possible_truncation, reason = "references become float32 inputs")]
#![allow(clippy::cast_precision_loss, reason = "small counts")]

mod common;
#[path = "common/decision.rs"]
mod decision;
#[path = "reference/own_center.rs"]
mod own_center;
mod reference;

use center_loss::detect::classify::Measure;
use center_loss::detect::radii::{own_distances, quantiles};
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::distance::pairwise;
use center_loss::loss::batch_pass::CenterOutput;
use center_loss::loss::class_weights::{Scheme, class_weights};
use center_loss::loss::reduction::Labels;
use center_loss::rows::shape::Rows;
use center_loss::simd::float16::{narrow, widen};
use center_loss::simd::vector::Lanes;
use center_loss::update::params_hash::params_hash;
use common::{Batch, TOLERANCE, assert_close, assert_same_bits, normal};
use own_center::distance;
use proptest::collection::vec;
use proptest::prelude::*;

const METRICS: [Metric; 3] = [Metric::SqEuclidean, Metric::Euclidean, Metric::Cosine];

fn distances(batch: &Batch, metric: Metric) -> Vec<f32> {
    let (x, centers) = (Rows::new(&batch.x, batch.dim), Rows::new(&batch.centers, batch.dim));
    let mut distmat = vec![f32::NAN; x.count() * centers.count()];
    let mut room = vec![f32::NAN; pairwise::scratch_len(metric, x.count(), centers.count(), batch.dim)];
    pairwise::distances::<Lanes>(metric, x, centers, &mut room, &mut distmat);
    distmat
}

/// The nearest classes, and the distances to them.
fn nearest(batch: &Batch, metric: Metric) -> (Vec<i32>, Vec<f32>) {
    let (least, classes) = decision::run(batch, Measure::Metric(metric), Score::Distance);
    (classes, least)
}

/// Few rows and classes, and enough of both for the expansion and for the elimination.
const SHAPES: [(usize, usize); 8] = [(1, 1), (2, 3), (5, 4), (3, 5), (7, 65), (24, 96), (65, 130), (1, 200)];

#[test]
fn distances_are_those_of_the_reference() {
    for dim in [1, 2, 3, 4, 5, 13, 14, 15, 16, 17, 31, 33, 127, 128, 129, 513] {
        for (rows, n_classes) in SHAPES {
            let mut batch = Batch::random(rows, n_classes, dim, 3);
            batch.row_mut(rows - 1).fill(0.0);
            if n_classes > 1 {
                batch.centers[dim..2 * dim].fill(0.0);
            }
            let (x, centers) = (reference::matrix(&batch.x, dim), reference::matrix(&batch.centers, dim));
            for metric in METRICS {
                let what = format!("B = {rows}, C = {n_classes}, D = {dim}, {metric:?}");
                let actual = distances(&batch, metric);
                let (classes, nearest) = nearest(&batch, metric);
                for i in 0..rows {
                    let of_row = &actual[i * n_classes..][..n_classes];
                    for j in 0..n_classes {
                        let expected = distance(metric, &x[i], &centers[j]);
                        // A direction is rounded once: of that, the distance sees its root.
                        let rounding = if metric == Metric::Cosine { 3e-7 * expected.sqrt() + 1e-14 } else { 0.0 };
                        assert_close(of_row[j].into(), expected, expected + rounding / TOLERANCE, TOLERANCE, &what);
                    }
                    let least = of_row.iter().copied().fold(f32::INFINITY, f32::min);
                    // Of equals the lowest; by cosine what classifies has the very same distance.
                    let class = of_row.iter().position(|d| d.to_bits() == least.to_bits()).expect("a class");
                    if metric == Metric::Cosine {
                        assert_eq!((usize::try_from(classes[i]), nearest[i].to_bits()), (Ok(class), least.to_bits()));
                    }
                    let class = usize::try_from(classes[i]).expect("finite distances");
                    assert_eq!(of_row[class].to_bits(), least.to_bits(), "{what}, row {i}");
                }
            }
        }
    }
}

#[test]
fn a_zero_vector_is_at_one_from_all_directions() {
    for dim in [1, 2, 4, 7] {
        let mut batch = Batch::with_labels(vec![0; 3], 3, dim, 1);
        batch.row_mut(1).fill(0.0);
        batch.centers[..dim].fill(0.0);
        let distmat = distances(&batch, Metric::Cosine);
        assert_same_bits(&distmat[3..6], &[1.0; 3], "the zero row");
        assert_same_bits(&[distmat[0], distmat[6]], &[1.0; 2], "the zero center");
        let (classes, least) = nearest(&batch, Metric::Cosine);
        assert_eq!((classes[1], least[1]), (0, 1.0), "the first of equals");
    }
}

/// Many rows and classes, so that the expansion is at work, and of these several are as near as directions can tell.
#[test]
fn the_nearest_directions_are_those_of_float64() {
    for (rows, n_classes, dim) in [(1, 7, 3), (5, 30, 7), (70, 130, 17), (30, 100, 33)] {
        for seed in 0..20 {
            let mut batch = Batch::random(rows, n_classes, dim, seed);
            for class in 1..n_classes {
                if class % 3 != 0 {
                    for k in 0..dim {
                        let value = batch.centers[class / 3 * 3 * dim + k];
                        let other = if (class + k) % 3 == 0 { value.next_up() } else { value };
                        batch.centers[class * dim + k] = other * (1 + class % 3) as f32;
                    }
                }
            }
            let (x, centers) = (reference::matrix(&batch.x, dim), reference::matrix(&batch.centers, dim));
            let (classes, least) = nearest(&batch, Metric::Cosine);
            let distmat = distances(&batch, Metric::Cosine);
            for row in 0..rows {
                let exact: Vec<f32> = centers.iter().map(|c| distance(Metric::Cosine, &x[row], c) as f32).collect();
                let want = exact.iter().copied().fold(f32::INFINITY, f32::min);
                let class = usize::try_from(classes[row]).expect("a class");
                // The reference sums in another order: of its last bit it is not sure.
                let what = format!("seed {seed}, row {row}: class {class}");
                assert_close(exact[class].into(), want.into(), want.into(), 3e-7, &what);
                assert_close(least[row].into(), want.into(), want.into(), 3e-7, &what);
                let of_row = &distmat[row * n_classes..][..n_classes];
                assert_eq!(of_row.iter().copied().fold(f32::INFINITY, f32::min).to_bits(), least[row].to_bits());
                assert_eq!(of_row.iter().position(|d| d.to_bits() == least[row].to_bits()), Some(class), "{what}");
            }
        }
    }
}

#[test]
fn a_bad_row_reaches_no_other() {
    for (rows, n_classes) in [(5, 4), (65, 130)] {
        let batch = Batch::random(rows, n_classes, 17, 3);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut spoiled = batch.clone();
            spoiled.row_mut(2)[16] = bad;
            for metric in METRICS {
                let (actual, expected) = (distances(&spoiled, metric), distances(&batch, metric));
                assert_same_bits(&actual[..2 * n_classes], &expected[..2 * n_classes], "rows before");
                assert_same_bits(&actual[3 * n_classes..], &expected[3 * n_classes..], "rows after");
                assert!(actual[2 * n_classes..3 * n_classes].iter().all(|value| !value.is_finite()));
                assert_eq!(nearest(&spoiled, metric).0[2], -1, "{metric:?}");
            }
        }
    }
}

/// Distances by class, sorted, as the package sorts them between the two kernels.
fn sorted_distances(batch: &Batch, metric: Metric) -> (Vec<f32>, Vec<u32>) {
    let n_classes = batch.n_classes();
    let (mut of_row, mut by_class) = (vec![f32::NAN; batch.rows()], vec![f32::NAN; batch.rows()]);
    let mut ends = vec![u32::MAX; n_classes];
    let labels = Labels::new(&batch.labels, n_classes);
    let (x, centers) = (Rows::new(&batch.x, batch.dim), Rows::new(&batch.centers, batch.dim));
    own_distances::<Lanes>(metric, x, &labels, centers, &mut of_row, &mut ends, &mut by_class);
    let mut start = 0;
    for &end in &ends {
        by_class[start..end as usize].sort_by(f32::total_cmp);
        start = end as usize;
    }
    (by_class, ends)
}

#[test]
fn radii_are_the_least_distances_that_have_the_share_within() {
    for (rows, n_classes, dim) in [(1, 1, 1), (20, 3, 5), (300, 4, 9), (7, 50, 2)] {
        let batch = Batch::random(rows, n_classes, dim, 6);
        let (x, centers) = (reference::matrix(&batch.x, dim), reference::matrix(&batch.centers, dim));
        for metric in METRICS {
            let (by_class, ends) = sorted_distances(&batch, metric);
            for quantile in [0.0, 1e-9, 0.1, 1.0 / 3.0, 0.5, 0.9, 0.95, 0.999, 1.0] {
                let mut radii = vec![-7.0; n_classes];
                quantiles(&by_class, &ends, quantile, &mut radii);
                for (class, &radius) in radii.iter().enumerate() {
                    let own: Vec<f64> = (0..rows)
                        .filter(|&i| usize::try_from(batch.labels[i]) == Ok(class))
                        .map(|i| distance(metric, &x[i], &centers[class]))
                        .collect();
                    let what = format!("{metric:?}, quantile {quantile}, class {class} of {own:?}");
                    if own.is_empty() {
                        assert_eq!(radius.to_bits(), (-7.0_f32).to_bits(), "{what}");
                        continue;
                    }
                    let mut sorted = own.clone();
                    sorted.sort_by(f64::total_cmp);
                    let within = |count: usize| count as f64 / own.len() as f64 >= quantile;
                    let least = (1..=own.len()).find(|&count| within(count)).expect("all are within");
                    let expected = sorted[least - 1];
                    assert_close(radius.into(), expected, expected + 1e-25, TOLERANCE, &what);
                }
            }
        }
    }
}

/// What makes the radius of a row its own: the row has no loss then, to the bit.
#[test]
fn a_row_is_within_the_radius_that_it_gave() {
    for seed in 0..200 {
        let batch = Batch::with_labels(vec![0], 1, 5, seed);
        for metric in METRICS {
            let (by_class, ends) = sorted_distances(&batch, metric);
            let mut radii = vec![0.0];
            quantiles(&by_class, &ends, 1.0, &mut radii);
            let loss = center_loss::loss::center_loss::CenterLoss {
                metric,
                penalty: center_loss::loss::penalty::Penalty::Hinge,
                reduction: center_loss::loss::reduction::Reduction::Sum,
                radii: center_loss::loss::center_loss::Radii::PerClass(&radii),
                weights: center_loss::loss::weights::Weights::NONE,
            };
            let (x, labels) = (Rows::new(&batch.x, 5), Labels::new(&batch.labels, 1));
            let loss = loss.pass::<Lanes>(x, &labels, CenterOutput::None(&batch.centers), &mut []);
            assert_eq!(loss.to_bits(), 0.0_f64.to_bits(), "{metric:?}");
        }
    }
}

#[test]
fn rows_at_no_finite_distance_and_rows_without_a_class_have_no_say_in_a_radius() {
    let mut batch = Batch::with_labels(vec![0, -1, 0, 9, 0, 0], 2, 3, 1);
    let expected = sorted_distances(&batch.select(&[0, 5]), Metric::SqEuclidean);
    batch.row_mut(1)[0] = f32::NAN;
    batch.row_mut(2)[1] = f32::NAN;
    batch.row_mut(4)[2] = f32::INFINITY;
    let actual = sorted_distances(&batch, Metric::SqEuclidean);
    assert_eq!(actual.1, expected.1);
    assert_same_bits(&actual.0[..2], &expected.0, "distances");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn balanced_weights_are_those_of_scikit_learn(labels in vec(-2..8_i32, 0..200)) {
        let (mut counts, mut weights) = (vec![9; 6], vec![f32::NAN; 6]);
        class_weights(&labels, Scheme::Balanced, &mut counts, &mut weights);
        let count = |class: i32| labels.iter().filter(|&&label| label == class).count() as f64;
        let occurring = (0..6).filter(|&class| count(class) > 0.0).count() as f64;
        let rows: f64 = (0..6).map(count).sum();
        for (class, &weight) in (0..).zip(&weights) {
            let expected = if count(class) > 0.0 { rows / (occurring * count(class)) } else { 0.0 };
            assert_close(weight.into(), expected, expected, 1e-7, class);
        }
    }

    #[test]
    fn effective_numbers_are_those_of_cui(labels in vec(-2..8_i32, 0..200), beta in prop_oneof![Just(0.0), Just(0.999), Just(0.999_999), 0.0..1.0]) {
        let (mut counts, mut weights) = (vec![9; 6], vec![f32::NAN; 6]);
        class_weights(&labels, Scheme::EffectiveNumber(beta), &mut counts, &mut weights);
        let count = |class: i32| i32::try_from(labels.iter().filter(|&&label| label == class).count()).expect("few");
        let of = |class| if count(class) > 0 { (1.0 - beta) / (1.0 - f64::powi(beta, count(class))) } else { 0.0 };
        let occurring = (0..6).filter(|&class| count(class) > 0).count() as f64;
        let total: f64 = (0..6).map(of).sum();
        for (class, &weight) in (0..).zip(&weights) {
            let expected = if count(class) > 0 { of(class) * occurring / total } else { 0.0 };
            assert_close(weight.into(), expected, expected, 1e-7, class);
        }
    }

    /// The nearest by search among all values: halfway, the one with the even bits.
    #[test]
    fn halves_are_the_nearest_even_ones(value in prop_oneof![-70_000.0..70_000.0, -1.0..1.0, -1e-4..1e-4, -1e-7..1e-7, any::<f64>()]) {
        check_nearest(value);
    }
}

/// The value of a binary16 by its definition.
fn value_of(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * f64::powi(2.0, -24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1024.0 + fraction) * f64::powi(2.0, exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

fn narrowed(value: f64) -> u16 {
    let mut bits = [0xffff];
    narrow(&[value], &mut bits);
    bits[0]
}

fn check_nearest(value: f64) {
    let bits = narrowed(value);
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    assert_eq!(bits & 0x8000, sign, "{value:e}");
    // Past the largest by half a step or more, the infinite one; its place on the line is one step on.
    let place = |bits: u16| if bits & 0x7fff == 0x7c00 { 65536.0 } else { value_of(bits & 0x7fff) };
    let error = |bits: u16| (value.abs() - place(bits)).abs();
    let own = bits & 0x7fff;
    for neighbour in [own.wrapping_sub(1), own + 1].into_iter().filter(|bits| *bits <= 0x7c00) {
        assert!(
            error(own) < error(neighbour) || error(own) <= error(neighbour) && (own & 1 == 0 || value.abs() > 65536.0),
            "{value:e} became {own:#x}, not {neighbour:#x}"
        );
    }
}

#[test]
fn every_half_keeps_its_value_and_halfway_is_even() {
    for bits in 0..=u16::MAX {
        // Once with others, once as what is left.
        let mut value = [0.0; 5];
        widen::<Lanes>(&[bits; 5], &mut value);
        assert_eq!(value.map(f32::to_bits), [value[0].to_bits(); 5], "{bits:#x}");
        let expected = value_of(bits);
        if expected.is_nan() {
            assert!(value[0].is_nan());
            assert_eq!(narrowed(value[0].into()), 0x7e00);
            continue;
        }
        assert_eq!(f64::from(value[0]).to_bits(), expected.to_bits(), "{bits:#x}");
        assert_eq!(narrowed(expected), bits, "{bits:#x}");
        if bits & 0x7fff < 0x7bff {
            let halfway = f64::midpoint(expected, value_of(bits + 1));
            assert_eq!(narrowed(halfway), if bits % 2 == 0 { bits } else { bits + 1 }, "after {bits:#x}");
            for (off, nearest) in [(0.999_999, bits), (1.000_001, bits + 1)] {
                let off = expected + (halfway - expected) * off;
                assert_eq!(narrowed(off), nearest, "{off:e}");
            }
        }
    }
    assert_eq!([65519.999, 65520.0, f64::INFINITY, -1e300].map(narrowed), [0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    // By way of float32 this would be rounded twice, and become 1.
    assert_eq!(narrowed(1.0 + f64::powi(2.0, -11) + f64::powi(2.0, -40)), 0x3c01);
}

#[test]
fn a_fingerprint_sees_every_bit_and_place() {
    let values = normal(100, 1);
    let before = params_hash(&values);
    for place in 0..100 {
        for bit in 0..32 {
            let mut changed = values.clone();
            changed[place] = f32::from_bits(changed[place].to_bits() ^ (1 << bit));
            assert_ne!(params_hash(&changed), before, "bit {bit} of {place}");
        }
    }
    let mut turned = values.clone();
    turned.swap(3, 4);
    assert_ne!(params_hash(&turned), before);
    assert_eq!(params_hash(&values), before);
}
