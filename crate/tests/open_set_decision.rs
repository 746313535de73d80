//! Classification with a score against float64, at every length where a loop ends, and what it must not let through.
#![allow(clippy::cast_possible_truncation, reason = "float64 values become float32 inputs")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::float_cmp, reason = "exact results")]

mod common;
#[path = "common/decision.rs"]
mod decision;
mod decision_reference;
mod reference;

use center_loss::detect::classify::{Measure, decide};
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::rows::shape::class_of;
use common::{Batch, TOLERANCE, assert_close, assert_same_bits, normal};
use decision::{fit, run};
use decision_reference as truth;
use proptest::prelude::*;
use reference::matrix;

const METRICS: [Metric; 3] = [Metric::SqEuclidean, Metric::Euclidean, Metric::Cosine];

/// Dimensions around lanes (4), the turned walk (16), chains (8) and blocks of 512.
const DIMS: [usize; 18] = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 64, 129, 511, 512, 513, 1025];

/// Classes around lanes, the 32 of a weighted block, and the 64 of a plain one.
const CLASSES: [usize; 13] = [1, 2, 3, 4, 5, 8, 31, 32, 33, 63, 64, 65, 129];

/// Rows around tiles (2) and the 64 that are kept at once.
const ROWS: [usize; 5] = [1, 2, 63, 64, 65];

/// The distances of each row in float64.
fn distances(batch: &Batch, measure: Measure) -> Vec<Vec<f64>> {
    let (x, centers) = (matrix(&batch.x, batch.dim), matrix(&batch.centers, batch.dim));
    let distance = |x: &[f64], c: &[f64]| match measure {
        Measure::Metric(Metric::SqEuclidean) => reference::squared_distance(x, c),
        Measure::Metric(Metric::Euclidean) => truth::euclidean(x, c),
        Measure::Metric(Metric::Cosine) => truth::cosine(x, c),
        Measure::Weighted(weights) => truth::weighted(x, c, &weights.iter().map(|&w| f64::from(w)).collect::<Vec<_>>()),
    };
    x.iter().map(|x| centers.iter().map(|c| distance(x, c)).collect()).collect()
}

/// A score by its formula, of all distances of a row.
fn expected(d: &[f64], score: Score, nearest: usize) -> f64 {
    let (first, second) = truth::two_least(d);
    match score {
        Score::Distance => first,
        // What float64 leaves of directions that are one is not a distance.
        Score::KnnCenters if second < 1e-30 => 1.0,
        Score::Normalized(radii) => first / f64::from(radii[nearest.min(radii.len() - 1)]),
        Score::Cac => truth::cac(d),
        Score::Softmin => truth::uncertainty(d),
        Score::Entropy => truth::entropy(d),
        Score::KnnCenters => first / second,
    }
}

/// Every score by one measure, each within the rounding of its distances.
fn check(batch: &Batch, measure: Measure, what: &str) {
    let distmat = distances(batch, measure);
    let radii: Vec<f32> = (0..batch.n_classes()).map(|class| 0.5 + class as f32).collect();
    let mut scores = vec![Score::Distance, Score::Normalized(&radii), Score::Cac, Score::Softmin, Score::Entropy];
    scores.push(Score::Normalized(&radii[..1]));
    if batch.n_classes() > 1 {
        scores.push(Score::KnnCenters);
    }
    // Directions are float32: the difference of two is off by that.
    let of_units = |d: f64| if measure == Measure::Metric(Metric::Cosine) { 3e-7 * d.sqrt() + 1e-13 } else { 0.0 };
    for score in scores {
        let (actual, nearest) = run(batch, measure, score);
        for (row, d) in distmat.iter().enumerate() {
            let what = format!("{what}, {score:?}, row {row}");
            let class = usize::try_from(nearest[row]).expect("a class");
            let ((least, second), farthest) = (truth::two_least(d), d.iter().copied().fold(0.0, f64::max));
            let allowed = least * 2.0 * TOLERANCE + of_units(least);
            assert!(d[class] <= least + allowed, "{what}: {least} is nearer than {}", d[class]);
            let want = expected(d, score, class);
            let allowed = match score {
                // That to the nearest center is exact by any metric, but which is nearest may be in doubt.
                Score::Distance => 2.0 * TOLERANCE * d[class] + d[class] - least,
                Score::Normalized(radii) => {
                    (2.0 * TOLERANCE * d[class] + d[class] - least) / f64::from(radii[class.min(radii.len() - 1)])
                }
                Score::KnnCenters => 2.0 * TOLERANCE * want + (of_units(least) + of_units(second)) / second.max(1e-12),
                // An exponent is as exact as the distance, and the probabilities below 10⁻³⁸ are 0.
                Score::Softmin | Score::Entropy => {
                    (2.0 * TOLERANCE + 1e-6 * farthest + of_units(2.0)) * want + 1e-36 * (1.0 + farthest)
                }
                Score::Cac => {
                    let all = 3.0 * TOLERANCE + 1e-6 * farthest + of_units(2.0);
                    all * want + of_units(least) + 1e-36 * (1.0 + farthest)
                }
            };
            assert_close(actual[row].into(), want, 1.0, allowed + 1e-30, what);
        }
    }
}

fn weights(dim: usize) -> Vec<f32> {
    normal(dim, 99).into_iter().map(|value| value * value * 4.0).collect()
}

fn check_all(batch: &Batch, what: &str) {
    for metric in METRICS {
        check(batch, Measure::Metric(metric), &format!("{what}, {metric:?}"));
    }
    check(batch, Measure::Weighted(&weights(batch.dim)), &format!("{what}, weighted"));
}

#[test]
fn scores_of_every_shape() {
    for dim in DIMS {
        for n_classes in CLASSES {
            // All rows for few classes, all classes for few rows.
            for rows in ROWS {
                if rows * n_classes * dim > 2_000_000 {
                    continue;
                }
                let batch = Batch::random(rows, n_classes, dim, (rows * 31 + n_classes * 7 + dim) as u64);
                check_all(&batch, &format!("B = {rows}, C = {n_classes}, D = {dim}"));
            }
        }
    }
}

/// Rows close to centers that are far from the origin, where an expansion loses everything.
#[test]
fn scores_of_tight_clusters_off_the_origin() {
    for dim in [3, 16, 64] {
        let mut batch = Batch::with_labels(vec![0; 9], 5, dim, 5);
        for value in &mut batch.centers {
            *value += 100.0;
        }
        for row in 0..batch.rows() {
            let center = batch.centers[row % 5 * dim..][..dim].to_vec();
            for (value, center) in batch.row_mut(row).iter_mut().zip(center) {
                *value = center + *value * 1e-2;
            }
        }
        check(&batch, Measure::Metric(Metric::SqEuclidean), "squared");
        check(&batch, Measure::Metric(Metric::Euclidean), "Euclidean");
        check(&batch, Measure::Weighted(&weights(dim)), "weighted");
        check(&batch, Measure::Metric(Metric::Cosine), "cosine");
    }
}

/// The nearest class changes with every block of centers, and with every center, near to far and far to near.
#[test]
fn scores_do_not_depend_on_the_order_of_centers() {
    let n_classes = 300;
    for dim in [1, 20] {
        for spread in [0.01_f32, 0.3, 3.0] {
            let mut batch = Batch::with_labels(vec![0; 2], n_classes, dim, 1);
            batch.x.fill(0.0);
            for (class, center) in batch.centers.chunks_mut(dim).enumerate() {
                center.fill(0.0);
                center[0] = 0.5 + class as f32 * spread / n_classes as f32;
            }
            check(&batch, Measure::Metric(Metric::SqEuclidean), "away");
            check(&batch, Measure::Metric(Metric::Euclidean), "away");
            let mut turned = batch.clone();
            turned.centers = batch.centers.chunks(dim).rev().flatten().copied().collect();
            check(&turned, Measure::Metric(Metric::SqEuclidean), "nearer");
            check(&turned, Measure::Metric(Metric::Euclidean), "nearer");
            check(&turned, Measure::Weighted(&weights(dim)), "nearer");
        }
    }
}

#[test]
fn the_lowest_of_equal_classes_is_the_nearest() {
    for (n_classes, dim) in [(2, 1), (70, 3), (70, 20), (200, 17)] {
        let mut batch = Batch::with_labels(vec![0; 3], n_classes, dim, 3);
        let center = batch.centers[..dim].to_vec();
        batch.centers = center.repeat(n_classes);
        for measure in METRICS.map(Measure::Metric).into_iter().chain([Measure::Weighted(&weights(dim))]) {
            let (scores, nearest) = run(&batch, measure, Score::KnnCenters);
            assert_eq!((scores, nearest), (vec![1.0; 3], vec![0; 3]), "{measure:?}");
            let (scores, _) = run(&batch, measure, Score::Softmin);
            assert_close(scores[0].into(), 1.0 - 1.0 / n_classes as f64, 1.0, 1e-6, "1 - 1/C");
            let (scores, _) = run(&batch, measure, Score::Entropy);
            assert_close(scores[0].into(), (n_classes as f64).ln(), 1.0, 1e-6, "ln C");
        }
    }
}

#[test]
fn what_is_zero_has_no_angle() {
    let mut batch = Batch::with_labels(vec![0; 3], 3, 5, 3);
    batch.row_mut(0).fill(0.0);
    batch.centers[5..10].fill(0.0);
    let center = batch.centers[10..].to_vec();
    batch.row_mut(1).copy_from_slice(&center);
    let away: Vec<f32> = center.iter().map(|value| value * -2.0).collect();
    batch.row_mut(2).copy_from_slice(&away);
    batch.centers[..5].copy_from_slice(&center);
    let (scores, nearest) = run(&batch, Measure::Metric(Metric::Cosine), Score::Distance);
    // To a row of zeros all are as far; a row along a center is at 0; one that looks away is nearest to what has no angle.
    assert_eq!((scores, nearest), (vec![1.0, 0.0, 1.0], vec![0, 0, 1]));
    let (scores, _) = run(&batch, Measure::Metric(Metric::Cosine), Score::KnnCenters);
    assert_eq!(scores, [1.0, 1.0, 0.5]);
}

#[test]
fn a_row_without_direction_is_as_far_from_all_but_what_is_not_finite() {
    let mut batch = Batch::with_labels(vec![0; 1], 9, 5, 3);
    batch.x.fill(0.0);
    batch.centers[..5].fill(0.0);
    let cosine = Measure::Metric(Metric::Cosine);
    assert_eq!(run(&batch, cosine, Score::Distance), (vec![1.0], vec![0]));
    batch.centers[2] = f32::NAN;
    assert_eq!(run(&batch, cosine, Score::Distance), (vec![1.0], vec![1]));
    assert_eq!(run(&batch, cosine, Score::KnnCenters), (vec![1.0], vec![1]));
}

/// Centers apart by less than a direction in float32 can tell: the nearest of the first two is found all the same.
#[test]
fn the_nearest_by_cosine_is_that_of_float64() {
    for seed in 0..200 {
        let mut batch = Batch::with_labels(vec![0; 1], 2, 7, seed);
        let center = batch.centers[..7].to_vec();
        for (k, (other, value)) in batch.centers[7..].iter_mut().zip(&center).enumerate() {
            *other = if k % 2 == 0 { value.next_up() } else { *value } * 3.0;
        }
        let (scores, nearest) = run(&batch, Measure::Metric(Metric::Cosine), Score::KnnCenters);
        let d = &distances(&batch, Measure::Metric(Metric::Cosine))[0];
        assert!(scores[0] <= 1.0, "{}", scores[0]);
        // What is equal as float32 is the lower class.
        let expected = i32::from((d[1] as f32) < d[0] as f32);
        assert_eq!(nearest[0], expected, "seed {seed}: {d:?}");
        let (scores, nearest) = run(&batch, Measure::Metric(Metric::Cosine), Score::Distance);
        let least = truth::two_least(d).0;
        assert_eq!(nearest[0], expected, "seed {seed}: {d:?}");
        assert_close(scores[0].into(), least, least, TOLERANCE, "the distance");
    }
}

/// Both distances of a ratio are exact, where angles are so small that directions in float32 tell little of them.
#[test]
fn a_ratio_of_small_angles_is_exact() {
    for seed in 0..50 {
        let mut batch = Batch::with_labels(vec![0; 1], 2, 7, seed);
        let center = batch.centers[..7].to_vec();
        for (k, value) in center.into_iter().enumerate() {
            batch.centers[7 + k] = value * 2.0 + batch.x[k] * 4e-3;
            batch.x[k] = value * 3.0 + batch.x[(k + 1) % 7] * 1e-3;
        }
        let (scores, _) = run(&batch, Measure::Metric(Metric::Cosine), Score::KnnCenters);
        let (first, second) = truth::two_least(&distances(&batch, Measure::Metric(Metric::Cosine))[0]);
        assert_close(scores[0].into(), first / second, first / second, TOLERANCE, format_args!("seed {seed}"));
    }
}

#[test]
fn a_weight_may_be_small_where_a_square_overflows() {
    for dim in [1, 4, 9] {
        let mut batch = Batch::with_labels(vec![0; 1], 1, dim, 3);
        batch.x.fill(1e20);
        batch.centers.fill(0.0);
        let (scores, _) = run(&batch, Measure::Weighted(&vec![1e-10; dim]), Score::Distance);
        assert_close(scores[0].into(), 1e30 * dim as f64, 1e30 * dim as f64, TOLERANCE, "weighted");
    }
}

#[test]
fn zero_over_zero_is_the_rim() {
    let mut batch = Batch::with_labels(vec![0; 1], 2, 4, 3);
    batch.centers.fill(0.0);
    batch.x.fill(0.0);
    let squared = Measure::Metric(Metric::SqEuclidean);
    assert_eq!(run(&batch, squared, Score::Normalized(&[0.0])).0, [1.0]);
    assert_eq!(run(&batch, squared, Score::Normalized(&[2.0])).0, [0.0]);
    assert_eq!(run(&batch, squared, Score::KnnCenters).0, [1.0]);
    batch.x[0] = 3.0;
    assert_eq!(run(&batch, squared, Score::Normalized(&[0.0, 1.0])).0, [f32::INFINITY]);
    assert_eq!(run(&batch, squared, Score::Normalized(&[2.0])).0, [4.5]);
}

const SCORES: [Score; 6] =
    [Score::Distance, Score::Normalized(&[2.0]), Score::Cac, Score::Softmin, Score::Entropy, Score::KnnCenters];

#[test]
fn a_row_that_is_not_finite_is_unknown_and_alone() {
    for dim in [3, 20] {
        let weights = weights(dim);
        for measure in METRICS.map(Measure::Metric).into_iter().chain([Measure::Weighted(&weights)]) {
            for score in SCORES {
                let batch = Batch::with_labels(vec![0; 66], 130, dim, 3);
                let (scores, nearest) = run(&batch, measure, score);
                let mut spoiled = batch.clone();
                let bad = [(0, f32::NAN), (5, f32::INFINITY), (64, f32::NEG_INFINITY), (65, f32::NAN)];
                for (row, value) in bad {
                    spoiled.row_mut(row)[row % dim] = value;
                }
                let (mut found, mut classes) = run(&spoiled, measure, score);
                for (row, _) in bad {
                    assert_eq!((found[row], classes[row]), (f32::INFINITY, -1), "{measure:?}, {score:?}");
                    (found[row], classes[row]) = (scores[row], nearest[row]);
                }
                assert_same_bits(&found, &scores, format!("{measure:?}, {score:?}"));
                assert_eq!(classes, nearest, "{measure:?}, {score:?}");
            }
        }
    }
}

#[test]
fn a_center_that_is_not_finite_is_near_no_row() {
    for dim in [3, 20] {
        let weights = weights(dim);
        for measure in METRICS.map(Measure::Metric).into_iter().chain([Measure::Weighted(&weights)]) {
            for score in SCORES {
                let batch = Batch::with_labels(vec![0; 30], 130, dim, 3);
                let mut spoiled = batch.clone();
                // One in the first place, and one in the last.
                let far = [f32::NAN, f32::INFINITY];
                spoiled.centers.splice(0..0, vec![far[0]; dim]);
                spoiled.centers.extend(vec![far[1]; dim]);
                let (scores, nearest) = run(&batch, measure, score);
                let (found, classes) = run(&spoiled, measure, score);
                for (row, (found, expected)) in found.iter().zip(&scores).enumerate() {
                    let what = format!("{measure:?}, {score:?}, row {row}");
                    // The same terms, but in other lanes.
                    assert_close((*found).into(), (*expected).into(), expected.abs().into(), 1e-6, what);
                }
                assert_eq!(classes, nearest.iter().map(|class| class + 1).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn no_class_where_no_distance_is_finite() {
    let mut batch = Batch::with_labels(vec![0; 2], 3, 4, 3);
    batch.row_mut(0).fill(1e30);
    for measure in [Measure::Metric(Metric::SqEuclidean), Measure::Metric(Metric::Euclidean)] {
        let (scores, nearest) = run(&batch, measure, Score::Entropy);
        assert_eq!((scores[0], nearest[0]), (f32::INFINITY, -1));
        assert!(nearest[1] >= 0);
    }
    // Directions have no length.
    let (scores, nearest) = run(&batch, Measure::Metric(Metric::Cosine), Score::Distance);
    assert!(scores[0] <= 2.0 && nearest[0] >= 0);
}

#[test]
fn decisions() {
    let (scores, nearest) = ([1.0, 2.0, f32::INFINITY, 0.1, 3.0], [0, 1, -1, 2, 2]);
    let labels = |thresholds: &[f64]| {
        let mut labels = vec![9; 5];
        decide(&scores, &nearest, thresholds, &mut labels);
        labels
    };
    assert_eq!(labels(&[]), nearest);
    assert_eq!(labels(&[2.0]), [0, 1, -1, 2, -1]);
    assert_eq!(labels(&[f64::INFINITY]), nearest);
    assert_eq!(labels(&[f64::NEG_INFINITY]), [-1; 5]);
    assert_eq!(labels(&[0.5, 2.0, f64::INFINITY]), [-1, 1, -1, 2, 2]);
    // 0.1 as float32 is above 0.1.
    assert_eq!(labels(&[0.1]), [-1; 5]);
    assert_eq!(labels(&[f64::from(0.1_f32)]), [-1, -1, -1, 2, -1]);
}

#[test]
fn precision_of_every_shape() {
    for dim in DIMS {
        for rows in [2, 3, 64, 65, 300] {
            let batch = Batch::random(rows, 3, dim, (rows + dim) as u64);
            let (x, centers) = (matrix(&batch.x, dim), matrix(&batch.centers, dim));
            let known: Vec<(usize, usize)> =
                (0..rows).filter_map(|row| Some((row, class_of(batch.labels[row], 3)?))).collect();
            let (precision, n) = fit(&batch);
            assert_eq!(n, known.len());
            for k in 0..dim {
                let mut sum = 0.0;
                for &(row, class) in &known {
                    sum += (x[row][k] - centers[class][k]).powi(2);
                }
                let expected = known.len() as f64 / sum;
                assert_close(precision[k].into(), expected, expected, 1e-6, format!("B = {rows}, D = {dim}, {k}"));
            }
        }
    }
}

#[test]
fn precision_without_variance() {
    let mut batch = Batch::with_labels(vec![0, 1, -1, 0], 2, 3, 4);
    batch.centers.fill(1.0);
    batch.x.fill(1.0);
    batch.row_mut(2).fill(f32::NAN);
    assert_eq!(fit(&batch), (vec![1.0; 3], 3), "nothing varies");
    batch.x[0] = 4.0;
    let (precision, _) = fit(&batch);
    assert_eq!(precision[0], 1.0 / 3.0);
    assert_close(precision[1].into(), 1e9 / 3.0, 1e9 / 3.0, 1e-6, "the least variance that counts");
    assert_eq!(precision[1], precision[2]);
    batch.row_mut(1)[0] = f32::NAN;
    batch.row_mut(3)[1] = f32::INFINITY;
    let (precision, n) = fit(&batch);
    assert_eq!((precision[0], n), (1.0 / 9.0, 1), "rows that are not finite");
    batch.labels.fill(-1);
    assert_eq!(fit(&batch), (vec![1.0; 3], 0), "no known row");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scores_are_as_defined(rows in 1..70_usize, n_classes in 1..140_usize, dim in 1..40_usize, seed: u64, spread in 0.01..3.0_f32) {
        let mut batch = Batch::with_labels(vec![0; rows], n_classes, dim, seed);
        batch.x.iter_mut().chain(&mut batch.centers).for_each(|value| *value *= spread);
        check_all(&batch, "random");
    }

    #[test]
    fn a_row_has_one_score_among_any_others(rows in 1..140_usize, n_classes in 2..80_usize, dim in 1..30_usize, seed: u64, pick in 0.0..1.0_f64) {
        let batch = Batch::with_labels(vec![0; rows], n_classes, dim, seed);
        #[allow(clippy::cast_sign_loss, reason = "a share of a few rows")]
        let row = (pick * rows as f64) as usize;
        let alone = batch.select(&[row]);
        for metric in METRICS {
            for score in SCORES {
                let (scores, nearest) = run(&batch, Measure::Metric(metric), score);
                let (score_alone, nearest_alone) = run(&alone, Measure::Metric(metric), score);
                prop_assert_eq!(score_alone[0].to_bits(), scores[row].to_bits());
                prop_assert_eq!(nearest_alone[0], nearest[row]);
            }
        }
    }
}
