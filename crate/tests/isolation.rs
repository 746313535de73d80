//! What rows and calls have to do with each other: nothing. Not through a NaN, not through the batch they are in, not
//! through a buffer that is used again.

mod common;

use center_loss::loss::reduction::{Loss, Reduction};
use center_loss::rows::batch_classes::{BatchClass, BatchClasses, NO_SLOT};
use center_loss::update::center_gradient::Form;
use common::{Batch, assert_same_bits, losses, normal, softmin};

const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// The batch with one value of one row replaced by each of `BAD`: rows at either end and in a tile of their own, values
/// in the lanes and in the rest.
fn with_bad_values(batch: &Batch) -> impl Iterator<Item = (Batch, usize, String)> {
    let places = [0, 1, 31, batch.rows() - 1].into_iter().flat_map(|row| [0, batch.dim - 1].map(|k| (row, k)));
    places.flat_map(move |(row, k)| {
        BAD.map(|bad| {
            let mut spoiled = batch.clone();
            spoiled.row_mut(row)[k] = bad;
            (spoiled, row, format!("{bad} at [{row}, {k}], D = {}", batch.dim))
        })
    })
}

/// A label that is known but of no class: such a row counts in B and does nothing else.
const NO_CLASS: i32 = 99;

#[test]
fn a_bad_row_spoils_only_the_loss() {
    for dim in [1, 4, 7, 33, 1025] {
        let labels = (0..65).map(|row| row % 3).collect();
        let batch = Batch::with_labels(labels, 4, dim, 3);
        for (spoiled, row, what) in with_bad_values(&batch) {
            let mut without = batch.clone();
            without.labels[row] = NO_CLASS;
            for loss in losses(0.0).into_iter().chain(losses(0.5)) {
                let what = format!("{what}, {loss:?}");
                let (grad, expected) = (spoiled.gradients(loss, Form::Dense), without.gradients(loss, Form::Dense));
                assert_same_bits(&grad.x, &expected.x, format_args!("∂/∂x, {what}"));
                assert_same_bits(&grad.centers, &expected.centers, format_args!("∂/∂centers, {what}"));
                assert_same_bits(&spoiled.gradient(loss).1, &expected.x, format_args!("gradient, {what}"));
                let (step, expected) = (spoiled.wen_step(loss, 0.5), without.wen_step(loss, 0.5));
                assert_same_bits(&step.x, &expected.x, format_args!("∂/∂x of step, {what}"));
                assert_same_bits(&step.centers, &expected.centers, format_args!("centers, {what}"));
                if spoiled.row(row).iter().any(|value| value.is_nan()) {
                    assert!(spoiled.evaluate(loss).is_nan() && grad.loss.is_nan() && step.loss.is_nan(), "{what}");
                }
            }
        }
    }
}

/// Rows on either side of where a sum moves to float64, the first of their class and its last, in two classes by turns.
#[test]
fn a_bad_row_is_left_out_wherever_the_sum_of_its_class_stands() {
    for count in [64, 65, 66, 129, 200] {
        for at in [0, 1, 62, 63, 64, 65, 127, 128, count - 2, count - 1].into_iter().filter(|&at| at < count) {
            let mut batch = Batch::with_labels([0, 1].repeat(count), 2, 7, 3);
            let mut without = batch.clone();
            without.labels[2 * at] = NO_CLASS;
            for loss in losses(0.5) {
                let loss_of = [batch.evaluate(loss), batch.gradients(loss, Form::Sparse).loss];
                assert_eq!(loss_of.map(f64::to_bits), [batch.wen_step(loss, 0.5).loss.to_bits(); 2], "{loss:?}");
                for bad in BAD {
                    let what = format!("{bad} in row {at} of {count}, {loss:?}");
                    let whole = std::mem::replace(&mut batch.row_mut(2 * at)[3], bad);
                    let (grad, expected) = (batch.gradients(loss, Form::Sparse), without.gradients(loss, Form::Sparse));
                    // Its class comes later if it was the first row, and not at all if it was the only one.
                    let of_class = |gradients: &common::Gradients, class| {
                        let place = gradients.classes.iter().position(|found| *found == class).expect("a row");
                        gradients.centers[place * 7..][..7].to_vec()
                    };
                    for class in [0, 1] {
                        assert_same_bits(&of_class(&grad, class), &of_class(&expected, class), &what);
                    }
                    assert_same_bits(&grad.x, &expected.x, &what);
                    let (step, expected) = (batch.wen_step(loss, 0.5), without.wen_step(loss, 0.5));
                    assert_same_bits(&step.centers, &expected.centers, &what);
                    batch.row_mut(2 * at)[3] = whole;
                }
            }
        }
    }
}

#[test]
fn a_class_of_bad_rows_alone_has_no_gradient_and_stays() {
    for bad in BAD {
        let mut batch = Batch::with_labels(vec![0, 1, 1, 0], 2, 5, 3);
        batch.row_mut(1)[2] = bad;
        batch.row_mut(2)[4] = bad;
        for loss in losses(0.0) {
            assert_same_bits(&batch.gradients(loss, Form::Dense).centers[5..], &[0.0; 5], "∂/∂centers");
            assert_same_bits(&batch.gradients(loss, Form::Sparse).centers[5..], &[0.0; 5], "touched");
            assert_same_bits(&batch.wen_step(loss, 0.5).centers[5..], &batch.centers[5..], "centers");
        }
    }
}

#[test]
fn a_bad_row_that_is_unknown_reaches_nothing() {
    for dim in [1, 4, 7, 33, 1025] {
        let labels = (0..65).map(|row| if [0, 1, 31, 64].contains(&row) { -1 } else { row % 3 }).collect();
        let batch = Batch::with_labels(labels, 4, dim, 3);
        for (spoiled, _, what) in with_bad_values(&batch) {
            for loss in losses(0.0).into_iter().chain(losses(0.5)) {
                let what = format!("{what}, {loss:?}");
                assert_eq!(spoiled.evaluate(loss).to_bits(), batch.evaluate(loss).to_bits(), "evaluate, {what}");
                let (grad, expected) = (spoiled.gradients(loss, Form::Dense), batch.gradients(loss, Form::Dense));
                assert_eq!(grad.loss.to_bits(), expected.loss.to_bits(), "loss, {what}");
                assert_same_bits(&grad.x, &expected.x, format_args!("∂/∂x, {what}"));
                assert_same_bits(&grad.centers, &expected.centers, format_args!("∂/∂centers, {what}"));
                let (step, expected) = (spoiled.wen_step(loss, 0.5), batch.wen_step(loss, 0.5));
                assert_eq!(step.loss.to_bits(), expected.loss.to_bits(), "loss of step, {what}");
                assert_same_bits(&step.x, &expected.x, format_args!("∂/∂x of step, {what}"));
                assert_same_bits(&step.centers, &expected.centers, format_args!("centers, {what}"));
                let distmat = spoiled.distances();
                let (forward, expected) = (spoiled.forward(loss, &distmat), batch.forward(loss, &batch.distances()));
                assert_eq!(forward.to_bits(), expected.to_bits(), "forward, {what}");
            }
        }
    }
}

#[test]
fn a_bad_row_has_no_class_and_leaves_the_other_rows_theirs() {
    for dim in [1, 4, 7, 33, 1025] {
        for n_classes in [1, 4, 5, 65] {
            let batch = Batch::with_labels(vec![0; 65], n_classes, dim, 3);
            let (classes, distmat) = (batch.predict(), batch.distances());
            for (spoiled, row, what) in with_bad_values(&batch) {
                let what = format!("{what}, C = {n_classes}");
                let mut expected = classes.clone();
                expected[row] = -1;
                assert_eq!(spoiled.predict(), expected, "{what}");
                let mut spoiled = spoiled.distances();
                let of_row = row * n_classes..(row + 1) * n_classes;
                assert!(spoiled[of_row.clone()].iter().all(|distance| !distance.is_finite()), "{what}");
                spoiled[of_row.clone()].copy_from_slice(&distmat[of_row]);
                assert_same_bits(&spoiled, &distmat, &what);
            }
        }
    }
}

#[test]
fn a_bad_center_is_no_ones_nearest_and_spoils_only_its_class() {
    for bad in BAD {
        for class in 0..9 {
            let mut batch = Batch::with_labels((0..65).map(|row| row % 9).collect(), 9, 7, 3);
            let whole = batch.clone();
            batch.centers[class * 7 + 6] = bad;
            let nearest_but = |distances: &[f32]| {
                let others = (0..9).zip(distances).filter(|(other, _)| *other != class);
                others.min_by(|a, b| a.1.total_cmp(b.1)).map_or(-1, |(other, _)| i32::try_from(other).unwrap())
            };
            let expected: Vec<i32> = whole.distances().chunks(9).map(nearest_but).collect();
            assert_eq!(batch.predict(), expected, "{bad} in center {class}");
            for loss in losses(0.0) {
                let (grad, mut expected) = (batch.gradients(loss, Form::Dense), whole.gradients(loss, Form::Dense));
                expected.centers[class * 7..][..7].fill(0.0);
                for row in (0..65).filter(|row| row % 9 == class) {
                    expected.x[row * 7..][..7].fill(0.0);
                }
                assert_same_bits(&grad.x, &expected.x, format_args!("∂/∂x, {bad} in center {class}, {loss:?}"));
                assert_same_bits(&grad.centers, &expected.centers, format_args!("{bad} in center {class}, {loss:?}"));
            }
        }
    }
}

#[test]
fn a_row_is_alone_in_every_batch() {
    let sum = Loss { radius: 0.5, reduction: Reduction::Sum };
    for (n_classes, dim) in [(1, 1), (3, 5), (5, 33), (9, 7), (65, 64), (33, 128), (5, 1025)] {
        let batch = Batch::random(65, n_classes, dim, 8);
        let (classes, distmat) = (batch.predict(), batch.distances());
        let probabilities = softmin(&distmat, n_classes);
        let (_, grad_x) = batch.gradient(sum);
        for (row, class) in classes.into_iter().enumerate() {
            let alone = batch.select(&[row]);
            let what = format!("row {row}, C = {n_classes}, D = {dim}");
            let of_row = row * n_classes..(row + 1) * n_classes;
            assert_same_bits(&alone.distances(), &distmat[of_row.clone()], format_args!("distances, {what}"));
            assert_eq!(alone.predict(), [class], "predict, {what}");
            let alone_probabilities = softmin(&distmat[of_row.clone()], n_classes);
            assert_same_bits(&alone_probabilities, &probabilities[of_row], format_args!("softmin, {what}"));
            let of_row = row * dim..(row + 1) * dim;
            assert_same_bits(&alone.gradient(sum).1, &grad_x[of_row.clone()], format_args!("gradient, {what}"));
            let grad = alone.gradients(sum, Form::Dense);
            assert_same_bits(&grad.x, &grad_x[of_row], format_args!("gradients, {what}"));
        }
    }
}

/// A batch of `rows` equal rows whose nearest centers, equal too, are `i` and `j`.
fn tie(rows: usize, n_classes: usize, dim: usize, [i, j]: [usize; 2]) -> Batch {
    let mut batch = Batch::with_labels(vec![0; rows], n_classes, dim, 6);
    let near = normal(dim, 7);
    for row in 0..rows {
        batch.row_mut(row).copy_from_slice(&normal(dim, 8));
    }
    for value in &mut batch.centers {
        *value += 1e3;
    }
    for class in [i, j] {
        batch.centers[class * dim..][..dim].copy_from_slice(&near);
    }
    batch
}

#[test]
fn the_lowest_class_wins_a_tie() {
    for dim in [1, 2, 3, 4, 5, 33, 1025] {
        for n_classes in 2..=11 {
            for j in 1..n_classes {
                for i in 0..j {
                    let rows = 1 + (i + j) % 3;
                    let classes = tie(rows, n_classes, dim, [i, j]).predict();
                    assert_eq!(classes, vec![i32::try_from(i).unwrap(); rows], "{i} and {j} of {n_classes}, D = {dim}");
                }
            }
        }
    }
    // Across the blocks of centers that are in the cache at a time.
    for (n_classes, dim) in [(70, 3), (70, 64), (70, 128), (13, 1025)] {
        for j in 1..n_classes {
            for i in [0, j / 2, j - 1] {
                let classes = tie(3, n_classes, dim, [i.min(j - 1), j]).predict();
                assert_eq!(classes, [i32::try_from(i).unwrap(); 3], "{i} and {j} of {n_classes}, D = {dim}");
            }
        }
    }
}

#[test]
fn groups_hold_each_class_once_and_give_the_table_back() {
    let labels = [3, -1, 0, 3, 4, 0, i32::MIN, 3, i32::MAX, 1];
    let mut slots = [NO_SLOT; 4];
    let mut found = [BatchClass::default(); 4];
    // Twice over the same memory: nothing of the first time may show in the second.
    for _ in 0..2 {
        let groups = BatchClasses::new(&labels, &mut slots, &mut found);
        let classes: Vec<u32> = groups.as_slice().iter().map(|group| group.class).collect();
        assert_eq!(classes, [3, 0, 1]);
        assert_eq!([3, 0, 1].map(|class| groups.slot(class)), [0, 1, 2]);
        drop(groups);
        assert_eq!(slots, [NO_SLOT; 4]);
    }
}

#[test]
fn a_dense_gradient_clears_what_stood_there_before() {
    let (n_classes, dim) = (7, 5);
    let batches = [vec![0, 6, 3, 3], vec![5], vec![-1, 9], vec![1, 2, 3, 4, 5, 6, 0], vec![], vec![2, 2]]
        .map(|labels| Batch::with_labels(labels, n_classes, dim, 4));
    let (mut rows, mut touched) = (vec![0.0; n_classes * dim], vec![0; n_classes + 1]);
    for loss in losses(0.0) {
        for batch in &batches {
            for before in [0.0, -0.0, 1e-45, 7.0, f32::NAN] {
                rows.fill(before);
                batch.gradients_into(loss, Form::Dense, &mut rows, &mut touched);
                let fresh = batch.gradients(loss, Form::Dense);
                assert_same_bits(&rows, &fresh.centers, format_args!("{:?} after {before}", batch.labels));
                assert_eq!(touched[1..][..touched[0] as usize], fresh.classes);
            }
            for label in (0..7).filter(|label| !batch.labels.contains(label)) {
                let class = usize::try_from(label).unwrap();
                assert_same_bits(&rows[class * dim..][..dim], &[0.0; 5], format_args!("absent class {class}"));
            }
        }
    }
}

#[test]
fn a_touched_gradient_does_not_look_at_what_the_call_before_left() {
    let batches =
        [vec![0, 6, 3, 3], vec![5], vec![-1, 9], vec![2, 2]].map(|labels| Batch::with_labels(labels, 7, 5, 4));
    let (mut rows, mut touched) = (vec![f32::NAN; 4 * 5], vec![0; 5]);
    for batch in &batches {
        let loss = losses(0.0)[0];
        batch.gradients_into(loss, Form::Sparse, &mut rows, &mut touched);
        let fresh = batch.gradients(loss, Form::Sparse);
        assert_eq!(touched[1..][..touched[0] as usize], fresh.classes);
        assert_same_bits(&rows[..fresh.centers.len()], &fresh.centers, format_args!("{:?}", batch.labels));
    }
}
