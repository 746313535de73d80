//! The kernels' gradients against finite differences of the reference's loss, which knows nothing of derivatives.

mod common;
mod reference;

use center_loss::loss::reduction::Loss;
use center_loss::update::center_gradient::Form;
use common::{Batch, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, losses, radius_between};
use reference::Matrix;

/// The loss is quadratic between its kinks, so that a central difference has no error but rounding: the step need not
/// be small, only too short to reach a kink.
const STEP: f64 = 1.0 / 4096.0;

/// What rounding makes of a central difference: the losses here are below 10³, 10³ · 10⁻¹⁶ / `STEP`.
const ROUNDING: f64 = 1e-9;

const SHAPES: [(usize, usize, usize); 6] = [(1, 1, 1), (3, 2, 5), (9, 4, 7), (20, 5, 17), (6, 3, 33), (70, 2, 3)];

/// ∂f/∂m_ik = (f(m_ik + h) − f(m_ik − h)) / 2h
fn differences(at: &Matrix, f: impl Fn(&Matrix) -> f64) -> Matrix {
    let mut moved = at.clone();
    let mut slope = at.clone();
    for i in 0..at.len() {
        for k in 0..at[i].len() {
            let mut value_at = |step: f64| {
                moved[i][k] = at[i][k] + step;
                f(&moved)
            };
            slope[i][k] = (value_at(STEP) - value_at(-STEP)) / (2.0 * STEP);
            moved[i][k] = at[i][k];
        }
    }
    slope
}

/// |slope| and what rounding may add, as a scale for [`TOLERANCE`].
fn scale(terms: &Matrix) -> Matrix {
    terms.iter().map(|row| row.iter().map(|term| term.abs() + ROUNDING / TOLERANCE).collect()).collect()
}

/// Every shape, with every reduction, without a radius and with one that some rows are within.
fn for_every_loss(mut check: impl FnMut(&Batch, Loss, &str)) {
    for (rows, n_classes, dim) in SHAPES {
        let batch = Batch::random(rows, n_classes, dim, 2);
        let distmat = reference::distances(
            &reference::matrix(&batch.x, dim), //
            &reference::matrix(&batch.centers, dim),
        );
        let own = reference::own_distances(&distmat, &batch.labels, n_classes);
        for loss in losses(0.0).into_iter().chain(losses(radius_between(&own))) {
            check(&batch, loss, &format!("B = {rows}, C = {n_classes}, D = {dim}, {loss:?}"));
        }
    }
}

#[test]
fn gradients_are_the_slope_of_the_loss() {
    for_every_loss(|batch, Loss { radius, reduction }, what| {
        let n_classes = batch.n_classes();
        let (x, centers) = (reference::matrix(&batch.x, batch.dim), reference::matrix(&batch.centers, batch.dim));
        let value = |x: &Matrix, centers: &Matrix| {
            reference::loss(&reference::distances(x, centers), &batch.labels, n_classes, radius, reduction)
        };
        let of_x = differences(&x, |x| value(x, &centers));
        let of_centers = differences(&centers, |centers| value(&x, centers));

        let grad = batch.gradients(Loss { radius, reduction }, Form::Dense);
        assert_matrix_close(&grad.x, &of_x, &scale(&of_x), TOLERANCE, format_args!("∂/∂x, {what}"));
        // The slope at a center is a sum over rows that may cancel: its scale is the sum of the absolute slopes there.
        let mut terms = reference::zeros(n_classes, batch.dim);
        for (label, row) in batch.labels.iter().zip(&of_x) {
            if let Some(terms) = usize::try_from(*label).ok().and_then(|class| terms.get_mut(class)) {
                terms.iter_mut().zip(row).for_each(|(term, value)| *term += value.abs());
            }
        }
        let name = format_args!("∂/∂centers, {what}").to_string();
        assert_matrix_close(&grad.centers, &of_centers, &scale(&terms), TOLERANCE, name);
    });
}

#[test]
fn backward_is_the_slope_over_distances() {
    for_every_loss(|batch, loss, what| {
        let distmat = batch.distances();
        let slope = differences(&reference::matrix(&distmat, batch.n_classes()), |distmat| {
            reference::loss(distmat, &batch.labels, batch.n_classes(), loss.radius, loss.reduction)
        });
        // A row that is its own center is on the kink, where the one-sided slopes differ; the gradient there is 0.
        let expected: Matrix = slope
            .iter()
            .zip(distmat.chunks(batch.n_classes()))
            .map(|(row, distances)| {
                row.iter().zip(distances).map(|(slope, d)| if *d == 0.0 { 0.0 } else { *slope }).collect()
            })
            .collect();
        assert_matrix_close(&batch.backward(loss, &distmat), &expected, &scale(&expected), TOLERANCE, what);
    });
}

#[test]
fn centers_are_pulled_as_rows_are_the_other_way() {
    for_every_loss(|batch, loss, what| {
        let grad = batch.gradients(loss, Form::Dense);
        for (class, centers) in (0..).zip(grad.centers.chunks(batch.dim)) {
            let rows: Vec<usize> = (0..batch.rows()).filter(|&row| batch.labels[row] == class).collect();
            for (k, &value) in centers.iter().enumerate() {
                let terms: Vec<f64> = rows.iter().map(|&row| f64::from(grad.x[row * batch.dim + k])).collect();
                let scale = terms.iter().map(|term| term.abs()).sum();
                let sum: f64 = terms.iter().sum();
                assert_close(value.into(), -sum, scale, TOLERANCE, format_args!("center {class}, value {k}, {what}"));
            }
            if let [row] = rows[..] {
                let opposite: Vec<f32> =
                    grad.x[row * batch.dim..][..batch.dim].iter().map(|value| 0.0 - value).collect();
                let centers: Vec<f32> = centers.iter().map(|value| 0.0 + value).collect();
                assert_same_bits(&centers, &opposite, format_args!("the one row of class {class}, {what}"));
            }
        }
    });
}
