//! The nearest center of each row.

use crate::distance::blocked::for_each_block;
use crate::distance::gemm;
use crate::distance::partial_search;
use crate::rows::shape::{Rows, at_mut, part_mut};
use crate::simd::vector::{LANES, Vector};

/// What stands for the class of a row that has no finite distance.
pub const NO_CLASS: i32 = -1;

/// Rows that keep their running minimum on the stack while the centers pass.
const ROWS_AT_ONCE: usize = 64;

/// Float32 values of room that [`predict`] wants, which are enough for the distances, too.
#[must_use]
pub fn room_values(rows: usize, n_classes: usize, dim: usize) -> usize {
    if partial_search::pays(rows, n_classes, dim) {
        partial_search::room_lanes(n_classes) * LANES
    } else {
        gemm::room_values(rows, n_classes, dim)
    }
}

/// argmin_j ‖x_i − c_j‖² of direct sums, the lowest j among equals; [`NO_CLASS`] for a row with no finite distance. No
/// distance matrix is kept; `room` has [`room_values`] places.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
pub fn predict<V: Vector>(x: Rows, centers: Rows, room: &mut [f32], classes: &mut [i32]) {
    classes.fill(NO_CLASS);
    if gemm::pays(x.count(), centers.count(), x.dim()) {
        return gemm::distances::<V>(x, centers, room, None, Some(classes));
    }
    if partial_search::pays(x.count(), centers.count(), x.dim()) {
        let room = room.as_chunks_mut().0;
        for (row, class) in classes.iter_mut().enumerate() {
            *class = partial_search::nearest::<V>(x.row(row), centers, room).map_or(NO_CLASS, |class| class as i32);
        }
        return;
    }
    for start in (0..x.count()).step_by(ROWS_AT_ONCE) {
        let x = x.part(start, ROWS_AT_ONCE);
        let classes = part_mut(classes, start, x.count());
        let mut nearest = [f32::INFINITY; ROWS_AT_ONCE];
        for_each_block::<V>(x, centers, &mut |row, first, distances| {
            let (nearest, class) = (at_mut(&mut nearest, row), at_mut(classes, row));
            if !is_any_below::<V>(distances, *nearest) {
                return;
            }
            for (offset, &distance) in distances.iter().enumerate() {
                if distance < *nearest {
                    *nearest = distance;
                    *class = (first + offset) as i32;
                }
            }
        });
    }
}

/// Whether a look at single distances can find a nearer one.
#[inline]
pub(crate) fn is_any_below<V: Vector>(distances: &[f32], nearest: f32) -> bool {
    let (lanes, rest) = distances.as_chunks::<LANES>();
    let nearest = V::splat(nearest);
    let below = lanes.iter().fold(0, |below, lanes| below | nearest.greater(V::load(lanes)));
    below != 0 || !rest.is_empty()
}
