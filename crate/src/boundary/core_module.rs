//! The functions of the core module. `src/kernels.ts` declares them for TypeScript, in this order.
#![allow(unsafe_code, reason = "the names that are exported")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a seed is a whole number below 2^53")]

use super::{read, reduction_of, workspace, write};
use crate::center_gradient::{CenterGradient, Form};
use crate::groups::NONE;
use crate::loss::{Labels, Loss};
use crate::shape::Rows;
use crate::vector::Lanes;
use crate::workspace::Layout;
use crate::{distance, init, predict as nearest, softmin as probability, update};

fn loss_of(radius: f64, reduction: u32) -> Loss {
    Loss { radius, reduction: reduction_of(reduction) }
}

/// Bytes that [`gradients`] and [`step`] want as workspace.
#[unsafe(no_mangle)]
pub extern "C" fn workspace_bytes(rows: usize, n_classes: usize, n_dim: usize) -> usize {
    Layout::new(rows, n_classes, n_dim).bytes
}

/// Fills the table that [`gradients`] and [`step`] use to find the rows of a class: one 32-bit entry a class.
#[unsafe(no_mangle)]
pub extern "C" fn init_slots(slots: usize, n_classes: usize) {
    write(slots, n_classes).fill(NONE);
}

/// The loss from a distance matrix [rows, n_classes].
#[unsafe(no_mangle)]
pub extern "C" fn forward(
    distmat: usize,
    labels: usize,
    rows: usize,
    n_classes: usize,
    radius: f64,
    reduction: u32,
) -> f64 {
    let labels = Labels::new(read(labels, rows), n_classes);
    loss_of(radius, reduction).forward::<Lanes>(Rows::new(read(distmat, rows * n_classes), n_classes), &labels)
}

/// ∂loss/∂distmat.
#[unsafe(no_mangle)]
pub extern "C" fn backward(
    distmat: usize,
    labels: usize,
    rows: usize,
    n_classes: usize,
    radius: f64,
    reduction: u32,
    grad: usize,
) {
    let labels = Labels::new(read(labels, rows), n_classes);
    let distmat = Rows::new(read(distmat, rows * n_classes), n_classes);
    loss_of(radius, reduction).backward(distmat, &labels, write(grad, rows * n_classes));
}

/// The loss from embeddings and, unless `grad_x` is 0, ∂loss/∂x.
#[unsafe(no_mangle)]
pub extern "C" fn gradient(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    radius: f64,
    reduction: u32,
    grad_x: usize,
) -> f64 {
    let labels = Labels::new(read(labels, rows), n_classes);
    let centers = write(centers, n_classes * n_dim);
    let x = Rows::new(read(x, rows * n_dim), n_dim);
    let grad = if grad_x == 0 { &mut [] } else { write(grad_x, rows * n_dim) };
    loss_of(radius, reduction).gradient::<Lanes>(x, &labels, centers, grad)
}

/// The loss, ∂loss/∂x and ∂loss/∂centers.
///
/// `touched` becomes a list of 32-bit numbers, its length first: the classes in the batch. With `dense`, `grad_centers`
/// is [n_classes, n_dim]; else their gradients stand in it one after the other.
#[unsafe(no_mangle)]
pub extern "C" fn gradients(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    radius: f64,
    reduction: u32,
    grad_x: usize,
    grad_centers: usize,
    touched: usize,
    dense: u32,
    slots: usize,
    work: usize,
) -> f64 {
    let label_values = read(labels, rows);
    let (mut groups, mut sums, _) = workspace(work, label_values, n_dim, write(slots, n_classes));
    let form = if dense == 1 { Form::Dense } else { Form::Touched };
    let grad_rows = form.rows(rows, n_classes);
    let (rows_out, touched) = (write(grad_centers, grad_rows * n_dim), write(touched, grad_rows + 1));
    let mut grad_centers = CenterGradient::new(form, rows_out, touched, n_dim, &groups);
    loss_of(radius, reduction).gradients::<Lanes>(
        Rows::new(read(x, rows * n_dim), n_dim),
        &Labels::new(label_values, n_classes),
        write(centers, n_classes * n_dim),
        &mut groups,
        write(grad_x, rows * n_dim),
        &mut sums,
        &mut grad_centers,
    )
}

/// The loss and ∂loss/∂x, then the center update of Wen et al. with rate `alpha`.
#[unsafe(no_mangle)]
pub extern "C" fn wen_step(
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    radius: f64,
    reduction: u32,
    grad_x: usize,
    alpha: f64,
    slots: usize,
    work: usize,
) -> f64 {
    let label_values = read(labels, rows);
    let (mut groups, mut sums, sum) = workspace(work, label_values, n_dim, write(slots, n_classes));
    update::wen_step::<Lanes>(
        loss_of(radius, reduction),
        alpha,
        Rows::new(read(x, rows * n_dim), n_dim),
        &Labels::new(label_values, n_classes),
        write(centers, n_classes * n_dim),
        &mut groups,
        write(grad_x, rows * n_dim),
        &mut sums,
        sum,
    )
}

/// Bytes that [`distances`] and [`predict`] want as workspace.
#[unsafe(no_mangle)]
pub extern "C" fn distances_workspace_bytes(rows: usize, n_classes: usize, n_dim: usize) -> usize {
    nearest::room_values(rows, n_classes, n_dim) * size_of::<f32>()
}

/// Squared distances [rows, n_classes].
#[unsafe(no_mangle)]
pub extern "C" fn distances(
    x: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    distmat: usize,
    work: usize,
) {
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    let room = write(work, nearest::room_values(rows, n_classes, n_dim));
    distance::distances::<Lanes>(x, centers, room, write(distmat, rows * n_classes));
}

/// The nearest class of each row.
#[unsafe(no_mangle)]
pub extern "C" fn predict(
    x: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    classes: usize,
    work: usize,
) {
    let (x, centers) = (Rows::new(read(x, rows * n_dim), n_dim), Rows::new(read(centers, n_classes * n_dim), n_dim));
    let room = write(work, nearest::room_values(rows, n_classes, n_dim));
    nearest::predict::<Lanes>(x, centers, room, write(classes, rows));
}

/// Squared distances to softmin probabilities, in place.
#[unsafe(no_mangle)]
pub extern "C" fn softmin(distmat: usize, rows: usize, n_classes: usize) {
    probability::softmin::<Lanes>(write(distmat, rows * n_classes), n_classes);
}

/// Standard normal centers.
#[unsafe(no_mangle)]
pub extern "C" fn init_normal(centers: usize, n_classes: usize, n_dim: usize, seed: f64) {
    init::normal(write(centers, n_classes * n_dim), seed as u64);
}

/// Orthogonal centers.
#[unsafe(no_mangle)]
pub extern "C" fn init_orthogonal(centers: usize, n_classes: usize, n_dim: usize, seed: f64) {
    init::orthogonal(write(centers, n_classes * n_dim), n_classes, n_dim, seed as u64);
}

/// Unit vectors as centers.
#[unsafe(no_mangle)]
pub extern "C" fn init_unit_vectors(centers: usize, n_classes: usize, n_dim: usize) {
    init::unit_vectors(write(centers, n_classes * n_dim), n_dim);
}

/// centers ← magnitude · centers
#[unsafe(no_mangle)]
pub extern "C" fn scale(centers: usize, n_classes: usize, n_dim: usize, magnitude: f64) {
    init::scale(write(centers, n_classes * n_dim), magnitude);
}
