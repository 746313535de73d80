//! Every kernel against the float64 reference, at every length where a loop of its ends, and where float32 is short.
#![allow(clippy::cast_possible_truncation, reason = "float64 values become float32 inputs")]
#![allow(clippy::cast_precision_loss, reason = "row counts are far below 2⁵³")]

mod common;
mod reference;

use center_loss::loss::reduction::{Loss, Reduction};
use center_loss::rows::row_sums::{RowSum, RowSums};
use center_loss::rows::shape::class_of;
use center_loss::rows::walk::{BLOCK_DIMS, squared_distance, squared_distances};
use center_loss::simd::vector::{LANES, Lanes};
use center_loss::update::center_gradient::Form;
use common::{
    Batch, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, losses, normal, radius_between, softmin,
};
use reference::Matrix;

/// Dimensions around lanes (4), the loops of 16, blocks of 512, and several blocks.
const DIMS: [usize; 28] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2049,
];

/// Rows around tiles (2) and the 64 that `predict` takes at once.
const ROWS: [usize; 7] = [1, 2, 3, 63, 64, 65, 129];

/// Classes around tiles (4).
const CLASSES: [usize; 7] = [1, 2, 3, 4, 5, 8, 9];

/// (dimensions, classes) at the end of a block of centers and one past it: 16 KiB, of 64 centers at most.
const CENTER_BLOCKS: [(usize, usize); 14] = [
    (3, 64),
    (3, 65),
    (3, 129),
    (64, 64),
    (64, 65),
    (65, 65),
    (128, 32),
    (128, 33),
    (129, 33),
    (512, 8),
    (512, 9),
    (1024, 5),
    (1025, 5),
    (2049, 5),
];

/// Rows of one class around the runs of 64 that are summed in float32.
const ROWS_OF_ONE_CLASS: [usize; 9] = [1, 2, 63, 64, 65, 127, 128, 129, 1000];

/// Hands every shape of the sweep to `check`, with a name for it.
fn for_every_shape(mut check: impl FnMut(&Batch, &str)) {
    let mut check_shape = |rows, n_classes, dim| {
        let batch = Batch::random(rows, n_classes, dim, (rows * 31 + n_classes * 7 + dim) as u64);
        check(&batch, &format!("B = {rows}, C = {n_classes}, D = {dim}"));
    };
    for dim in DIMS {
        for n_classes in CLASSES {
            for rows in ROWS {
                check_shape(rows, n_classes, dim);
            }
        }
    }
    for (dim, n_classes) in CENTER_BLOCKS {
        for rows in [1, 2, 65] {
            check_shape(rows, n_classes, dim);
        }
    }
}

/// Batches of one class, between others without rows.
fn for_every_run(mut check: impl FnMut(&Batch, &str)) {
    for dim in [1, 3, 4, 5, 33, 1025] {
        for rows in ROWS_OF_ONE_CLASS {
            let batch = Batch::with_labels(vec![1; rows], 3, dim, (rows + dim) as u64);
            check(&batch, &format!("{rows} rows of one class, D = {dim}"));
        }
    }
}

/// A batch in float64.
struct Truth {
    x: Matrix,
    centers: Matrix,
    distmat: Matrix,
    /// Distances to the rows' own centers.
    own: Vec<f64>,
}

impl Truth {
    fn of(batch: &Batch) -> Self {
        let (x, centers) = (reference::matrix(&batch.x, batch.dim), reference::matrix(&batch.centers, batch.dim));
        let distmat = reference::distances(&x, &centers);
        let own = reference::own_distances(&distmat, &batch.labels, batch.n_classes());
        Self { x, centers, distmat, own }
    }

    /// Every reduction, without a radius and with one that some rows are within.
    fn losses(&self) -> impl Iterator<Item = Loss> {
        losses(0.0).into_iter().chain(losses(radius_between(&self.own)))
    }

    fn loss(&self, batch: &Batch, loss: Loss) -> f64 {
        reference::loss(&self.distmat, &batch.labels, batch.n_classes(), loss.radius, loss.reduction)
    }

    /// What the error of the loss is relative to: the loss without a radius, since the error of a distance is
    /// relative to the distance, not to what the radius leaves of it.
    fn loss_scale(&self, batch: &Batch, loss: Loss) -> f64 {
        self.loss(batch, Loss { radius: 0.0, ..loss })
    }

    fn gradients(&self, batch: &Batch, loss: Loss) -> reference::Gradients {
        let n_classes = batch.n_classes();
        let slope = reference::slope(&self.distmat, &batch.labels, n_classes, loss.radius, loss.reduction);
        reference::gradients(&self.x, &self.centers, &slope)
    }
}

/// The rows of the dense gradient that the touched one holds.
fn rows_of(dense: &[f32], classes: &[u32], dim: usize) -> Vec<f32> {
    classes.iter().flat_map(|&class| &dense[class as usize * dim..][..dim]).copied().collect()
}

fn check_gradients(batch: &Batch, shape: &str) {
    let truth = Truth::of(batch);
    for loss in truth.losses() {
        let what = format!("{shape}, {loss:?}");
        let (expected, scale) = (truth.loss(batch, loss), truth.loss_scale(batch, loss));
        let grad = truth.gradients(batch, loss);
        assert_close(batch.evaluate(loss), expected, scale, TOLERANCE, format_args!("evaluate, {what}"));

        let (value, grad_x) = batch.gradient(loss);
        assert_close(value, expected, scale, TOLERANCE, format_args!("gradient, {what}"));
        assert_matrix_close(&grad_x, &grad.x, &grad.x, TOLERANCE, format_args!("gradient, ∂/∂x, {what}"));

        let dense = batch.gradients(loss, Form::Dense);
        assert_close(dense.loss, expected, scale, TOLERANCE, format_args!("gradients, {what}"));
        assert_same_bits(&dense.x, &grad_x, format_args!("gradients, ∂/∂x, {what}"));
        let name = format_args!("∂/∂centers, {what}").to_string();
        assert_matrix_close(&dense.centers, &grad.centers, &grad.center_terms, TOLERANCE, &name);

        let touched = batch.gradients(loss, Form::Sparse);
        assert_eq!(touched.loss.to_bits(), dense.loss.to_bits(), "touched loss, {what}");
        assert_eq!(touched.classes, dense.classes, "touched classes, {what}");
        assert_same_bits(&touched.x, &grad_x, format_args!("touched, ∂/∂x, {what}"));
        assert_same_bits(&touched.centers, &rows_of(&dense.centers, &dense.classes, batch.dim), &name);
    }
    let mut first_seen = Vec::new();
    for class in batch.labels.iter().filter_map(|&label| class_of(label, batch.n_classes())) {
        if !first_seen.contains(&class) {
            first_seen.push(class);
        }
    }
    let classes = batch.gradients(losses(0.0)[0], Form::Sparse).classes;
    assert!(classes.iter().map(|&class| class as usize).eq(first_seen), "order of classes, {shape}");
}

fn check_wen_step(batch: &Batch, shape: &str) {
    let truth = Truth::of(batch);
    let alpha = 0.5;
    let update = reference::wen_update(&truth.x, &batch.labels, &truth.centers, alpha);
    for loss in truth.losses() {
        let what = format!("{shape}, {loss:?}");
        let step = batch.wen_step(loss, alpha);
        let (expected, scale) = (truth.loss(batch, loss), truth.loss_scale(batch, loss));
        assert_close(step.loss, expected, scale, TOLERANCE, format_args!("loss of step, {what}"));
        assert_same_bits(&step.x, &batch.gradient(loss).1, format_args!("∂/∂x of step, {what}"));
        assert_matrix_close(&step.centers, &update.centers, &update.terms, TOLERANCE, format_args!("centers, {what}"));
    }
}

#[test]
fn distances_of_every_shape() {
    for_every_shape(|batch, shape| {
        let expected = Truth::of(batch).distmat;
        assert_matrix_close(&batch.distances(), &expected, &expected, TOLERANCE, format_args!("distances, {shape}"));
    });
}

#[test]
fn predictions_of_every_shape() {
    for_every_shape(|batch, shape| {
        let classes = batch.predict();
        let truth = Truth::of(batch).distmat;
        let computed = reference::matrix(&batch.distances(), batch.n_classes());
        for row in 0..batch.rows() {
            assert_eq!(classes[row], reference::nearest(&computed[row]), "argmin of the matrix, row {row}, {shape}");
            let least = truth[row].iter().copied().fold(f64::INFINITY, f64::min);
            let class = class_of(classes[row], batch.n_classes()).expect("a class");
            assert_close(truth[row][class], least, least, 2.0 * TOLERANCE, format_args!("nearest, row {row}, {shape}"));
        }
    });
}

#[test]
fn probabilities_of_every_shape() {
    for_every_shape(|batch, shape| {
        let distmat = batch.distances();
        let expected: Matrix =
            reference::matrix(&distmat, batch.n_classes()).iter().map(|row| reference::softmin(row)).collect();
        // Below 10⁻³⁸ float32 has fewer digits, and from 10⁻⁴⁵ on none: there the error is that of a few last units.
        let subnormal = 4.0 * f64::from(f32::from_bits(1)) / TOLERANCE;
        let scale: Matrix = expected.iter().map(|row| row.iter().map(|p| p.max(subnormal)).collect()).collect();
        let probabilities = softmin(&distmat, batch.n_classes());
        assert_matrix_close(&probabilities, &expected, &scale, TOLERANCE, format_args!("softmin, {shape}"));
    });
}

#[test]
fn losses_of_every_distance_matrix() {
    for_every_shape(|batch, shape| {
        let distmat = batch.distances();
        let truth = reference::matrix(&distmat, batch.n_classes());
        let own = reference::own_distances(&truth, &batch.labels, batch.n_classes());
        // The matrix is given: what is left is a sum in float64, and a comparison that falls on the same side.
        let on_a_distance = own.first().copied().unwrap_or(0.0);
        for loss in [0.0, radius_between(&own), on_a_distance].into_iter().flat_map(losses) {
            let what = format!("{shape}, {loss:?}");
            let (n_classes, Loss { radius, reduction }) = (batch.n_classes(), loss);
            let expected = reference::loss(&truth, &batch.labels, n_classes, radius, reduction);
            assert_close(batch.forward(loss, &distmat), expected, expected, 1e-12, format_args!("forward, {what}"));
            let slope = reference::slope(&truth, &batch.labels, n_classes, radius, reduction);
            let slope: Vec<f32> = slope.iter().flatten().map(|&value| value as f32).collect();
            assert_same_bits(&batch.backward(loss, &distmat), &slope, format_args!("backward, {what}"));
        }
    });
}

#[test]
fn gradients_of_every_shape() {
    for_every_shape(check_gradients);
}

#[test]
fn gradients_of_every_run_of_rows() {
    for_every_run(check_gradients);
}

#[test]
fn wen_steps_of_every_shape() {
    for_every_shape(check_wen_step);
}

#[test]
fn wen_steps_of_every_run_of_rows() {
    for_every_run(check_wen_step);
}

#[test]
fn a_wen_step_follows_alpha() {
    let batch = Batch::random(65, 4, 17, 5);
    let truth = Truth::of(&batch);
    for alpha in [0.0, 0.25, 1.0] {
        let update = reference::wen_update(&truth.x, &batch.labels, &truth.centers, alpha);
        let step = batch.wen_step(losses(0.0)[0], alpha);
        assert_matrix_close(&step.centers, &update.centers, &update.terms, TOLERANCE, format_args!("alpha {alpha}"));
    }
    assert_same_bits(&batch.wen_step(losses(0.0)[0], 0.0).centers, &batch.centers, "alpha 0");
}

/// Sums of several classes that grow side by side, each of another length, rows that are not accepted between them.
#[test]
fn row_sums_of_every_length() {
    for dim in DIMS {
        let count = ROWS_OF_ONE_CLASS.len();
        let rows: usize = ROWS_OF_ONE_CLASS.iter().sum();
        let mut runs = vec![f32::NAN; RowSums::partial_rows(rows, count) * dim];
        let mut totals = vec![f64::NAN; RowSums::accumulator_rows(rows, count) * dim];
        for last_is_accepted in [true, false] {
            let mut memory = RowSums::new(&mut runs, &mut totals, dim);
            let mut sums = [RowSum::default(); ROWS_OF_ONE_CLASS.len()];
            let (mut expected, mut terms) = (vec![vec![0.0; dim]; count], vec![vec![0.0; dim]; count]);
            for row in 0..ROWS_OF_ONE_CLASS[count - 1] {
                for place in (0..count).filter(|&place| row < ROWS_OF_ONE_CLASS[place]) {
                    let (x, is_last) = (normal(dim, (row * count + place) as u64), row + 1 == ROWS_OF_ONE_CLASS[place]);
                    let accepted = if is_last { last_is_accepted } else { row % 5 != 2 };
                    let mut last = vec![f32::NAN; dim];
                    let (before, with_row) = memory.peek(sums[place]);
                    for (k, after) in if is_last { &mut last } else { with_row }.iter_mut().enumerate() {
                        *after = if accepted { before[k] + x[k] } else { f32::NAN };
                    }
                    for k in (0..dim).filter(|_| accepted) {
                        expected[place][k] += f64::from(x[k]);
                        terms[place][k] += f64::from(x[k]).abs();
                    }
                    if is_last {
                        let what = format!("{} rows, D = {dim}", row + 1);
                        let counted = (0..=row).filter(|row| row % 5 != 2).count();
                        let counted = counted - usize::from(row % 5 != 2) + usize::from(accepted);
                        assert_eq!(memory.finish(sums[place], accepted, &mut last) as usize, counted, "{what}");
                        assert_matrix_close(&last, &expected[place..=place], &terms[place..=place], TOLERANCE, what);
                    } else if accepted {
                        memory.commit(&mut sums[place]);
                    }
                }
            }
        }
    }
}

/// One pair by either walk: the one for a row's own center, and the tile of 1, 2 or 3 rows and four centers.
fn check_pair(x: &[f32], c: &[f32], what: &str) {
    let expected = reference::squared_distance(&reference::matrix(x, x.len())[0], &reference::matrix(c, c.len())[0]);
    let close = |actual| assert_close(actual, expected, expected, TOLERANCE, what);
    close(squared_distance::<Lanes>(x, c));
    let [alone] = squared_distances::<Lanes, 1>([x], [c; LANES]);
    close(alone[0].into());
    assert_same_bits(&alone, &[alone[0]; LANES], format_args!("equal centers, {what}"));
    for tile in squared_distances::<Lanes, 2>([x; 2], [c; LANES]) {
        assert_same_bits(&tile, &alone, format_args!("two rows, {what}"));
    }
    for tile in squared_distances::<Lanes, 3>([x; 3], [c; LANES]) {
        assert_same_bits(&tile, &alone, format_args!("three rows, {what}"));
    }
}

#[test]
fn squared_distances_of_every_length() {
    for dim in DIMS {
        check_pair(&normal(dim, 1), &normal(dim, 2), &format!("D = {dim}"));
        // Equal terms are the worst of sums: all roundings of one size go the same way.
        for step in 0..64 {
            let x = vec![1.0 + step as f32 / 64.0 + 1e-3; dim];
            check_pair(&x, &vec![0.0; dim], &format!("D = {dim}, equal differences, step {step}"));
        }
    }
}

#[test]
fn a_million_dimensions() {
    let dim = 1_000_000;
    check_pair(&normal(dim, 1), &normal(dim, 2), "normal");
    check_pair(&vec![0.1; dim], &vec![0.0; dim], "equal");
    check_pair(&normal(dim + 1, 1), &normal(dim + 1, 2), "one more");
    let batch = Batch::with_labels(vec![1, 4, 0], 5, dim, 3);
    let expected = Truth::of(&batch).distmat;
    assert_matrix_close(&batch.distances(), &expected, &expected, TOLERANCE, "distances");
    check_gradients(&batch, "a million dimensions");
}

#[test]
fn a_million_rows_of_one_class() {
    let rows = 1_000_000;
    for dim in [1, 2] {
        let mut batch = Batch::with_labels(vec![0; rows], 1, dim, 9);
        batch.centers.fill(0.0);
        // All to one side, so that nothing cancels and the error is visible in the result itself.
        for value in &mut batch.x {
            *value = 0.1 + 0.001 * *value;
        }
        let truth = Truth::of(&batch);
        for loss in losses(0.0) {
            let what = format!("D = {dim}, {loss:?}");
            let (expected, grad) = (truth.loss(&batch, loss), truth.gradients(&batch, loss));
            // A float32 sum would be off by 10⁻³.
            let visible = 1e-6;
            let dense = batch.gradients(loss, Form::Dense);
            assert_close(dense.loss, expected, expected, visible, format_args!("loss, {what}"));
            assert_close(batch.evaluate(loss), expected, expected, visible, format_args!("evaluate, {what}"));
            assert_matrix_close(&dense.centers, &grad.centers, &grad.centers, visible, format_args!("centers, {what}"));
        }
        let update = reference::wen_update(&truth.x, &batch.labels, &truth.centers, 1.0);
        let step = batch.wen_step(losses(0.0)[0], 1.0);
        assert_matrix_close(&step.centers, &update.centers, &update.centers, 1e-6, format_args!("step, D = {dim}"));
    }
}

#[test]
fn tight_clusters_off_the_origin() {
    for offset in [100.0, 1e3] {
        for dim in [1, 2, 7, 64, 129, 1025] {
            let mut batch = Batch::random(65, 5, dim, 11);
            for value in batch.x.iter_mut().chain(&mut batch.centers) {
                *value = offset + 0.01 * *value;
            }
            let shape = format!("offset {offset}, D = {dim}");
            let expected = Truth::of(&batch).distmat;
            assert_matrix_close(&batch.distances(), &expected, &expected, TOLERANCE, &shape);
            check_gradients(&batch, &shape);
            check_wen_step(&batch, &shape);
        }
    }
}

#[test]
fn floors_ceilings_and_radius_of_a_distance_matrix() {
    let around = |value: f32| [value.next_down(), value, value.next_up()];
    let mut distances = vec![0.0, f32::from_bits(1), 1e-30, 1.0, 1e11, 1e13, f32::MAX, f32::INFINITY];
    distances.extend([1e-12, 0.5, 1e12].into_iter().flat_map(around));
    for &own in &distances {
        for labels in [vec![0], vec![2], vec![3], vec![-1], vec![1, -1, 2, 7]] {
            let n_classes = 3;
            // Other columns may hold anything finite; the row's own holds the distance in question.
            let mut distmat = vec![2.0; labels.len() * n_classes];
            for (row, class) in
                labels.iter().enumerate().filter_map(|(row, &label)| Some((row, class_of(label, n_classes)?)))
            {
                distmat[row * n_classes + class] = own;
            }
            let batch = Batch::with_labels(labels, n_classes, 1, 0);
            let truth = reference::matrix(&distmat, n_classes);
            for loss in [0.0, 0.5, 1e-12, 1e12].into_iter().flat_map(losses) {
                let what = format!("own distance {own:e}, labels {:?}, {loss:?}", batch.labels);
                let Loss { radius, reduction } = loss;
                let expected = reference::loss(&truth, &batch.labels, n_classes, radius, reduction);
                let value = batch.forward(loss, &distmat);
                assert!(value.is_finite() || own.is_infinite(), "{what}");
                if expected.is_finite() {
                    assert_close(value, expected, expected, 1e-12, &what);
                } else {
                    assert_eq!(value.to_bits(), expected.to_bits(), "{what}");
                }
                let slope = reference::slope(&truth, &batch.labels, n_classes, radius, reduction);
                let slope: Vec<f32> = slope.iter().flatten().map(|&value| value as f32).collect();
                assert_same_bits(&batch.backward(loss, &distmat), &slope, &what);
            }
        }
    }
}

#[test]
fn values_that_are_not_finite_in_a_distance_matrix() {
    let batch = Batch::with_labels(vec![0, -1, 9, 3], 5, 1, 0);
    let distmat = vec![1.0; 20];
    for bad in [f32::NAN, f32::INFINITY] {
        for place in 0..distmat.len() {
            let mut distmat = distmat.clone();
            distmat[place] = bad;
            for loss in losses(0.25) {
                let truth = reference::matrix(&distmat, 5);
                let expected = reference::loss(&truth, &batch.labels, 5, loss.radius, loss.reduction);
                let value = batch.forward(loss, &distmat);
                let what = format!("{bad} at {place}, {loss:?}");
                if expected.is_finite() {
                    assert_close(value, expected, expected, 1e-12, &what);
                } else {
                    assert!(value.is_nan() == expected.is_nan() && !value.is_finite(), "{what}: {value}");
                }
                assert!(batch.backward(loss, &distmat).iter().all(|value| value.is_finite()), "{what}");
            }
        }
    }
}

#[test]
fn floors_and_ceilings_of_embeddings() {
    // Their squares lie on either side of the floor, the ceiling, the largest float32 and the farthest that pulls.
    for own in [0.0, 1e-7, 1e-5, 1.0, 3.2e5, 1e7, 1e20, 9e29, 1.1e30, 3e38] {
        for dim in [1, 4, 7, 1025] {
            let mut batch = Batch::with_labels(vec![0, 1, -1, 5, 1], 2, dim, 0);
            batch.centers.fill(0.0);
            batch.x.fill(0.0);
            batch.row_mut(1)[dim - 1] = own;
            batch.row_mut(0)[0] = 1.0;
            check_gradients(&batch, &format!("difference {own:e}, D = {dim}"));
            check_wen_step(&batch, &format!("difference {own:e}, D = {dim}"));
        }
    }
}

#[test]
fn evaluate_is_forward_of_the_distances() {
    for_every_shape(|batch, shape| {
        let distmat = batch.distances();
        for loss in losses(0.0) {
            let expected = batch.forward(loss, &distmat);
            assert_close(batch.evaluate(loss), expected, expected, 2.0 * TOLERANCE, format_args!("{shape}, {loss:?}"));
        }
    });
}

#[test]
fn batches_without_a_known_row_are_zero() {
    for labels in [vec![], vec![-1], vec![-1, -7, i32::MIN]] {
        let batch = Batch::with_labels(labels, 3, 5, 1);
        for loss in losses(0.0).into_iter().chain(losses(0.5)) {
            let distmat = batch.distances();
            assert_eq!(batch.forward(loss, &distmat).to_bits(), 0, "forward, {loss:?}");
            assert_eq!(batch.evaluate(loss).to_bits(), 0, "evaluate, {loss:?}");
            assert_same_bits(&batch.backward(loss, &distmat), &vec![0.0; distmat.len()], "backward");
            let grad = batch.gradients(loss, Form::Dense);
            assert_eq!(grad.loss.to_bits(), 0, "gradients, {loss:?}");
            assert_same_bits(&grad.x, &vec![0.0; batch.x.len()], "∂/∂x");
            assert_same_bits(&grad.centers, &vec![0.0; batch.centers.len()], "∂/∂centers");
            assert!(batch.gradients(loss, Form::Sparse).classes.is_empty());
            let step = batch.wen_step(loss, 0.5);
            assert_eq!(step.loss.to_bits(), 0, "step, {loss:?}");
            assert_same_bits(&step.centers, &batch.centers, "centers");
        }
    }
}

#[test]
fn rows_of_no_class_add_floors_and_count() {
    // Two known rows, one of no class: B = 2, and of the 2·3 entries all but one are floors.
    let mut batch = Batch::with_labels(vec![1, 3, -1], 3, 2, 1);
    batch.centers.fill(0.0);
    batch.x.copy_from_slice(&[3.0, 4.0, 50.0, 50.0, 70.0, 70.0]);
    let sum = 25.0 + 5.0 * reference::FLOOR;
    for (reduction, expected) in [
        (Reduction::Mean, sum / 6.0),
        (Reduction::Batch, sum / 2.0),
        (Reduction::Wen, 25.0 / 4.0),
        (Reduction::Sum, sum),
    ] {
        let value = batch.evaluate(Loss { radius: 0.0, reduction });
        assert_close(value, expected, expected, 1e-15, format_args!("{reduction:?}"));
    }
}

#[test]
fn a_known_row_of_no_class_makes_the_loss_nan_if_it_is_not_finite() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut batch = Batch::with_labels(vec![1, 3, -1], 3, 5, 1);
        let whole = batch.clone();
        batch.row_mut(1)[4] = bad;
        for loss in losses(0.0) {
            let (grad, step) = (batch.gradients(loss, Form::Dense), batch.wen_step(loss, 0.5));
            for value in [batch.evaluate(loss), batch.gradient(loss).0, grad.loss, step.loss] {
                assert!(value.is_nan(), "{bad}, {loss:?}: {value}");
            }
            assert!(batch.forward(loss, &batch.distances()).is_nan(), "forward, {bad}, {loss:?}");
            let expected = whole.gradients(loss, Form::Dense);
            assert_same_bits(&grad.x, &expected.x, "∂/∂x");
            assert_same_bits(&grad.centers, &expected.centers, "∂/∂centers");
            assert_same_bits(&step.centers, &whole.wen_step(loss, 0.5).centers, "centers");
        }
    }
}

#[test]
fn softmin_of_distances_that_are_far_or_not_finite() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    assert_same_bits(&softmin(&[5.0], 1), &[1.0], "one class");
    assert_same_bits(&softmin(&[3.0; 4], 4), &[0.25; 4], "equal distances");
    assert_same_bits(&softmin(&[inf, 2.0, inf, inf, inf], 5), &[0.0, 1.0, 0.0, 0.0, 0.0], "one finite distance");
    assert_same_bits(&softmin(&[1e30, 2e30, f32::MAX], 3), &[1.0, 0.0, 0.0], "far");
    assert_same_bits(&softmin(&[inf; 5], 5), &[nan; 5], "none finite");
    for place in 0..5 {
        let mut row = [1.0; 5];
        row[place] = nan;
        let mut two_rows = row.to_vec();
        two_rows.extend([0.0, inf, inf, inf, inf]);
        let expected = [nan, nan, nan, nan, nan, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_same_bits(&softmin(&two_rows, 5), &expected, format_args!("NaN at {place}, and the row after it"));
    }
    // Over the whole range where e⁻ᵈ is a float32, in steps that meet every remainder.
    for step in 0..106_000 {
        let distance = step as f32 * 1e-3;
        let [_, p] = softmin(&[0.0, distance], 2)[..] else { unreachable!() };
        let expected = reference::softmin(&[0.0, distance.into()])[1];
        let scale = expected.max(4.0 * f64::from(f32::from_bits(1)) / 1e-6);
        assert_close(p.into(), expected, scale, 1e-6, format_args!("distance {distance}"));
    }
}

#[test]
fn blocks_are_as_long_as_the_sweep_takes_them_for() {
    assert!(DIMS.contains(&(BLOCK_DIMS - 1)) && DIMS.contains(&BLOCK_DIMS) && DIMS.contains(&(BLOCK_DIMS + 1)));
    assert!(DIMS.contains(&(2 * BLOCK_DIMS + 1)) && DIMS.contains(&(LANES - 1)) && DIMS.contains(&(LANES + 1)));
}
