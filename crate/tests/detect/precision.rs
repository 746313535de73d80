//! The precision of each dimension around the centers.

use crate::common::{Batch, DIMS, assert_close};
use crate::reference::matrix;
use center_loss::rows::shape::class_of;

#[test]
fn precision_of_every_shape() {
    for n_dim in DIMS {
        for rows in [2, 3, 64, 65, 300] {
            let batch = Batch::random(rows, 3, n_dim, (rows + n_dim) as u64);
            let (x, centers) = (matrix(&batch.x, n_dim), matrix(&batch.centers, n_dim));
            let known: Vec<(usize, usize)> =
                (0..rows).filter_map(|row| Some((row, class_of(batch.labels[row], 3)?))).collect();
            let (precision, n) = batch.fit_precision();
            assert_eq!(n, known.len());
            for k in 0..n_dim {
                let squares = known.iter().map(|&(row, class)| (x[row][k] - centers[class][k]).powi(2));
                let expected = known.len() as f64 / squares.sum::<f64>();
                assert_close(precision[k].into(), expected, expected, 1e-6, format_args!("{k}, {}", batch.shape()));
            }
        }
    }
}

#[test]
fn precision_of_units_far_apart() {
    let units = [1e-6_f32, 1.0, 1e6];
    let mut batch = Batch::random(300, 3, 3, 5);
    let (plain, _) = batch.fit_precision();
    for values in [&mut batch.x, &mut batch.centers] {
        values.iter_mut().enumerate().for_each(|(i, value)| *value *= units[i % 3]);
    }
    let (precision, _) = batch.fit_precision();
    for (k, unit) in units.into_iter().enumerate() {
        let expected = f64::from(plain[k]) / f64::from(unit).powi(2);
        assert_close(precision[k].into(), expected, expected, 1e-5, unit);
    }
}

#[test]
fn precision_without_variance() {
    let mut batch = Batch::new(&[1.0; 12], &[0, 1, -1, 0], &[1.0; 6], 3);
    batch.row_mut(2).fill(f32::NAN);
    assert_eq!(batch.fit_precision(), (vec![1.0; 3], 3), "nothing varies");
    batch.x[0] = 4.0;
    let (precision, _) = batch.fit_precision();
    assert_eq!(precision[0], 1.0 / 3.0);
    assert_close(precision[1].into(), 1e9 / 3.0, 1e9 / 3.0, 1e-6, "a dimension that does not vary");
    assert_eq!(precision[1], precision[2]);
    batch.row_mut(1)[0] = f32::NAN;
    batch.row_mut(3)[1] = f32::INFINITY;
    let (precision, n) = batch.fit_precision();
    assert_eq!((precision[0], n), (1.0 / 9.0, 1), "rows that are not finite");
    batch.labels.fill(-1);
    assert_eq!(batch.fit_precision(), (vec![1.0; 3], 0), "no known row");
}
