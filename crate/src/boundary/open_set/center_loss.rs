//! The loss of rows at their own centers and what belongs to it: see [`crate::open_set::single`].
//!
//! 0 for the address of weights says that there are none. The table `slots` and the workspace are those of the core
//! module: `init_slots` and `workspace_bytes` there.
#![allow(unsafe_code, reason = "the names that are exported")]

use super::{read_unless_null, write_unless_null};
use crate::boundary::{read, reduction_of, workspace, write};
use crate::center_gradient::{CenterGradient, Form};
use crate::loss::Labels;
use crate::open_set::class_weights::{Scheme, class_weights as weights_of_classes};
use crate::open_set::metric::Metric;
use crate::open_set::penalty::Penalty;
use crate::open_set::rules::Rule;
use crate::open_set::single::{ClassSums, Purpose, Single};
use crate::open_set::weights::{Weights, without_weightless};
use crate::open_set::{fingerprint as prints, half, matrix, radius, sgd as descent, single};
use crate::shape::Rows;
use crate::vector::{Lanes, trap};

pub(crate) fn metric_of(code: u32) -> Metric {
    match code {
        0 => Metric::SqEuclidean,
        1 => Metric::Euclidean,
        2 => Metric::Cosine,
        _ => trap(),
    }
}

fn penalty_of(code: u32) -> Penalty {
    match code {
        0 => Penalty::Hinge,
        1 => Penalty::HalfSquared,
        _ => trap(),
    }
}

fn rule_of(code: u32, rate: f64) -> Rule {
    match code {
        0 => Rule::Wen(rate),
        1 => Rule::Mean(rate),
        2 => Rule::Ema(rate),
        _ => trap(),
    }
}

#[inline(never)]
fn single_of<'a>(
    n_classes: usize,
    rows: usize,
    metric: u32,
    penalty: u32,
    reduction: u32,
    radii: usize,
    class_weight: usize,
    sample_weight: usize,
) -> Single<'a> {
    let weights =
        Weights { class: read_unless_null(class_weight, n_classes), sample: read_unless_null(sample_weight, rows) };
    Single {
        metric: metric_of(metric),
        penalty: penalty_of(penalty),
        reduction: reduction_of(reduction),
        radii: read(radii, n_classes),
        weights,
    }
}

/// The labels of the rows that have a weight, unknown for the others.
#[unsafe(no_mangle)]
pub extern "C" fn weighted_labels(labels: usize, sample_weight: usize, rows: usize, to: usize) {
    without_weightless(read(labels, rows), read(sample_weight, rows), write(to, rows));
}

/// The loss and, unless `grad_x` is 0, ∂loss/∂x.
#[unsafe(no_mangle)]
pub extern "C" fn single_gradient(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    metric: u32,
    penalty: u32,
    reduction: u32,
    radii: usize,
    class_weight: usize,
    sample_weight: usize,
    grad_x: usize,
) -> f64 {
    let single = single_of(n_classes, rows, metric, penalty, reduction, radii, class_weight, sample_weight);
    single.sweep::<Lanes>(
        Rows::new(read(x, rows * n_dim), n_dim),
        read(labels, rows),
        write(centers, n_classes * n_dim),
        write_unless_null(grad_x, rows * n_dim),
        None,
    )
}

/// The loss, ∂loss/∂x and ∂loss/∂centers; the latter as the core's `gradients` writes them.
#[unsafe(no_mangle)]
pub extern "C" fn single_gradients(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    metric: u32,
    penalty: u32,
    reduction: u32,
    radii: usize,
    class_weight: usize,
    sample_weight: usize,
    grad_x: usize,
    grad_centers: usize,
    touched: usize,
    dense: u32,
    slots: usize,
    work: usize,
) -> f64 {
    let labels = read(labels, rows);
    let (mut groups, mut sums, _) = workspace(work, labels, n_dim, write(slots, n_classes));
    let form = if dense == 1 { Form::Dense } else { Form::Touched };
    let grad_rows = form.rows(rows, n_classes);
    let (rows_out, touched) = (write(grad_centers, grad_rows * n_dim), write(touched, grad_rows + 1));
    let mut gradient = CenterGradient::new(form, rows_out, touched, n_dim, &groups);
    let purpose = Purpose::Gradient(&mut gradient);
    let single = single_of(n_classes, rows, metric, penalty, reduction, radii, class_weight, sample_weight);
    single.sweep::<Lanes>(
        Rows::new(read(x, rows * n_dim), n_dim),
        labels,
        write(centers, n_classes * n_dim),
        write(grad_x, rows * n_dim),
        Some(ClassSums { groups: &mut groups, sums: &mut sums, purpose }),
    )
}

/// The loss and, unless `grad_x` is 0, ∂loss/∂x; then the centers move by an averaging rule, and `counts` grow by the
/// rows that moved them.
#[unsafe(no_mangle)]
pub extern "C" fn single_step(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    metric: u32,
    penalty: u32,
    reduction: u32,
    radii: usize,
    class_weight: usize,
    sample_weight: usize,
    grad_x: usize,
    rule: u32,
    rate: f64,
    counts: usize,
    slots: usize,
    work: usize,
) -> f64 {
    let labels = read(labels, rows);
    let (mut groups, mut sums, sum) = workspace(work, labels, n_dim, write(slots, n_classes));
    let purpose = Purpose::Update { rule: rule_of(rule, rate), sum, counts: write(counts, n_classes) };
    let single = single_of(n_classes, rows, metric, penalty, reduction, radii, class_weight, sample_weight);
    single.sweep::<Lanes>(
        Rows::new(read(x, rows * n_dim), n_dim),
        labels,
        write(centers, n_classes * n_dim),
        write_unless_null(grad_x, rows * n_dim),
        Some(ClassSums { groups: &mut groups, sums: &mut sums, purpose }),
    )
}

/// `counts` grow by the rows that a step with these centers moves them by.
#[unsafe(no_mangle)]
pub extern "C" fn count_rows(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    metric: u32,
    counts: usize,
) {
    let labels = Labels::new(read(labels, rows), n_classes);
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    single::count_rows::<Lanes>(metric_of(metric), x, &labels, centers, write(counts, n_classes));
}

/// Stochastic gradient descent of `len` values; 0 for `velocity`: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn sgd(centers: usize, gradient: usize, velocity: usize, len: usize, rate: f64, momentum: f64) {
    descent::sgd::<Lanes>(write(centers, len), read(gradient, len), write_unless_null(velocity, len), rate, momentum);
}

/// The distances of the rows to their own centers, by class; `of_row` is room for one a row.
#[unsafe(no_mangle)]
pub extern "C" fn own_distances(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    metric: u32,
    of_row: usize,
    ends: usize,
    by_class: usize,
) {
    let labels = Labels::new(read(labels, rows), n_classes);
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    let (of_row, ends, by_class) = (write(of_row, rows), write(ends, n_classes), write(by_class, rows));
    radius::own_distances::<Lanes>(metric_of(metric), x, &labels, centers, of_row, ends, by_class);
}

/// Radii from distances by class that are sorted.
#[unsafe(no_mangle)]
pub extern "C" fn radius_quantiles(
    by_class: usize,
    rows: usize,
    ends: usize,
    n_classes: usize,
    quantile: f64,
    radii: usize,
) {
    radius::quantiles(read(by_class, rows), read(ends, n_classes), quantile, write(radii, n_classes));
}

/// Weights of classes from their rows; `counts` is room for one a class.
#[unsafe(no_mangle)]
pub extern "C" fn class_weights(
    labels: usize,
    rows: usize,
    scheme: u32,
    beta: f64,
    counts: usize,
    n_classes: usize,
    weights: usize,
) {
    let scheme = match scheme {
        0 => Scheme::Balanced,
        1 => Scheme::EffectiveNumber(beta),
        _ => trap(),
    };
    weights_of_classes(read(labels, rows), scheme, write(counts, n_classes), write(weights, n_classes));
}

/// Bytes that [`metric_distances`] wants as workspace.
#[unsafe(no_mangle)]
pub extern "C" fn metric_workspace_bytes(metric: u32, rows: usize, n_classes: usize, n_dim: usize) -> usize {
    matrix::room_values(metric_of(metric), rows, n_classes, n_dim) * size_of::<f32>()
}

/// Distances [rows, n_classes].
#[unsafe(no_mangle)]
pub extern "C" fn metric_distances(
    metric: u32,
    x: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    distmat: usize,
    work: usize,
) {
    let metric = metric_of(metric);
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    let room = write(work, matrix::room_values(metric, rows, n_classes, n_dim));
    matrix::distances::<Lanes>(metric, x, centers, room, write(distmat, rows * n_classes));
}

/// binary64 to binary16.
#[unsafe(no_mangle)]
pub extern "C" fn to_float16(values: usize, len: usize, bits: usize) {
    half::narrow(read(values, len), write(bits, len));
}

/// binary16 to binary32.
#[unsafe(no_mangle)]
pub extern "C" fn from_float16(bits: usize, len: usize, values: usize) {
    half::widen::<Lanes>(read(bits, len), write(values, len));
}

/// A number that changes with any of the values.
#[unsafe(no_mangle)]
pub extern "C" fn fingerprint(values: usize, len: usize) -> u32 {
    prints::fingerprint(read(values, len))
}
