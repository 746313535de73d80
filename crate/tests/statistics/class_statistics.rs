//! Statistics of classes against float64 in two passes.

use crate::common::class_statistics::{Owned, Totals};
use crate::common::{BAD, Batch, assert_close, mixed_labels, normal};
use crate::reference::statistics::{ClassStatistics, class_statistics};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::statistics::class_statistics::Covariance;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Error of a mean relative to the spread of the rows around it, or of a variance relative to itself: the cost of float32
/// runs of 64.
const TOLERANCE: f64 = 1e-6;

const COVARIANCES: [Covariance; 3] = [Covariance::None, Covariance::Diagonal, Covariance::Tied];

/// Normal rows around `offset` with mixed labels.
fn rows_around(offset: f32, rows: usize, n_classes: usize, n_dim: usize, seed: u64) -> Batch {
    let mut batch = Batch::with_labels(mixed_labels(rows, n_classes), 0, n_dim, seed);
    batch.x.iter_mut().for_each(|value| *value += offset);
    batch
}

fn weighted(batch: &Batch, seed: u64) -> Batch {
    let sample_weight = normal(batch.rows(), seed).iter().map(|value| value.abs()).collect();
    Batch { sample_weight, ..batch.clone() }
}

/// Rows of class 0.
fn of_one_class(batch: Batch) -> Batch {
    Batch { labels: vec![0; batch.rows()], ..batch }
}

/// Makes the statistics of batches that are added one after the other.
fn added(batches: &[Batch], n_classes: usize, covariance: Covariance, forgetting: f64) -> Owned {
    let mut all = Owned::new(n_classes, batches[0].n_dim, covariance);
    for batch in batches {
        all.add(batch, forgetting);
    }
    all
}

/// Asserts that the statistics are those in float64, as far as they are kept with this covariance.
fn assert_agrees(all: &mut Owned, expected: &ClassStatistics, what: &str) {
    let (totals, centers, n_dim) = (all.totals(), all.centers(), all.n_dim);
    let what = format!("{what}, {:?}, D = {n_dim}", all.covariance);
    for class in 0..all.n_classes {
        assert_close(totals.counts[class], expected.counts[class], expected.counts[class], TOLERANCE, &what);
        for k in 0..n_dim {
            let (place, mean) = (class * n_dim + k, expected.means[class][k]);
            assert_close(totals.means[place], mean, expected.spread, TOLERANCE, format_args!("{what}, [{class}, {k}]"));
            let is_empty = expected.counts[class] == 0.0;
            assert_eq!(centers[place], if is_empty { f32::INFINITY } else { totals.means[place] as f32 }, "{what}");
        }
    }
    if all.covariance != Covariance::None {
        let variances = all.variances();
        for (place, (actual, expected)) in variances.iter().zip(expected.variances.iter().flatten()).enumerate() {
            assert_close(*actual, *expected, *expected, TOLERANCE, format!("{what}, variance {place}"));
        }
    }
    if all.covariance == Covariance::Tied {
        let covariance = all.tied_covariance();
        for (i, j) in (0..n_dim).flat_map(|i| (0..n_dim).map(move |j| (i, j))) {
            let scale = (expected.covariance[i][i] * expected.covariance[j][j]).sqrt();
            let what = format!("{what}, covariance {i}, {j}");
            assert_close(covariance[i * n_dim + j], expected.covariance[i][j], scale, TOLERANCE, &what);
            assert_eq!(covariance[i * n_dim + j], covariance[j * n_dim + i], "{what}");
        }
    }
}

fn check(batch: &Batch, n_classes: usize, covariance: Covariance, what: &str) {
    let is_tied = covariance == Covariance::Tied;
    let expected = class_statistics(std::slice::from_ref(batch), n_classes, batch.n_dim, 1.0, is_tied);
    let mut all = added(std::slice::from_ref(batch), n_classes, covariance, 1.0);
    assert_agrees(&mut all, &expected, &format!("{what}, {} rows, {n_classes} classes", batch.rows()));
}

#[test]
fn statistics_of_every_shape() {
    for n_dim in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 19, 31, 33] {
        for rows in [0, 1, 2, 3, 4, 5, 8, 9, 63, 64, 65, 130, 400] {
            for (n_classes, offset) in [(1, 0.0), (3, -1000.0), (5, 3e5)] {
                let plain = rows_around(offset, rows, n_classes, n_dim, 7);
                for batch in [&plain, &weighted(&plain, 8)] {
                    for covariance in COVARIANCES {
                        check(batch, n_classes, covariance, &format!("around {offset}"));
                    }
                }
            }
        }
    }
    for n_dim in [511, 512, 513, 1025] {
        check(&weighted(&rows_around(10.0, 300, 2, n_dim, 7), 3), 2, Covariance::Diagonal, "wide");
    }
}

/// Tries narrow rows, and rows so wide that a call splits them.
#[test]
fn splitting_rows_into_batches_changes_no_bit() {
    for (covariance, n_dim, sizes) in [
        (Covariance::None, 7, [1, 3, 64, 499]),
        (Covariance::Diagonal, 7, [1, 3, 64, 499]),
        (Covariance::Tied, 7, [1, 3, 64, 499]),
        (Covariance::None, 2049, [1, 5, 31, 33]),
        (Covariance::Diagonal, 2049, [1, 5, 31, 33]),
    ] {
        let batch = weighted(&rows_around(5.0, 500, 3, n_dim, 1), 2);
        let whole = added(std::slice::from_ref(&batch), 3, covariance, 1.0).totals();
        let rows: Vec<usize> = (0..500).collect();
        for size in sizes {
            let parts: Vec<Batch> = rows.chunks(size).map(|rows| batch.select(rows)).collect();
            let parts = added(&parts, 3, covariance, 1.0).totals();
            assert!(parts == whole, "{covariance:?}, D = {n_dim}, {size} rows at once");
        }
    }
}

#[test]
fn equal_rows_are_their_mean_and_have_no_variance() {
    for value in [0.1_f32, -7e7, 3e-30, 2e30, f32::MAX] {
        let batch = Batch::new(&[value; 1000], &[0; 200], &[], 5);
        for batch in [batch.clone(), weighted(&batch, 3)] {
            let mut all = added(&[batch], 1, Covariance::Tied, 1.0);
            assert_eq!(all.totals().means, vec![f64::from(value); 5]);
            assert!(all.variances().iter().chain(&all.tied_covariance()).all(|&variance| variance == 0.0), "{value}");
        }
    }
}

/// The mean of a few rows soon replaces the first pivot.
#[test]
fn a_first_row_far_from_all_others_costs_no_digits() {
    for far in [1e2, 1e4, 1e7] {
        for rows in [2, 3, 10, 64, 65, 100, 1000] {
            let mut batch = of_one_class(rows_around(0.0, rows, 1, 5, 3));
            batch.row_mut(0).fill(far);
            check(&batch, 1, Covariance::Tied, &format!("the first at {far}"));
        }
    }
}

/// The first rows may weigh so little that all others are far from them.
#[test]
fn weights_that_rise_or_fall_cost_no_digits() {
    for base in [0.5_f32, 0.9, 1.1, 1.5, 3.0] {
        let mut batch = of_one_class(rows_around(3.0, 60, 1, 9, 8));
        batch.sample_weight = (0..60).map(|row| base.powi(row)).collect();
        check(&batch, 1, Covariance::Tied, &format!("weights {base}ⁱ"));
    }
}

#[test]
fn values_and_weights_of_any_size_count() {
    for (value, weight) in [(1e35_f32, 1.0), (-1e16, 3.0), (5.0, 1e30), (5.0, 1e-30), (1e35, 1e-30), (3e38, 3e38)] {
        for place in [0, 1, 2, 40, 150, 299] {
            let mut batch = of_one_class(rows_around(1.0, 300, 1, 6, 5));
            batch.sample_weight = vec![1.0; 300];
            batch.sample_weight[place] = weight;
            batch.row_mut(place).fill(value);
            check(&batch, 1, Covariance::Tied, &format!("{value} of weight {weight} at {place}"));
        }
    }
}

#[test]
fn a_bad_row_is_counted_and_changes_nothing_else() {
    for (covariance, bad) in COVARIANCES.into_iter().flat_map(|covariance| BAD.map(|bad| (covariance, bad))) {
        for (place, k) in [(0, 0), (3, 6), (62, 4), (63, 0), (64, 5), (65, 6), (128, 1), (199, 6)] {
            let mut batch = of_one_class(rows_around(1.0, 200, 1, 7, 5));
            let totals = |batch: &Batch| added(std::slice::from_ref(batch), 1, covariance, 1.0).totals();
            let mut without = batch.clone();
            without.labels[place] = -1;
            batch.row_mut(place)[k] = bad;
            let expected = Totals { rejected: 1.0, ..totals(&without) };
            assert_eq!(totals(&batch), expected, "{bad} at {place}, {k}");
            // A row that is unknown, of no class or without weight is not counted as rejected.
            for (label, weight) in [(-1, 1.0), (1, 1.0), (0, 0.0)] {
                batch.labels[place] = label;
                batch.sample_weight = vec![1.0; 200];
                batch.sample_weight[place] = weight;
                assert_eq!(totals(&batch), totals(&without), "{bad} at {place}, {k}, ignored");
            }
        }
    }
}

#[test]
fn earlier_calls_are_forgotten_by_the_factor() {
    for (forgetting, calls) in [0.999, 0.9, 0.5, 1e-3, 1e-9].into_iter().flat_map(|of| [1, 2, 12, 40].map(|n| (of, n)))
    {
        // Class 2 comes in the first call alone.
        let batches: Vec<Batch> = (0..calls)
            .map(|call| {
                let mut batch = weighted(&rows_around(4.0, 30, if call == 0 { 3 } else { 2 }, 5, 100 + call), call);
                batch.labels.iter_mut().filter(|label| call > 0 && **label == 2).for_each(|label| *label = -1);
                batch
            })
            .collect();
        let expected = class_statistics(&batches, 3, 5, forgetting, true);
        for covariance in COVARIANCES {
            let mut all = added(&batches, 3, covariance, forgetting);
            if expected.counts[2] > 1e-300 {
                assert_agrees(&mut all, &expected, &format!("{forgetting}, {calls} calls"));
            } else {
                let totals = all.totals();
                assert_eq!((totals.counts[2], &totals.means[10..]), (0.0, &[0.0; 5][..]));
                assert_eq!(all.centers()[10..], [f32::INFINITY; 5]);
            }
        }
    }
}

#[test]
fn restored_statistics_continue_as_if_they_had_not_been_saved() {
    for (covariance, rows) in COVARIANCES.into_iter().flat_map(|of| [0, 1, 3, 70, 300].map(|rows| (of, rows))) {
        let (first, more) = (rows_around(2.0, rows, 3, 7, 1), rows_around(2.0, 333, 3, 7, 2));
        let mut all = added(&[first], 3, covariance, 1.0);
        let _ = all.totals();
        let mut copy = Owned::new(3, 7, covariance);
        copy.totals.clone_from(&all.totals);
        copy.restore();
        all.add(&more, 1.0);
        copy.add(&more, 1.0);
        assert_eq!(copy.totals(), all.totals(), "{covariance:?}, {rows} rows");
    }
}

#[test]
fn merging_with_nothing_changes_nothing() {
    for covariance in COVARIANCES {
        let mut all = added(&[rows_around(2.0, 100, 2, 7, 1)], 3, covariance, 1.0);
        let expected = all.totals();
        all.merge(&mut Owned::new(3, 7, covariance));
        assert_eq!(all.totals(), expected);
        let mut empty = Owned::new(3, 7, covariance);
        empty.merge(&mut all);
        assert_eq!(empty.totals(), expected);
    }
}

/// 10⁸ values far from the origin, in one pass.
#[test]
fn a_hundred_million_values_lose_nothing() {
    const BATCHES: usize = 1563;
    let (rows, n_dim, offset) = (1000, 64, 100.0);
    let batch = rows_around(0.0, rows, 1, n_dim, 9);
    let (labels, mut x) = (vec![0; rows], vec![0.0; rows * n_dim]);
    let mut all = Owned::new(1, n_dim, Covariance::Diagonal);
    // Sums of differences from the offset, exact in float64.
    let (mut sum, mut squares) = (vec![0.0; n_dim], vec![0.0; n_dim]);
    for index in 0..BATCHES {
        // No two batches are alike.
        let shift = (index % 17) as f32 / 16.0;
        for (place, (to, value)) in x.iter_mut().zip(&batch.x).enumerate() {
            *to = value + shift + offset;
            let difference = f64::from(*to) - f64::from(offset);
            sum[place % n_dim] += difference;
            squares[place % n_dim] += difference * difference;
        }
        all.with(|all| all.add::<Lanes>(Rows::new(&x, n_dim), &labels, &[], 1.0));
    }
    let (count, totals, variances) = ((BATCHES * rows) as f64, all.totals(), all.variances());
    assert_eq!(totals.counts[0], count);
    for k in 0..n_dim {
        let mean = sum[k] / count;
        let variance = squares[k] / count - mean * mean;
        assert_close(totals.means[k], f64::from(offset) + mean, variance.sqrt(), 1e-8, format!("mean {k}"));
        assert_close(variances[k], variance, variance, 1e-7, format!("variance {k}"));
    }
}

/// Random batches, and an order in which to merge their statistics.
fn parts() -> impl Strategy<Value = (Vec<Batch>, usize, usize, Vec<usize>)> {
    (1_usize..=4, 1_usize..=20, vec((0_usize..=150, any::<u64>()), 1..=6)).prop_flat_map(|(n_classes, n_dim, sizes)| {
        let offset = select(vec![0.0_f32, 1.0, -300.0]);
        let order = Just((0..sizes.len()).collect::<Vec<usize>>()).prop_shuffle();
        (offset, order, any::<bool>()).prop_map(move |(offset, order, is_weighted)| {
            let batches = sizes.iter().map(|&(rows, seed)| {
                let batch = rows_around(offset, rows, n_classes, n_dim, seed);
                if is_weighted { weighted(&batch, !seed) } else { batch }
            });
            (batches.collect(), n_classes, n_dim, order)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Merges parts one after the other and in pairs, and compares with all rows at once.
    #[test]
    fn the_order_of_merging_does_not_matter((batches, n_classes, n_dim, order) in parts(), covariance in select(&COVARIANCES)) {
        let expected = class_statistics(&batches, n_classes, n_dim, 1.0, true);
        let part = |index: &usize| added(&batches[*index..=*index], n_classes, covariance, 1.0);
        let mut chain = Owned::new(n_classes, n_dim, covariance);
        for index in &order {
            chain.merge(&mut part(index));
        }
        let mut tree: Vec<Owned> = order.iter().rev().map(part).collect();
        while tree.len() > 1 {
            let mut last = tree.pop().expect("two or more");
            tree[0].merge(&mut last);
            tree.rotate_left(1);
        }
        let mut whole = added(&batches, n_classes, covariance, 1.0);
        for (all, what) in [(&mut chain, "a chain"), (&mut tree[0], "a tree"), (&mut whole, "at once")] {
            assert_agrees(all, &expected, what);
        }
    }

    #[test]
    fn a_whole_weight_is_like_repeating_the_row(repeats in vec(0_u8..4, 1..60), n_dim in 1_usize..20, seed in any::<u64>()) {
        let mut batch = rows_around(1.0, repeats.len(), 2, n_dim, seed);
        let all: Vec<usize> = repeats.iter().enumerate().flat_map(|(row, &times)| vec![row; times.into()]).collect();
        let repeated = batch.select(&all);
        batch.sample_weight = repeats.iter().map(|&times| times.into()).collect();
        let expected = class_statistics(&[repeated], 2, n_dim, 1.0, true);
        assert_agrees(&mut added(&[batch], 2, Covariance::Tied, 1.0), &expected, "weighted");
    }
}
