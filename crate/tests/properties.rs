//! What holds for every batch, checked on random ones; proptest shrinks the batch that breaks it.
#![allow(clippy::cast_possible_truncation, reason = "drawn values become float32 inputs")]
#![allow(clippy::cast_precision_loss, reason = "drawn numbers are below 2²⁴")]

mod common;

use center_loss::loss::reduction::{Loss, Reduction};
use center_loss::rows::shape::class_of;
use center_loss::update::center_gradient::Form;
use common::{Batch, REDUCTIONS, TOLERANCE, assert_close, assert_same_bits, softmin};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A float64 sum in another order.
const REORDERED: f64 = 1e-12;

/// Up to 140 rows, so that runs of 64 of one class happen where there are few classes. Labels from −2 to C + 1.
fn batches() -> impl Strategy<Value = Batch> {
    (1_usize..=12, 1_usize..=40, any::<u64>()).prop_flat_map(|(n_classes, dim, seed)| {
        let label = -2..=i32::try_from(n_classes).expect("few classes") + 1;
        vec(label, 0..=140).prop_map(move |labels| Batch::with_labels(labels, n_classes, dim, seed))
    })
}

/// A batch and its rows in another order.
fn shuffled() -> impl Strategy<Value = (Batch, Vec<usize>)> {
    batches().prop_flat_map(|batch| {
        let rows: Vec<usize> = (0..batch.rows()).collect();
        (Just(batch), Just(rows).prop_shuffle())
    })
}

fn any_loss() -> impl Strategy<Value = Loss> {
    let radius = prop_oneof![Just(0.0), 0.0..60.0];
    (radius, select(&REDUCTIONS)).prop_map(|(radius, reduction)| Loss { radius, reduction })
}

/// Center gradients of the same rows, added up in another order or in parts: relative to the sum of the absolute terms.
fn assert_same_sums(batch: &Batch, actual: &[f32], expected: &[f32], grad_x: &[f32], what: &str) {
    let mut terms = vec![0.0; batch.centers.len()];
    for (row, &label) in batch.labels.iter().enumerate() {
        let Some(class) = class_of(label, batch.n_classes()) else { continue };
        for k in 0..batch.dim {
            terms[class * batch.dim + k] += f64::from(grad_x[row * batch.dim + k]).abs();
        }
    }
    for (place, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let what = format_args!("{what}, value {place}").to_string();
        assert_close((*actual).into(), (*expected).into(), terms[place], TOLERANCE, what);
    }
}

fn rows_where(batch: &Batch, keep: impl Fn(i32) -> bool) -> Vec<usize> {
    (0..batch.rows()).filter(|&row| keep(batch.labels[row])).collect()
}

fn gather(values: &[f32], rows: &[usize], dim: usize) -> Vec<f32> {
    rows.iter().flat_map(|&row| &values[row * dim..][..dim]).copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whole numbers below 2²⁴ have exact differences, so that not even a rounding may change.
    #[test]
    fn nothing_changes_when_rows_and_centers_move_together(
        batch in batches(), loss in any_loss(), shifts in vec(-1_000_000..=1_000_000_i32, 40)
    ) {
        let mut batch = batch;
        for value in batch.x.iter_mut().chain(&mut batch.centers) {
            // + 0: the difference of −0 and 0 is −0, and a shift ends that.
            *value = (*value * 100.0).round() + 0.0;
        }
        let mut moved = batch.clone();
        for row in moved.x.chunks_mut(batch.dim).chain(moved.centers.chunks_mut(batch.dim)) {
            for (value, &shift) in row.iter_mut().zip(&shifts) {
                *value += shift as f32;
            }
        }
        assert_same_bits(&moved.distances(), &batch.distances(), "distances");
        prop_assert_eq!(moved.predict(), batch.predict());
        prop_assert_eq!(moved.evaluate(loss).to_bits(), batch.evaluate(loss).to_bits());
        let (grad, expected) = (moved.gradients(loss, Form::Dense), batch.gradients(loss, Form::Dense));
        prop_assert_eq!(grad.loss.to_bits(), expected.loss.to_bits());
        assert_same_bits(&grad.x, &expected.x, "∂/∂x");
        assert_same_bits(&grad.centers, &expected.centers, "∂/∂centers");
        let (step, expected) = (moved.wen_step(loss, 0.5), batch.wen_step(loss, 0.5));
        assert_same_bits(&step.x, &expected.x, "∂/∂x of step");
        for (place, (after, expected)) in step.centers.iter().zip(&expected.centers).enumerate() {
            let shift = f64::from(shifts[place % batch.dim]);
            // The moved center is rounded at the magnitude that it has there.
            let scale = 1.0 + f64::from(*after).abs() + f64::from(*expected).abs();
            assert_close(f64::from(*after) - shift, (*expected).into(), scale, 1e-6, format_args!("center value {place}"));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter((batch, order) in shuffled(), loss in any_loss()) {
        let other = batch.select(&order);
        let (grad, expected) = (other.gradients(loss, Form::Dense), batch.gradients(loss, Form::Dense));
        assert_close(grad.loss, expected.loss, expected.loss, REORDERED, "loss");
        let value = batch.evaluate(loss);
        assert_close(other.evaluate(loss), value, value, REORDERED, "evaluate");
        assert_same_bits(&grad.x, &gather(&expected.x, &order, batch.dim), "∂/∂x");
        assert_same_sums(&batch, &grad.centers, &expected.centers, &expected.x, "∂/∂centers");
        let (step, expected) = (other.wen_step(loss, 0.5), batch.wen_step(loss, 0.5));
        for (place, (after, expected)) in step.centers.iter().zip(&expected.centers).enumerate() {
            // An average of rows and a center, all below 6.
            assert_close((*after).into(), (*expected).into(), 6.0, TOLERANCE, format_args!("center value {place}"));
        }
    }

    #[test]
    fn the_sum_over_parts_is_the_sum_over_all(batch in batches(), radius in 0.0..60.0, cut in 0.0..=1.0) {
        let loss = Loss { radius, reduction: Reduction::Sum };
        let rows: Vec<usize> = (0..batch.rows()).collect();
        #[allow(clippy::cast_sign_loss, reason = "a share of a few rows")]
        let (first, second) = rows.split_at((cut * rows.len() as f64) as usize);
        let parts = [first, second].map(|rows| batch.select(rows));
        let of_parts = parts.each_ref().map(|part| part.gradients(loss, Form::Dense));
        let whole = batch.gradients(loss, Form::Dense);
        assert_close(of_parts[0].loss + of_parts[1].loss, whole.loss, whole.loss, REORDERED, "loss");
        let value = batch.evaluate(loss);
        assert_close(parts.iter().map(|part| part.evaluate(loss)).sum(), value, value, REORDERED, "evaluate");
        assert_same_bits(&of_parts.each_ref().map(|part| &part.x[..]).concat(), &whole.x, "∂/∂x");
        let sums: Vec<f32> = of_parts[0].centers.iter().zip(&of_parts[1].centers).map(|(a, b)| a + b).collect();
        assert_same_sums(&batch, &sums, &whole.centers, &whole.x, "∂/∂centers");
    }

    #[test]
    fn touched_rows_are_the_dense_ones(batch in batches(), loss in any_loss()) {
        let (touched, dense) = (batch.gradients(loss, Form::Sparse), batch.gradients(loss, Form::Dense));
        prop_assert_eq!(touched.loss.to_bits(), dense.loss.to_bits());
        assert_same_bits(&touched.x, &dense.x, "∂/∂x");
        let mut spread = vec![0.0; batch.centers.len()];
        for (row, &class) in touched.centers.chunks(batch.dim).zip(&touched.classes) {
            spread[class as usize * batch.dim..][..batch.dim].copy_from_slice(row);
        }
        assert_same_bits(&spread, &dense.centers, "∂/∂centers");
        let mut classes = touched.classes.clone();
        classes.sort_unstable();
        classes.dedup();
        prop_assert_eq!(classes.len(), touched.classes.len(), "a class comes once");
    }

    #[test]
    fn unknown_rows_are_as_if_they_were_not_there(batch in batches(), loss in any_loss()) {
        let known = rows_where(&batch, |label| label >= 0);
        let filtered = batch.select(&known);
        let distmat = batch.distances();
        prop_assert_eq!(filtered.evaluate(loss).to_bits(), batch.evaluate(loss).to_bits());
        prop_assert_eq!(
            filtered.forward(loss, &filtered.distances()).to_bits(),
            batch.forward(loss, &distmat).to_bits()
        );
        let slope = gather(&batch.backward(loss, &distmat), &known, batch.n_classes());
        assert_same_bits(&filtered.backward(loss, &filtered.distances()), &slope, "backward");
        let (grad, expected) = (filtered.gradients(loss, Form::Dense), batch.gradients(loss, Form::Dense));
        prop_assert_eq!(grad.loss.to_bits(), expected.loss.to_bits());
        assert_same_bits(&grad.x, &gather(&expected.x, &known, batch.dim), "∂/∂x");
        assert_same_bits(&grad.centers, &expected.centers, "∂/∂centers");
        let unknown = gather(&expected.x, &rows_where(&batch, |label| label < 0), batch.dim);
        prop_assert!(unknown.iter().all(|value| value.to_bits() == 0), "unknown rows have no gradient");
        let (step, expected) = (filtered.wen_step(loss, 0.5), batch.wen_step(loss, 0.5));
        prop_assert_eq!(step.loss.to_bits(), expected.loss.to_bits());
        assert_same_bits(&step.centers, &expected.centers, "centers");
    }

    #[test]
    fn every_way_to_the_loss_gives_one_loss(batch in batches(), loss in any_loss()) {
        let value = batch.evaluate(loss);
        let (of_gradient, grad_x) = batch.gradient(loss);
        let (grad, step) = (batch.gradients(loss, Form::Dense), batch.wen_step(loss, 0.5));
        for (other, what) in [(of_gradient, "gradient"), (grad.loss, "gradients"), (step.loss, "step")] {
            assert_close(other, value, value, REORDERED, what);
        }
        assert_same_bits(&grad.x, &grad_x, "gradients");
        assert_same_bits(&step.x, &grad_x, "step");
    }

    #[test]
    fn probabilities_sum_to_one_and_fall_with_distance(batch in batches(), spread in 0.01..3.0_f32) {
        let distmat: Vec<f32> = batch.distances().iter().map(|distance| distance * spread).collect();
        let probabilities = softmin(&distmat, batch.n_classes());
        for (distances, row) in distmat.chunks(batch.n_classes()).zip(probabilities.chunks(batch.n_classes())) {
            assert_close(row.iter().map(|&p| f64::from(p)).sum(), 1.0, 1.0, 1e-6, "sum");
            for (d, p) in distances.iter().zip(row) {
                for (other_d, other_p) in distances.iter().zip(row) {
                    prop_assert!(d > other_d || p >= other_p, "{d} has {p}, {other_d} has {other_p}");
                }
            }
        }
    }

    #[test]
    fn the_prediction_is_the_lowest_of_the_nearest(batch in batches()) {
        let classes = batch.predict();
        for (distances, class) in batch.distances().chunks(batch.n_classes()).zip(classes) {
            let class = usize::try_from(class).expect("a class");
            prop_assert!(distances[..class].iter().all(|distance| *distance > distances[class]));
            prop_assert!(distances[class..].iter().all(|distance| *distance >= distances[class]));
        }
    }
}
