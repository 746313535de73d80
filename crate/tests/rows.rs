//! Sums of rows and classes of a batch.

use crate::common::{DIMS, ROWS_OF_ONE_CLASS, TOLERANCE, assert_matrix_close, normal};
use crate::reference::zeros;
use center_loss::rows::batch_classes::{BatchClass, BatchClasses, NO_SLOT};
use center_loss::rows::row_sums::{RowSum, RowSums};

/// Sums several classes of different sizes by turns; some rows are not accepted.
#[test]
fn row_sums_of_every_length() {
    for (n_dim, last_is_accepted) in DIMS.into_iter().flat_map(|n_dim| [(n_dim, true), (n_dim, false)]) {
        let (count, rows): (usize, usize) = (ROWS_OF_ONE_CLASS.len(), ROWS_OF_ONE_CLASS.iter().sum());
        let mut partials = vec![f32::NAN; RowSums::partial_rows(rows, count) * n_dim];
        let mut accumulators = vec![f64::NAN; RowSums::accumulator_rows(rows, count) * n_dim];
        let mut memory = RowSums::new(&mut partials, &mut accumulators, n_dim);
        let mut sums = [RowSum::default(); ROWS_OF_ONE_CLASS.len()];
        let (mut expected, mut terms, mut accepted_rows) = (zeros(count, n_dim), zeros(count, n_dim), vec![0; count]);
        for row in 0..ROWS_OF_ONE_CLASS[count - 1] {
            for class in (0..count).filter(|&class| row < ROWS_OF_ONE_CLASS[class]) {
                let (x, is_last) = (normal(n_dim, (row * count + class) as u64), row + 1 == ROWS_OF_ONE_CLASS[class]);
                let accepted = if is_last { last_is_accepted } else { row % 5 != 2 };
                let mut last = vec![f32::NAN; n_dim];
                let (before, next) = memory.peek(sums[class]);
                for (k, after) in if is_last { &mut last } else { next }.iter_mut().enumerate() {
                    *after = if accepted { before[k] + x[k] } else { f32::NAN };
                }
                for k in (0..n_dim).filter(|_| accepted) {
                    expected[class][k] += f64::from(x[k]);
                    terms[class][k] += f64::from(x[k]).abs();
                }
                accepted_rows[class] += u32::from(accepted);
                if is_last {
                    let what = format!("{} rows, D = {n_dim}", row + 1);
                    assert_eq!(memory.finish(sums[class], accepted, &mut last), accepted_rows[class], "{what}");
                    assert_matrix_close(&last, &expected[class..=class], &terms[class..=class], TOLERANCE, what);
                } else if accepted {
                    memory.commit(&mut sums[class]);
                }
            }
        }
    }
}

#[test]
fn batch_classes_hold_each_class_once_and_give_the_table_back() {
    let labels = [3, -1, 0, 3, 4, 0, i32::MIN, 3, i32::MAX, 1];
    let mut slots = [NO_SLOT; 4];
    let mut found = [BatchClass::default(); 4];
    // The second pass uses the same memory: contents from the first must not matter.
    for _ in 0..2 {
        let batch_classes = BatchClasses::new(&labels, &mut slots, &mut found);
        let classes: Vec<u32> = batch_classes.as_slice().iter().map(|one| one.class).collect();
        assert_eq!(classes, [3, 0, 1]);
        assert_eq!([3, 0, 1].map(|class| batch_classes.slot(class)), [0, 1, 2]);
        drop(batch_classes);
        assert_eq!(slots, [NO_SLOT; 4]);
    }
}
