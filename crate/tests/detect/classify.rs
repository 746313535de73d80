//! Classification with a score against float64, at every length where a loop ends, and its edges.

use crate::common::{Batch, METRICS, TOLERANCE, assert_close, assert_same_bits, normal};
use crate::reference::scores::{cac, entropy, two_least, uncertainty};
use crate::reference::{self, Matrix, distances, mahalanobis, matrix};
use center_loss::detect::classify::{Measure, decide};
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use proptest::prelude::*;

const SCORES: [Score; 9] = [
    Score::Distance,
    Score::Normalized(&[2.0]),
    Score::Cac(1.0),
    Score::Cac(0.1),
    Score::Softmin(1.0),
    Score::Softmin(25.0),
    Score::Entropy(1.0),
    Score::Entropy(0.01),
    Score::KnnCenters,
];

const COSINE: Measure = Measure::Metric(Metric::Cosine);
const SQUARED: Measure = Measure::Metric(Metric::SqEuclidean);

/// Weights of dimensions.
fn weights(n_dim: usize) -> Vec<f32> {
    normal(n_dim, 99).into_iter().map(|value| value * value * 4.0).collect()
}

/// Every measure, with the weights for the last.
fn measures(weights: &[f32]) -> [Measure<'_>; 4] {
    let [a, b, c] = METRICS.map(Measure::Metric);
    [a, b, c, Measure::Weighted(weights)]
}

fn truth(batch: &Batch, measure: Measure) -> Matrix {
    let (x, centers) = (matrix(&batch.x, batch.n_dim), matrix(&batch.centers, batch.n_dim));
    match measure {
        Measure::Metric(metric) => distances(metric, &x, &centers),
        Measure::Whitened(_) => unreachable!("tested in whitened.rs"),
        Measure::Weighted(weights) => {
            let weights = &matrix(weights, batch.n_dim)[0];
            x.iter().map(|x| centers.iter().map(|c| mahalanobis(x, c, weights)).collect()).collect()
        }
    }
}

/// A score by its formula, of all distances of a row.
fn expected(d: &[f64], score: Score, nearest: usize) -> f64 {
    let (first, second) = two_least(d);
    match score {
        Score::Distance => first,
        // A rounding of float64 between equal directions is not a distance.
        Score::KnnCenters if second < 1e-30 => 1.0,
        Score::Normalized(radii) => first / f64::from(radii[nearest.min(radii.len() - 1)]),
        Score::Cac(_) if first < 1e-30 => f64::NEG_INFINITY,
        Score::Cac(temperature) => cac(d, temperature),
        Score::Softmin(temperature) => uncertainty(d, temperature),
        Score::Entropy(temperature) => entropy(d, temperature),
        Score::KnnCenters => first / second,
    }
}

/// Every score by one measure, each within the rounding of its distances.
fn check(batch: &Batch, measure: Measure, what: &str) {
    let distmat = truth(batch, measure);
    let radii: Vec<f32> = (0..batch.n_classes()).map(|class| 0.5 + class as f32).collect();
    // Directions are float32: the difference of two is off by that.
    let of_units = |d: f64| if measure == COSINE { 3e-7 * d.sqrt() + 1e-13 } else { 0.0 };
    for score in SCORES.into_iter().chain([Score::Normalized(&radii)]) {
        if batch.n_classes() == 1 && score == Score::KnnCenters {
            continue;
        }
        let (actual, nearest) = batch.classify(measure, score);
        for (row, d) in distmat.iter().enumerate() {
            let what = format!("{what}, {}, {measure:?}, {score:?}, row {row}", batch.shape());
            let class = usize::try_from(nearest[row]).expect("a class");
            let (least, second) = two_least(d);
            let allowed = least * 2.0 * TOLERANCE + of_units(least);
            assert!(d[class] <= least + allowed, "{what}: {least} is nearer than {}", d[class]);
            let want = expected(d, score, class);
            // The distance to the nearest center is exact by any metric, but which center is nearest may be in doubt.
            let of_nearest = 2.0 * TOLERANCE * d[class] + d[class] - least;
            if f64::from(actual[row]) == want {
                continue;
            }
            // The absolute error of a logarithm is that of the exponents d/T.
            let of_exponents = |t: f64| TOLERANCE + (1e-6 * second + 2.0 * of_units(second)) / t;
            let allowed = match score {
                Score::Distance => of_nearest,
                Score::Normalized(radii) => of_nearest / f64::from(radii[class.min(radii.len() - 1)]),
                Score::KnnCenters => 2.0 * TOLERANCE * want + (of_units(least) + of_units(second)) / second.max(1e-12),
                Score::Softmin(t) | Score::Entropy(t) => of_exponents(t),
                Score::Cac(t) => TOLERANCE + of_exponents(t),
            };
            assert_close(actual[row].into(), want, 1.0, allowed + 1e-30, what);
        }
    }
}

fn check_all(batch: &Batch, what: &str) {
    for measure in measures(&weights(batch.n_dim)) {
        check(batch, measure, what);
    }
}

/// Dimensions around lanes (4), the loops of 16, chains (8) and blocks of 512; classes around lanes, the 32 of a weighted
/// block, and the 64 of a plain one; rows around tiles (2) and the 64 that are kept at once.
#[test]
fn scores_of_every_shape() {
    for n_dim in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 64, 129, 511, 512, 513, 1025] {
        for n_classes in [1, 2, 3, 4, 5, 8, 31, 32, 33, 63, 64, 65, 129] {
            for rows in [1, 2, 63, 64, 65].into_iter().filter(|rows| rows * n_classes * n_dim <= 2_000_000) {
                let seed = rows * 31 + n_classes * 7 + n_dim;
                check_all(&Batch::random(rows, n_classes, n_dim, seed as u64), "random");
            }
        }
    }
}

/// The expansion ‖x‖² + ‖c‖² − 2x·c would lose all digits here.
#[test]
fn scores_of_tight_clusters_off_the_origin() {
    for (n_classes, n_dim) in [(5, 3), (5, 16), (5, 64), (120, 64)] {
        for offset in [0.0, 0.5, 1.0, 100.0] {
            let mut batch = Batch::of_one_class(9, n_classes, n_dim, 5);
            batch.centers.iter_mut().for_each(|value| *value += offset);
            batch.near_centers(1e-2);
            check_all(&batch, "tight");
        }
    }
}

/// The nearest class changes with every block of centers, and with every center, near to far and far to near.
#[test]
fn scores_do_not_depend_on_the_order_of_centers() {
    let n_classes = 300;
    for (n_dim, spread) in [1, 20].into_iter().flat_map(|n_dim| [0.01_f32, 0.3, 3.0].map(|spread| (n_dim, spread))) {
        let mut batch = Batch::new(&vec![0.0; 2 * n_dim], &[0; 2], &vec![0.0; n_classes * n_dim], n_dim);
        for class in 0..n_classes {
            batch.center_mut(class)[0] = 0.5 + class as f32 * spread / n_classes as f32;
        }
        let centers = batch.centers.chunks(n_dim).rev().flatten().copied().collect();
        let reversed = Batch { centers, ..batch.clone() };
        let weights = weights(n_dim);
        for measure in [SQUARED, Measure::Metric(Metric::Euclidean), Measure::Weighted(&weights)] {
            check(&batch, measure, "farther");
            check(&reversed, measure, "nearer");
        }
    }
}

#[test]
fn the_lowest_of_equal_classes_is_the_nearest() {
    for (n_classes, n_dim) in [(2, 1), (70, 3), (70, 20), (200, 17)] {
        let mut batch = Batch::of_one_class(3, n_classes, n_dim, 3);
        batch.centers = batch.center(0).repeat(n_classes);
        for measure in measures(&weights(n_dim)) {
            assert_eq!(batch.classify(measure, Score::KnnCenters), (vec![1.0; 3], vec![0; 3]), "{measure:?}");
            let (softmin, entropy) = (1.0 - 1.0 / n_classes as f64, (n_classes as f64).ln());
            for (score, expected) in [(Score::Softmin(1.0), softmin), (Score::Entropy(3.0), entropy)] {
                let (scores, _) = batch.classify(measure, score);
                assert_close(scores[0].into(), expected.ln(), 1.0, 1e-6, format_args!("{score:?}"));
            }
        }
    }
}

/// Two equal classes among many others, which need two sums of differences.
#[test]
fn the_lower_of_two_equal_classes_among_many_is_the_nearest() {
    let mut batch = Batch::of_one_class(3, 120, 32, 3);
    let center = batch.center(7).to_vec();
    batch.center_mut(99).copy_from_slice(&center);
    for spread in [0.0, 1e-3, 0.3] {
        for row in 0..3 {
            let values = center
                .iter()
                .zip(normal(32, row as u64))
                .map(|(value, noise)| value + spread * noise)
                .collect::<Vec<_>>();
            batch.row_mut(row).copy_from_slice(&values);
        }
        check_all(&batch, "two equal classes");
        for score in [Score::Cac(1.0), Score::Softmin(1.0), Score::Entropy(1.0)] {
            assert_eq!(batch.classify(SQUARED, score).1, [7; 3], "{score:?}");
        }
    }
}

/// Many classes on either side of the largest gap that counts.
#[test]
fn far_classes_weigh_nothing() {
    for gap in [5.0_f32, 20.0, 39.0, 41.0, 80.0, 100.0] {
        let mut batch = Batch::new(&[0.0], &[0], &vec![(9.0 + gap).sqrt(); 100_000], 1);
        batch.centers[..2].copy_from_slice(&[1.0, 3.0]);
        check(&batch, SQUARED, "far classes");
    }
}

/// Distances of 10⁴ to 10³⁰ in units of T: probabilities of 0 and 1 have logarithms.
#[test]
fn scores_of_any_scale() {
    for (scale, [n_classes, n_dim]) in
        [1e2, 1e6, 1e14].into_iter().flat_map(|scale| [[70, 9], [120, 32]].map(|of| (scale, of)))
    {
        let mut batch = Batch::of_one_class(40, n_classes, n_dim, 8);
        batch.values_mut().for_each(|value| *value *= scale);
        for measure in [SQUARED, Measure::Metric(Metric::Euclidean)] {
            check(&batch, measure, "scaled");
            for score in SCORES {
                let mut scores = batch.classify(measure, score).0;
                assert!(scores.iter().all(|score| score.is_finite()), "{measure:?}, {score:?}, {scale}: {scores:?}");
                scores.sort_by(f32::total_cmp);
                assert!(scores.is_sorted_by(|a, b| a < b), "{measure:?}, {score:?}, {scale}: equal scores");
            }
        }
    }
}

#[test]
fn certainty_is_an_infinite_logarithm() {
    const UNSURE: f32 = f32::INFINITY;
    let batch = Batch::new(&[0.0, 3.0, f32::NAN], &[0; 3], &[0.0, f32::NAN], 1);
    for measure in [SQUARED, Measure::Metric(Metric::Euclidean), Measure::Weighted(&[1.0])] {
        for score in [Score::Cac(1.0), Score::Softmin(0.5), Score::Entropy(2.0)] {
            let expected = (vec![-UNSURE, -UNSURE, UNSURE], vec![0, 0, -1]);
            assert_eq!(batch.classify(measure, score), expected, "one finite center, {measure:?}, {score:?}");
        }
    }
    let batch = Batch::new(&[0.0, 1.0], &[0; 2], &[0.0, 4.0], 1);
    let (scores, _) = batch.classify(SQUARED, Score::Cac(1.0));
    assert!(scores[0] == -UNSURE && scores[1].is_finite(), "a row at its center: {scores:?}");
}

/// Two equal classes are the nearest until a later block has a nearer one, and ever nearer pairs of equals.
#[test]
fn scores_of_equal_classes_before_a_nearer_one() {
    for n_classes in [3, 65, 66, 130, 200] {
        let mut batch = Batch::new(&[0.0; 2], &[0], &vec![0.0; 2 * n_classes], 2);
        for class in 0..n_classes {
            batch.center_mut(class)[0] = 2.0 + ((n_classes - class) / 64) as f32 * 0.25;
        }
        batch.center_mut(n_classes - 1)[0] = 1.0;
        check(&batch, SQUARED, "equal classes");
        batch.center_mut(n_classes - 2)[0] = 1.0;
        check(&batch, Measure::Metric(Metric::Euclidean), "two nearest");
    }
}

#[test]
fn a_zero_vector_has_no_angle() {
    let mut batch = Batch::of_one_class(3, 3, 5, 3);
    let center = batch.center(2).to_vec();
    batch.row_mut(0).fill(0.0);
    batch.row_mut(1).copy_from_slice(&center);
    batch.row_mut(2).copy_from_slice(&center.iter().map(|value| value * -2.0).collect::<Vec<_>>());
    batch.center_mut(0).copy_from_slice(&center);
    batch.center_mut(1).fill(0.0);
    // All centers are equally far from a row of zeros; a row along a center is at 0; the nearest center of a row that
    // points away is the one without an angle.
    assert_eq!(batch.classify(COSINE, Score::Distance), (vec![1.0, 0.0, 1.0], vec![0, 0, 1]));
    assert_eq!(batch.classify(COSINE, Score::KnnCenters).0, [1.0, 1.0, 0.5]);

    let mut batch = Batch::of_one_class(1, 9, 5, 3);
    batch.x.fill(0.0);
    batch.center_mut(0).fill(0.0);
    assert_eq!(batch.classify(COSINE, Score::Distance), (vec![1.0], vec![0]));
    batch.center_mut(0)[2] = f32::NAN;
    assert_eq!(batch.classify(COSINE, Score::Distance), (vec![1.0], vec![1]));
    assert_eq!(batch.classify(COSINE, Score::KnnCenters), (vec![1.0], vec![1]));
}

/// Centers apart by less than a direction in float32 can tell.
#[test]
fn the_nearest_of_two_directions_is_that_of_float64() {
    for seed in 0..200 {
        let mut batch = Batch::of_one_class(1, 2, 7, seed);
        for k in 0..7 {
            let value = batch.center(0)[k];
            batch.center_mut(1)[k] = if k % 2 == 0 { value.next_up() } else { value } * 3.0;
        }
        let d = &truth(&batch, COSINE)[0];
        // The lower class wins where the distances are equal as float32.
        let expected = i32::from((d[1] as f32) < d[0] as f32);
        let (ratio, nearest) = batch.classify(COSINE, Score::KnnCenters);
        assert!(ratio[0] <= 1.0 && nearest[0] == expected, "seed {seed}: {ratio:?}, {d:?}");
        let (scores, nearest) = batch.classify(COSINE, Score::Distance);
        assert_eq!(nearest[0], expected, "seed {seed}: {d:?}");
        let least = two_least(d).0;
        assert_close(scores[0].into(), least, least, TOLERANCE, "the distance");
    }
}

/// Both distances of a ratio are exact, where directions in float32 tell little of small angles.
#[test]
fn a_ratio_of_small_angles_is_exact() {
    for seed in 0..50 {
        let mut batch = Batch::of_one_class(1, 2, 7, seed);
        for k in 0..7 {
            let value = batch.center(0)[k];
            batch.center_mut(1)[k] = value * 2.0 + batch.x[k] * 4e-3;
            batch.x[k] = value * 3.0 + batch.x[(k + 1) % 7] * 1e-3;
        }
        let (first, second) = two_least(&truth(&batch, COSINE)[0]);
        let (scores, _) = batch.classify(COSINE, Score::KnnCenters);
        assert_close(scores[0].into(), first / second, first / second, TOLERANCE, format_args!("seed {seed}"));
    }
}

#[test]
fn a_weight_may_be_small_where_a_square_overflows() {
    for n_dim in [1, 4, 9] {
        let batch = Batch::new(&vec![1e20; n_dim], &[0], &vec![0.0; n_dim], n_dim);
        let (scores, _) = batch.classify(Measure::Weighted(&vec![1e-10; n_dim]), Score::Distance);
        assert_close(scores[0].into(), 1e30 * n_dim as f64, 1e30 * n_dim as f64, TOLERANCE, "weighted");
    }
}

#[test]
fn a_ratio_of_two_zeros_is_one() {
    let mut batch = Batch::new(&[0.0; 4], &[0], &[0.0; 8], 4);
    assert_eq!(batch.classify(SQUARED, Score::Normalized(&[0.0])).0, [1.0]);
    assert_eq!(batch.classify(SQUARED, Score::Normalized(&[2.0])).0, [0.0]);
    assert_eq!(batch.classify(SQUARED, Score::KnnCenters).0, [1.0]);
    batch.x[0] = 3.0;
    assert_eq!(batch.classify(SQUARED, Score::Normalized(&[0.0, 1.0])).0, [f32::INFINITY]);
    assert_eq!(batch.classify(SQUARED, Score::Normalized(&[2.0])).0, [4.5]);
}

#[test]
fn a_row_that_is_not_finite_is_unknown_and_leaves_the_others() {
    for n_dim in [3, 20, 32] {
        let batch = Batch::of_one_class(66, 130, n_dim, 3);
        let bad = [(0, f32::NAN), (5, f32::INFINITY), (64, f32::NEG_INFINITY), (65, f32::NAN)];
        let mut spoiled = batch.clone();
        for (row, value) in bad {
            spoiled.row_mut(row)[row % n_dim] = value;
        }
        for (measure, score) in measures(&weights(n_dim)).into_iter().flat_map(|of| SCORES.map(|score| (of, score))) {
            let (scores, nearest) = batch.classify(measure, score);
            let (mut found, mut classes) = spoiled.classify(measure, score);
            for (row, _) in bad {
                assert_eq!((found[row], classes[row]), (f32::INFINITY, -1), "{measure:?}, {score:?}");
                (found[row], classes[row]) = (scores[row], nearest[row]);
            }
            assert_same_bits(&found, &scores, format!("{measure:?}, {score:?}"));
            assert_eq!(classes, nearest, "{measure:?}, {score:?}");
        }
    }
}

#[test]
fn a_center_that_is_not_finite_is_near_no_row() {
    for n_dim in [3, 20, 32] {
        let batch = Batch::of_one_class(30, 130, n_dim, 3);
        let centers = [&vec![f32::NAN; n_dim], &batch.centers[..], &vec![f32::INFINITY; n_dim]].concat();
        let spoiled = Batch { centers, ..batch.clone() };
        for (measure, score) in measures(&weights(n_dim)).into_iter().flat_map(|of| SCORES.map(|score| (of, score))) {
            let ((scores, nearest), (found, classes)) =
                (batch.classify(measure, score), spoiled.classify(measure, score));
            for (found, expected) in found.iter().zip(scores) {
                // The same terms, but in other lanes, and other last digits of the distances.
                assert_close(
                    (*found).into(),
                    expected.into(),
                    1.0 + f64::from(expected).abs(),
                    TOLERANCE,
                    format_args!("{measure:?}, {score:?}"),
                );
            }
            assert_eq!(classes, nearest.iter().map(|class| class + 1).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_row_without_a_finite_distance_has_no_class() {
    let mut batch = Batch::of_one_class(2, 3, 4, 3);
    batch.row_mut(0).fill(1e30);
    for metric in [Metric::SqEuclidean, Metric::Euclidean] {
        let (scores, nearest) = batch.classify(Measure::Metric(metric), Score::Entropy(1.0));
        assert_eq!((scores[0], nearest[0]), (f32::INFINITY, -1));
        assert!(nearest[1] >= 0);
    }
    // Directions have no length.
    let (scores, nearest) = batch.classify(COSINE, Score::Distance);
    assert!(scores[0] <= 2.0 && nearest[0] >= 0);
}

#[test]
fn a_score_above_the_threshold_is_unknown() {
    let (scores, nearest) = ([1.0, 2.0, f32::INFINITY, 0.1, 3.0], [0, 1, -1, 2, 2]);
    for (thresholds, expected) in [
        (vec![], nearest),
        (vec![2.0], [0, 1, -1, 2, -1]),
        (vec![f64::INFINITY], nearest),
        (vec![f64::NEG_INFINITY], [-1; 5]),
        (vec![0.5, 2.0, f64::INFINITY], [-1, 1, -1, 2, 2]),
        // 0.1 as float32 is above 0.1.
        (vec![0.1], [-1; 5]),
        (vec![f64::from(0.1_f32)], [-1, -1, -1, 2, -1]),
    ] {
        let mut labels = [9; 5];
        decide(&scores, &nearest, &thresholds, &mut labels);
        assert_eq!(labels, expected, "{thresholds:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scores_are_as_defined(rows in 1..70_usize, n_classes in 1..140_usize, n_dim in 1..40_usize, seed: u64, spread in 0.01..3.0_f32) {
        let mut batch = Batch::of_one_class(rows, n_classes, n_dim, seed);
        batch.values_mut().for_each(|value| *value *= spread);
        check_all(&batch, "random");
    }

    #[test]
    fn the_score_of_a_row_does_not_depend_on_the_others(rows in 1..140_usize, n_classes in 2..140_usize, n_dim in prop::sample::select(vec![1, 3, 16, 29, 32, 64, 132]), seed: u64, pick in any::<prop::sample::Index>()) {
        let batch = Batch::of_one_class(rows, n_classes, n_dim, seed);
        let row = pick.index(rows);
        for (measure, score) in measures(&weights(n_dim)).into_iter().flat_map(|of| SCORES.map(|score| (of, score))) {
            let (scores, nearest) = batch.classify(measure, score);
            let (score_alone, nearest_alone) = batch.select(&[row]).classify(measure, score);
            prop_assert_eq!(score_alone[0].to_bits(), scores[row].to_bits());
            prop_assert_eq!(nearest_alone[0], nearest[row]);
        }
    }

    #[test]
    fn the_prediction_is_the_lowest_of_the_nearest(rows in 1..70_usize, n_classes in 1..40_usize, n_dim in 1..40_usize, seed: u64) {
        let batch = Batch::of_one_class(rows, n_classes, n_dim, seed);
        let distmat = matrix(&batch.squared_distances(), n_classes);
        prop_assert_eq!(batch.predict(), distmat.iter().map(|row| reference::nearest(row)).collect::<Vec<_>>());
    }
}
