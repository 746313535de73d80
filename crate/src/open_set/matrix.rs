//! Rows × centers in any metric, by the kernels of the squared distance.
//!
//! ‖u − v‖² of unit vectors is twice 1 − cos. Made unit vectors in `f32`, rows and centers are off by a rounding each,
//! which moves d = 1 − cos by at most 3·10⁻⁷·√d. A zero vector becomes a unit vector in a dimension of its own, so that
//! it is at 1 from all others.

use crate::distance;
use crate::open_set::metric::{Metric, products};
use crate::predict;
use crate::shape::{Rows, part, part_mut};
use crate::vector::{LANES, Vector, sqrt};

/// Dimensions beyond those of the rows: for rows that are 0, and for centers that are.
const BEYOND: usize = 2;

fn unit_dim(dim: usize) -> usize {
    (dim + BEYOND).next_multiple_of(LANES)
}

/// `f32` values of room that [`distances`] and [`predict`] want.
#[must_use]
pub fn room_values(metric: Metric, rows: usize, n_classes: usize, dim: usize) -> usize {
    if metric == Metric::Cosine {
        let dim = unit_dim(dim);
        (rows + n_classes) * dim + predict::room_values(rows, n_classes, dim)
    } else {
        predict::room_values(rows, n_classes, dim)
    }
}

/// distmat[i, j] = d(x_i, c_j) by the metric; NaN where a value is not finite.
#[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
pub fn distances<V: Vector>(metric: Metric, x: Rows, centers: Rows, room: &mut [f32], distmat: &mut [f32]) {
    with_squared(metric, x, centers, room, &mut |x, centers, room| {
        distance::distances::<V>(x, centers, room, distmat);
    });
    match metric {
        Metric::SqEuclidean => {}
        Metric::Euclidean => distmat.iter_mut().for_each(|value| *value = sqrt(f64::from(*value)) as f32),
        Metric::Cosine => distmat.iter_mut().for_each(|value| *value *= 0.5),
    }
}

/// argmin_j d(x_i, c_j), the lowest j among equals (of the squared distance, of which the root keeps the order);
/// [`predict::NO_CLASS`] for a row with no finite distance.
pub fn predict<V: Vector>(metric: Metric, x: Rows, centers: Rows, room: &mut [f32], classes: &mut [i32]) {
    with_squared(metric, x, centers, room, &mut |x, centers, room| {
        predict::predict::<V>(x, centers, room, classes);
    });
}

/// Calls a kernel of the squared distance with the rows of which it gives the metric's.
#[inline(never)]
fn with_squared(
    metric: Metric,
    x: Rows,
    centers: Rows,
    room: &mut [f32],
    kernel: &mut dyn FnMut(Rows, Rows, &mut [f32]),
) {
    if metric != Metric::Cosine {
        return kernel(x, centers, room);
    }
    let dim = unit_dim(x.dim());
    let (of_x, of_centers) = (x.count() * dim, centers.count() * dim);
    let rest = room.len() - of_x - of_centers;
    unit_vectors(x, part_mut(room, 0, of_x), 0);
    unit_vectors(centers, part_mut(room, of_x, of_centers), 1);
    let Some((units, room)) = room.split_at_mut_checked(of_x + of_centers) else { crate::vector::trap() };
    let (x, centers) = (Rows::new(part(units, 0, of_x), dim), Rows::new(part(units, of_x, of_centers), dim));
    kernel(x, centers, part_mut(room, 0, rest));
}

/// x/‖x‖ and zeros beyond, but for 0 a one there.
#[allow(clippy::cast_possible_truncation, reason = "unit vectors are float32")]
fn unit_vectors(rows: Rows, to: &mut [f32], place_of_zero: usize) {
    let dim = rows.dim();
    to.fill(0.0);
    for (row, to) in to.chunks_exact_mut(unit_dim(dim)).enumerate() {
        let row = rows.row(row);
        let length = sqrt(products(row, row)[0]);
        let (unit, beyond) = to.split_at_mut(dim);
        if length == 0.0 {
            beyond[place_of_zero] = 1.0;
            continue;
        }
        for (unit, value) in unit.iter_mut().zip(row) {
            *unit = (f64::from(*value) / length) as f32;
        }
    }
}
