//! Losses that separate classes, and what trains with them: see [`crate::open_set::separation`].
#![allow(unsafe_code, reason = "the names that are exported")]

use super::{read_unless_null, write_unless_null};
use crate::boundary::{read, reduction_of, write};
use crate::open_set::cac::Cac;
use crate::open_set::contrastive_center::ContrastiveCenter;
use crate::open_set::cross_entropy as softmax;
use crate::open_set::deep_svdd::{Members, fit_radius};
use crate::open_set::island::{HalfSquared, repulsion};
use crate::open_set::separation::{Batch, Layout, Room, RowLoss, sweep};
use crate::open_set::triplet_center::TripletCenter;
use crate::open_set::weights::Weights;
use crate::shape::Rows;
use crate::vector::{Lanes, trap};

/// Bytes that [`separation`] wants as workspace.
#[unsafe(no_mangle)]
pub extern "C" fn separation_workspace_bytes(rows: usize, n_classes: usize, n_dim: usize) -> usize {
    Layout::new(rows, n_classes, n_dim).bytes
}

/// The loss and, unless their address is 0, ∂loss/∂x and ∂loss/∂centers. `parameter` is λ, δ, m or λ₁. A weight at
/// address 0 is 1 for all.
#[unsafe(no_mangle)]
pub extern "C" fn separation(
    kind: u32,
    parameter: f64,
    x: usize,
    labels: usize,
    rows: usize,
    centers: usize,
    n_classes: usize,
    n_dim: usize,
    reduction: u32,
    class_weight: usize,
    sample_weight: usize,
    grad_x: usize,
    grad_centers: usize,
    work: usize,
) -> f64 {
    let batch = Batch {
        x: Rows::new(read(x, rows * n_dim), n_dim),
        labels: read(labels, rows),
        centers: Rows::new(read(centers, n_classes * n_dim), n_dim),
        weights: Weights {
            class: read_unless_null(class_weight, n_classes),
            sample: read_unless_null(sample_weight, rows),
        },
        reduction: reduction_of(reduction),
    };
    let layout = Layout::new(rows, n_classes, n_dim);
    let part = |offset| work + offset;
    let mut room = Room {
        distances: write(part(layout.distances), layout.distances_len),
        of_rows: write(part(layout.of_rows), layout.of_rows_len),
        of_centers: write(part(layout.of_centers), layout.of_centers_len),
    };
    let grad_x = write_unless_null(grad_x, rows * n_dim);
    let grad_centers = write_unless_null(grad_centers, n_classes * n_dim);
    let (cac, contrastive) = (Cac { lambda: parameter }, ContrastiveCenter { delta: parameter });
    let (triplet, island) = (TripletCenter { margin: parameter }, HalfSquared);
    let loss: &dyn RowLoss = match kind {
        0 => &cac,
        1 => &contrastive,
        2 => &triplet,
        3 => &island,
        _ => trap(),
    };
    let of_rows = sweep::<Lanes>(loss, &batch, grad_x, grad_centers, &mut room);
    let sum = write(part(layout.sum), layout.sum_len);
    of_rows + if kind == 3 { repulsion::<Lanes>(parameter, &batch, sum, grad_centers) } else { 0.0 }
}

/// The softmax cross-entropy of logits [rows, n_classes] and its gradient. A weight at address 0 is 1 for all.
#[unsafe(no_mangle)]
pub extern "C" fn cross_entropy(
    logits: usize,
    labels: usize,
    rows: usize,
    n_classes: usize,
    class_weight: usize,
    sample_weight: usize,
    smoothing: f64,
    grad: usize,
) -> f64 {
    let weights =
        Weights { class: read_unless_null(class_weight, n_classes), sample: read_unless_null(sample_weight, rows) };
    let (logits, grad) = (Rows::new(read(logits, rows * n_classes), n_classes), write(grad, rows * n_classes));
    softmax::cross_entropy::<Lanes>(logits, read(labels, rows), weights, smoothing, grad)
}

/// softmax + λ·center, and λ·∂center/∂x in place of ∂center/∂x.
#[unsafe(no_mangle)]
pub extern "C" fn softmax_center(softmax: f64, center: f64, lambda: f64, grad_x: usize, len: usize) -> f64 {
    softmax::join(softmax, center, lambda, write(grad_x, len))
}

fn members<'a>(x: usize, labels: usize, rows: usize, n_dim: usize, sample_weight: usize) -> Members<'a> {
    Members {
        x: Rows::new(read(x, rows * n_dim), n_dim),
        labels: read_unless_null(labels, rows),
        sample_weight: read_unless_null(sample_weight, rows),
    }
}

/// The soft-boundary loss, its derivative by the radius as one 32-bit float and, unless its address is 0, that by x.
#[unsafe(no_mangle)]
pub extern "C" fn deep_svdd(
    x: usize,
    labels: usize,
    rows: usize,
    center: usize,
    n_dim: usize,
    sample_weight: usize,
    radius: f64,
    nu: f64,
    grad_x: usize,
    grad_radius: usize,
) -> f64 {
    let grad_x = write_unless_null(grad_x, rows * n_dim);
    let members = members(x, labels, rows, n_dim, sample_weight);
    members.soft_boundary::<Lanes>(read(center, n_dim), radius, nu, grad_x, write(grad_radius, 1))
}

/// Bytes that [`deep_svdd_center`] wants as workspace.
#[unsafe(no_mangle)]
pub extern "C" fn deep_svdd_workspace_bytes(n_dim: usize) -> usize {
    n_dim * size_of::<f64>()
}

/// The center, if there are rows, and their number.
#[unsafe(no_mangle)]
pub extern "C" fn deep_svdd_center(
    x: usize,
    labels: usize,
    rows: usize,
    n_dim: usize,
    sample_weight: usize,
    center: usize,
    work: usize,
) -> usize {
    members(x, labels, rows, n_dim, sample_weight).fit_center(write(work, n_dim), write(center, n_dim))
}

/// Distances of the rows of the class, and their number.
#[unsafe(no_mangle)]
pub extern "C" fn deep_svdd_distances(
    x: usize,
    labels: usize,
    rows: usize,
    center: usize,
    n_dim: usize,
    sample_weight: usize,
    distances: usize,
) -> usize {
    let members = members(x, labels, rows, n_dim, sample_weight);
    members.distances::<Lanes>(read(center, n_dim), write(distances, rows))
}

/// The radius from distances in ascending order.
#[unsafe(no_mangle)]
pub extern "C" fn deep_svdd_radius(sorted: usize, count: usize, nu: f64) -> f64 {
    fit_radius(read(sorted, count), nu)
}
