//! The statistics of classes against float64 in two passes: first the means, then what lies around them.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes, and drawn values as float32 inputs"
)]
#![allow(clippy::cast_possible_wrap, reason = "small sizes")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]
#![allow(clippy::float_cmp, reason = "counts and sums of whole numbers are exact")]

mod common;
#[path = "common/statistics.rs"]
mod statistics;

use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::statistics::class_statistics::Covariance;
use common::assert_close;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use statistics::{Batch, Owned, Totals};

/// A mean, relative to the spread of the rows around it; a variance, relative to itself. What float32 runs of 64 cost.
const TOLERANCE: f64 = 1e-6;

const COVARIANCES: [Covariance; 3] = [Covariance::None, Covariance::Diagonal, Covariance::Tied];

/// The formulas as plain loops in float64, in two passes.
struct Reference {
    counts: Vec<f64>,
    means: Vec<Vec<f64>>,
    variances: Vec<Vec<f64>>,
    covariance: Vec<Vec<f64>>,
    /// The largest difference of a row from the mean of its class.
    spread: f64,
}

/// Each batch counts `forgetting` times as much as the one after it.
fn reference(batches: &[Batch], n_classes: usize, dim: usize, forgetting: f64) -> Reference {
    let rows: Vec<(usize, f64, Vec<f64>)> = batches
        .iter()
        .enumerate()
        .flat_map(|(index, batch)| {
            let age = forgetting.powi((batches.len() - 1 - index) as i32);
            (0..batch.rows()).filter(|&row| (0..n_classes as i32).contains(&batch.labels[row])).map(move |row| {
                let x = batch.x[row * dim..][..dim].iter().map(|&value| f64::from(value)).collect();
                (batch.labels[row] as usize, batch.weight(row) * age, x)
            })
        })
        .collect();
    let (mut counts, mut means) = (vec![0.0; n_classes], vec![vec![0.0; dim]; n_classes]);
    for (class, weight, x) in &rows {
        counts[*class] += weight;
        for k in 0..dim {
            means[*class][k] += weight * x[k];
        }
    }
    for class in 0..n_classes {
        for k in 0..dim {
            means[class][k] /= if counts[class] == 0.0 { 1.0 } else { counts[class] };
        }
    }
    let (mut variances, mut covariance) = (vec![vec![0.0; dim]; n_classes], vec![vec![0.0; dim]; dim]);
    let total: f64 = counts.iter().sum();
    let mut spread = 0.0_f64;
    for (class, weight, x) in &rows {
        for k in 0..dim {
            let difference = x[k] - means[*class][k];
            spread = spread.max(difference.abs());
            variances[*class][k] += weight * difference * difference / counts[*class];
            for l in 0..dim {
                covariance[k][l] += weight * difference * (x[l] - means[*class][l]) / total;
            }
        }
    }
    Reference { counts, means, variances, covariance, spread }
}

/// The statistics are those of the reference, as far as they have them.
fn assert_agrees(all: &mut Owned, expected: &Reference, tolerance: f64, what: &str) {
    let (totals, centers) = (all.totals(), all.centers());
    for class in 0..all.n_classes {
        assert_close(totals.counts[class], expected.counts[class], expected.counts[class], tolerance, what);
        for k in 0..all.dim {
            let what = format!("{what}, {:?}, class {class}, value {k}", all.covariance);
            let (place, mean) = (class * all.dim + k, expected.means[class][k]);
            assert_close(totals.means[place], mean, expected.spread, tolerance, &what);
            if expected.counts[class] == 0.0 {
                assert_eq!(centers[place], f32::INFINITY, "{what}");
            } else {
                assert_eq!(centers[place], totals.means[place] as f32, "{what}");
            }
        }
    }
    if all.covariance != Covariance::None {
        let variances = all.variances();
        for (place, (actual, expected)) in variances.iter().zip(expected.variances.iter().flatten()).enumerate() {
            assert_close(*actual, *expected, *expected, tolerance, format!("{what}, variance {place}"));
        }
    }
    if all.covariance == Covariance::Tied {
        let covariance = all.tied_covariance();
        for i in 0..all.dim {
            for j in 0..all.dim {
                let scale = (expected.covariance[i][i] * expected.covariance[j][j]).sqrt();
                let what = format!("{what}, covariance {i}, {j}");
                assert_close(covariance[i * all.dim + j], expected.covariance[i][j], scale, tolerance, &what);
                assert_eq!(covariance[i * all.dim + j], covariance[j * all.dim + i], "{what}");
            }
        }
    }
}

#[test]
fn agree_with_two_passes_in_float64() {
    for dim in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 19, 31, 33] {
        for rows in [0, 1, 2, 3, 4, 5, 8, 9, 63, 64, 65, 130, 400] {
            for (n_classes, offset) in [(1, 0.0), (3, -1000.0), (5, 3e5)] {
                let plain = Batch::new(rows, n_classes, dim, offset, 7);
                for batch in [plain.clone(), plain.weighted(8)] {
                    let expected = reference(std::slice::from_ref(&batch), n_classes, dim, 1.0);
                    for covariance in COVARIANCES {
                        let mut all = Owned::new(n_classes, dim, covariance);
                        all.add(&batch, 1.0);
                        let what = format!("D = {dim}, {rows} rows, {n_classes} classes at {offset}");
                        assert_agrees(&mut all, &expected, TOLERANCE, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn agree_in_wide_rows() {
    for dim in [511, 512, 513, 1025] {
        let batch = Batch::new(300, 2, dim, 10.0, 7).weighted(3);
        let mut all = Owned::new(2, dim, Covariance::Diagonal);
        all.add(&batch, 1.0);
        // The reference of the covariance takes dim² time.
        let mut expected = reference(&[batch.part(0, 0)], 2, dim, 1.0);
        for class in 0..2 {
            let rows: Vec<usize> = (0..300).filter(|&row| batch.labels[row] == class as i32).collect();
            let count: f64 = rows.iter().map(|&row| batch.weight(row)).sum();
            let sum = |of: &dyn Fn(f64) -> f64, k: usize| {
                rows.iter().map(|&row| batch.weight(row) * of(batch.x[row * dim + k].into())).sum::<f64>()
            };
            expected.counts[class] = count;
            for k in 0..dim {
                let mean = sum(&|x| x, k) / count;
                expected.means[class][k] = mean;
                expected.variances[class][k] = sum(&|x| (x - mean) * (x - mean), k) / count;
            }
        }
        expected.spread = 4.0;
        assert_agrees(&mut all, &expected, TOLERANCE, &format!("D = {dim}"));
    }
}

/// Narrow rows, and so wide ones that a call takes them in parts.
#[test]
fn the_batches_that_rows_come_in_change_no_bit() {
    for (covariance, dim, sizes) in [
        (Covariance::None, 7, [1, 3, 64, 499]),
        (Covariance::Diagonal, 7, [1, 3, 64, 499]),
        (Covariance::Tied, 7, [1, 3, 64, 499]),
        (Covariance::None, 2049, [1, 5, 31, 33]),
        (Covariance::Diagonal, 2049, [1, 5, 31, 33]),
    ] {
        let batch = Batch::new(500, 3, dim, 5.0, 1).weighted(2);
        let mut whole = Owned::new(3, dim, covariance);
        whole.add(&batch, 1.0);
        for size in sizes {
            let mut parts = Owned::new(3, dim, covariance);
            for start in (0..500).step_by(size) {
                parts.add(&batch.part(start, (start + size).min(500)), 1.0);
            }
            assert!(parts.totals() == whole.totals(), "{covariance:?}, D = {dim}, {size} rows at once");
        }
    }
}

#[test]
fn rows_that_are_all_alike_have_their_value_as_mean_and_no_variance() {
    for value in [0.1_f32, -7e7, 3e-30, 2e30, f32::MAX] {
        let batch = Batch { dim: 5, x: vec![value; 5 * 200], labels: vec![0; 200], weights: vec![] };
        for batch in [batch.clone(), batch.weighted(3)] {
            let mut all = Owned::new(1, 5, Covariance::Tied);
            all.add(&batch, 1.0);
            let totals = all.totals();
            assert_eq!(totals.means, vec![f64::from(value); 5]);
            assert!(all.variances().iter().chain(&all.tied_covariance()).all(|&variance| variance == 0.0), "{value}");
        }
    }
}

/// Whatever the pivot is at first, the mean of a few rows is soon in its place.
#[test]
fn a_first_row_far_from_all_others_costs_no_digits() {
    for far in [1e2, 1e4, 1e7] {
        for rows in [2, 3, 10, 64, 65, 100, 1000] {
            let mut batch = Batch::new(rows, 1, 5, 0.0, 3);
            batch.labels.fill(0);
            batch.row_mut(0).fill(far);
            let mut all = Owned::new(1, 5, Covariance::Tied);
            all.add(&batch, 1.0);
            let expected = reference(&[batch], 1, 5, 1.0);
            assert_agrees(&mut all, &expected, TOLERANCE, &format!("{rows} rows, the first at {far}"));
        }
    }
}

/// What comes first may weigh so little that all else is far from it.
#[test]
fn weights_that_rise_or_fall_cost_no_digits() {
    for base in [0.5_f32, 0.9, 1.1, 1.5, 3.0] {
        let mut batch = Batch::new(60, 1, 9, 3.0, 8);
        batch.labels.fill(0);
        batch.weights = (0..60).map(|row| base.powi(row)).collect();
        let expected = reference(std::slice::from_ref(&batch), 1, 9, 1.0);
        let mut all = Owned::new(1, 9, Covariance::Tied);
        all.add(&batch, 1.0);
        assert_agrees(&mut all, &expected, TOLERANCE, &format!("weights {base}ⁱ"));
    }
}

#[test]
fn values_and_weights_of_any_size_count() {
    for (value, weight) in [(1e35_f32, 1.0), (-1e16, 3.0), (5.0, 1e30), (5.0, 1e-30), (1e35, 1e-30), (3e38, 3e38)] {
        for place in [0, 1, 2, 40, 150, 299] {
            let mut batch = Batch::new(300, 1, 6, 1.0, 5);
            batch.labels.fill(0);
            batch.weights = vec![1.0; 300];
            batch.weights[place] = weight;
            batch.row_mut(place).fill(value);
            let expected = reference(std::slice::from_ref(&batch), 1, 6, 1.0);
            let mut all = Owned::new(1, 6, Covariance::Tied);
            all.add(&batch, 1.0);
            assert_agrees(&mut all, &expected, TOLERANCE, &format!("{value} of weight {weight} at {place}"));
        }
    }
}

#[test]
fn a_bad_row_is_counted_and_changes_nothing_else() {
    for covariance in COVARIANCES {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for (place, k) in [(0, 0), (3, 6), (62, 4), (63, 0), (64, 5), (65, 6), (128, 1), (199, 6)] {
                let mut batch = Batch::new(200, 1, 7, 1.0, 5);
                batch.labels.fill(0);
                let mut without = batch.clone();
                without.labels[place] = -1;
                batch.row_mut(place)[k] = bad;
                let [mut spoiled, mut clean] = [0; 2].map(|_| Owned::new(1, 7, covariance));
                spoiled.add(&batch, 1.0);
                clean.add(&without, 1.0);
                let expected = clean.totals();
                assert_eq!(spoiled.totals(), Totals { rejected: 1.0, ..clean.totals() }, "{bad} at {place}, {k}");
                // In a row that nobody asks for it is not even counted: unknown, of no class, without weight.
                for (label, weight) in [(-1, 1.0), (1, 1.0), (0, 0.0)] {
                    batch.labels[place] = label;
                    batch.weights = vec![1.0; 200];
                    batch.weights[place] = weight;
                    let mut ignored = Owned::new(1, 7, covariance);
                    ignored.add(&batch, 1.0);
                    assert_eq!(ignored.totals(), expected, "{bad} at {place}, {k}, ignored");
                }
            }
        }
    }
}

#[test]
fn earlier_calls_are_forgotten_by_the_factor() {
    for forgetting in [0.999, 0.9, 0.5, 1e-3, 1e-9] {
        for calls in [1, 2, 12, 40] {
            // Class 2 comes in the first call alone.
            let batches: Vec<Batch> = (0..calls)
                .map(|call| {
                    let mut batch = Batch::new(30, if call == 0 { 3 } else { 2 }, 5, 4.0, 100 + call).weighted(call);
                    batch.labels.iter_mut().filter(|label| call > 0 && **label == 2).for_each(|label| *label = -1);
                    batch
                })
                .collect();
            let expected = reference(&batches, 3, 5, forgetting);
            for covariance in COVARIANCES {
                let mut all = Owned::new(3, 5, covariance);
                for batch in &batches {
                    all.add(batch, forgetting);
                }
                if expected.counts[2] > 1e-300 {
                    assert_agrees(&mut all, &expected, TOLERANCE, &format!("{forgetting}, {calls} calls"));
                } else {
                    assert_eq!(all.totals().counts[2], 0.0);
                    assert_eq!(all.totals().means[10..], [0.0; 5]);
                    assert_eq!(all.centers()[10..], [f32::INFINITY; 5]);
                }
            }
        }
    }
}

#[test]
fn what_was_read_goes_on_as_if_it_had_not_been_written() {
    for covariance in COVARIANCES {
        for rows in [0, 1, 3, 70, 300] {
            let (first, more) = (Batch::new(rows, 3, 7, 2.0, 1), Batch::new(333, 3, 7, 2.0, 2));
            let mut all = Owned::new(3, 7, covariance);
            all.add(&first, 1.0);
            let _ = all.totals();
            let mut copy = Owned::new(3, 7, covariance);
            copy.totals.clone_from(&all.totals);
            copy.restore();
            all.add(&more, 1.0);
            copy.add(&more, 1.0);
            assert_eq!(copy.totals(), all.totals(), "{covariance:?}, {rows} rows");
        }
    }
}

#[test]
fn merging_with_nothing_changes_nothing() {
    for covariance in COVARIANCES {
        let mut all = Owned::new(3, 7, covariance);
        all.add(&Batch::new(100, 2, 7, 2.0, 1), 1.0);
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
    let (rows, dim, offset) = (1000, 64, 100.0);
    let batch = Batch::new(rows, 1, dim, 0.0, 9);
    let labels = vec![0; rows];
    let mut all = Owned::new(1, dim, Covariance::Diagonal);
    // Sums of a shift by whole sixteenths, exact in float64.
    let (mut sum, mut squares) = (vec![0.0; dim], vec![0.0; dim]);
    let mut x = vec![0.0; rows * dim];
    for index in 0..BATCHES {
        // No two batches are alike.
        let shift = (index % 17) as f32 / 16.0;
        for (place, (to, value)) in x.iter_mut().zip(&batch.x).enumerate() {
            *to = value + shift + offset;
            let difference = f64::from(*to) - f64::from(offset);
            sum[place % dim] += difference;
            squares[place % dim] += difference * difference;
        }
        all.with(|all| all.add::<Lanes>(Rows::new(&x, dim), &labels, &[], 1.0));
    }
    let (count, totals) = ((BATCHES * rows) as f64, all.totals());
    assert_eq!(totals.counts[0], count);
    for k in 0..dim {
        let mean = sum[k] / count;
        let variance = squares[k] / count - mean * mean;
        assert_close(totals.means[k], f64::from(offset) + mean, variance.sqrt(), 1e-8, format!("mean {k}"));
        assert_close(all.variances()[k], variance, variance, 1e-7, format!("variance {k}"));
    }
}

/// Parts of a whole, each with its rows, and an order in which to merge them.
fn parts() -> impl Strategy<Value = (Vec<Batch>, usize, usize, Vec<usize>)> {
    (1_usize..=4, 1_usize..=20, vec((0_usize..=150, any::<u64>()), 1..=6)).prop_flat_map(|(n_classes, dim, sizes)| {
        let offset = select(vec![0.0_f32, 1.0, -300.0]);
        let order = Just((0..sizes.len()).collect::<Vec<usize>>()).prop_shuffle();
        (offset, order, any::<bool>()).prop_map(move |(offset, order, weighted)| {
            let batches = sizes.iter().map(|&(rows, seed)| {
                let batch = Batch::new(rows, n_classes, dim, offset, seed);
                if weighted { batch.weighted(!seed) } else { batch }
            });
            (batches.collect(), n_classes, dim, order)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// One after the other, in pairs of pairs, and all at once.
    #[test]
    fn the_order_of_merging_does_not_matter((batches, n_classes, dim, order) in parts(), covariance in select(&COVARIANCES)) {
        let expected = reference(&batches, n_classes, dim, 1.0);
        let of = |index: usize| {
            let mut part = Owned::new(n_classes, dim, covariance);
            part.add(&batches[index], 1.0);
            part
        };
        let mut chain = Owned::new(n_classes, dim, covariance);
        for &index in &order {
            chain.merge(&mut of(index));
        }
        let mut tree: Vec<Owned> = order.iter().rev().map(|&index| of(index)).collect();
        while tree.len() > 1 {
            let mut last = tree.pop().expect("two or more");
            tree[0].merge(&mut last);
            tree.rotate_left(1);
        }
        let mut whole = Owned::new(n_classes, dim, covariance);
        for batch in &batches {
            whole.add(batch, 1.0);
        }
        for (all, what) in [(&mut chain, "a chain"), (&mut tree[0], "a tree"), (&mut whole, "at once")] {
            assert_agrees(all, &expected, TOLERANCE, what);
        }
    }

    /// A row counts as often as it weighs.
    #[test]
    fn whole_weights_are_repeated_rows(repeats in vec(0_u8..4, 1..60), dim in 1_usize..20, seed in any::<u64>()) {
        let mut batch = Batch::new(repeats.len(), 2, dim, 1.0, seed);
        batch.weights = repeats.iter().map(|&times| times.into()).collect();
        let all: Vec<usize> = repeats.iter().enumerate().flat_map(|(row, &times)| vec![row; times.into()]).collect();
        let repeated = Batch {
            dim,
            x: all.iter().flat_map(|&row| batch.x[row * dim..][..dim].to_vec()).collect(),
            labels: all.iter().map(|&row| batch.labels[row]).collect(),
            weights: vec![],
        };
        let mut weighted = Owned::new(2, dim, Covariance::Tied);
        weighted.add(&batch, 1.0);
        assert_agrees(&mut weighted, &reference(&[repeated], 2, dim, 1.0), TOLERANCE, "weighted");
    }
}
