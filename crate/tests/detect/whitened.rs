//! Distances by a full covariance, of whitened rows, against float64.

use crate::common::{Batch, DIMS, assert_close, assert_same_bits, normal};
use crate::reference::{Matrix, matrix};
use center_loss::detect::classify::{Measure, classify, scratch_len};
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::distance::whitened::{Lanes64, Whitened, factor_len, to_one, whiten};
use center_loss::rows::shape::Rows;

/// Factor [dim, dim] as a matrix and as the kernels take it.
fn factor(dim: usize) -> (Matrix, Vec<Lanes64>) {
    let values = matrix(&normal(dim * dim, 7), dim);
    let mut packed = Vec::with_capacity(factor_len(dim));
    for (i, row) in values.iter().enumerate() {
        for first in (0..=i).step_by(4) {
            packed.push(core::array::from_fn(|lane| if first + lane <= i { row[first + lane] } else { 0.0 }));
        }
    }
    assert_eq!(packed.len(), factor_len(dim));
    (values, packed)
}

fn squared_distance(factor: &Matrix, x: &[f64], c: &[f64]) -> f64 {
    let of_row = |(i, row): (usize, &Vec<f64>)| (0..=i).map(|k| row[k] * (x[k] - c[k])).sum::<f64>().powi(2);
    factor.iter().enumerate().map(of_row).sum()
}

/// Scores and nearest classes of rows, less the distances to the first center where they are relative.
fn scores(x: &[f32], batch: &Batch, factor: &[Lanes64], is_relative: bool) -> (Vec<f32>, Vec<i32>) {
    let (dim, x) = (batch.n_dim, Rows::new(x, batch.n_dim));
    let centers = Rows::new(&batch.centers, dim);
    let whitened = |rows: Rows| {
        let mut to = vec![[0.0; 4]; rows.count() * dim.div_ceil(4)];
        whiten::<[f32; 4]>(factor, rows, &mut to);
        to
    };
    let (rows, of_centers) = (whitened(x), whitened(centers));
    let mut background = vec![0.0; if is_relative { x.count() } else { 0 }];
    to_one::<[f32; 4]>(&rows, &of_centers[..dim.div_ceil(4)], &mut background);
    let measure = Measure::Whitened(Whitened { rows: &rows, centers: &of_centers, background: &background });
    let mut scratch = vec![0.0; scratch_len(Metric::SqEuclidean, x.count(), centers.count(), dim)];
    let (mut scores, mut nearest) = (vec![0.0; x.count()], vec![0; x.count()]);
    classify::<[f32; 4]>(x, centers, measure, Score::Distance, &mut scratch, &mut scores, &mut nearest);
    (scores, nearest)
}

#[test]
fn scores_of_every_shape() {
    for n_dim in DIMS.into_iter().filter(|&dim| dim <= 132) {
        let (values, packed) = factor(n_dim);
        for (rows, n_classes, offset) in [(1, 1, 0.0), (3, 2, 100.0), (4, 5, 0.0), (9, 7, 100.0), (70, 66, 0.0)] {
            let mut batch = Batch::random(rows, n_classes, n_dim, (rows + n_dim) as u64);
            batch.x.iter_mut().chain(&mut batch.centers).for_each(|value| *value += offset);
            let (x, centers) = (matrix(&batch.x, n_dim), matrix(&batch.centers, n_dim));
            let (scores, nearest) = scores(&batch.x, &batch, &packed, false);
            let (relative, nearest_of_relative) = self::scores(&batch.x, &batch, &packed, true);
            assert_eq!(nearest, nearest_of_relative);
            for row in 0..rows {
                let distances: Vec<f64> = centers.iter().map(|c| squared_distance(&values, &x[row], c)).collect();
                let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
                let what = format_args!("row {row}, {}", batch.shape()).to_string();
                assert_close(scores[row].into(), least, least, 1e-6, &what);
                assert_close(relative[row].into(), least - distances[0], least + distances[0], 1e-6, &what);
                assert!(distances[usize::try_from(nearest[row]).unwrap()] <= least * (1.0 + 1e-6), "{what}");
                let alone = self::scores(&batch.x[row * n_dim..][..n_dim], &batch, &packed, false);
                assert_same_bits(&alone.0, &scores[row..=row], &what);
            }
        }
    }
}

#[test]
fn a_row_that_is_not_finite_is_unknown_and_leaves_the_others() {
    let (_, packed) = factor(6);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for k in 0..6 {
            let mut batch = Batch::random(9, 3, 6, 1);
            let before = scores(&batch.x, &batch, &packed, true);
            batch.row_mut(5)[k] = bad;
            let (mut after, mut nearest) = scores(&batch.x, &batch, &packed, true);
            assert_eq!((after[5], nearest[5]), (f32::INFINITY, -1));
            (after[5], nearest[5]) = (before.0[5], before.1[5]);
            assert_same_bits(&after, &before.0, bad);
            assert_eq!(nearest, before.1);
        }
    }
}
