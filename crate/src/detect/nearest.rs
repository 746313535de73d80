//! Nearest center of each row.

use crate::distance::blocked::for_each_block;
use crate::distance::center_lanes;
use crate::distance::partial_search;
use crate::distance::quantized_search;
use crate::rows::shape::{Rows, item_mut, slice_mut, total_len};
use crate::simd::vector::{LANES, Vector};

/// Class of a row that has no finite distance.
pub const NO_CLASS: i32 = -1;

/// Number of rows whose smallest distances fit the stack while they meet all centers.
const CHUNK_ROWS: usize = 64;

/// Length of the scratch for [`predict`].
#[must_use]
pub fn scratch_len(rows: usize, n_classes: usize, dim: usize) -> usize {
    if partial_search::is_faster(rows, n_classes, dim) {
        total_len([(partial_search::scratch_lanes(n_classes), LANES)])
    } else if quantized_search::is_faster(rows, n_classes, dim) {
        quantized_search::scratch_len(rows, n_classes, dim)
    } else {
        0
    }
}

/// argmin_j ‖x_i − c_j‖² of direct sums, the lowest j among equals; [`NO_CLASS`] for a row without a finite distance.
/// No distance matrix is kept. `scratch` has the length [`scratch_len`].
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
pub fn predict<V: Vector>(x: Rows, centers: Rows, scratch: &mut [f32], classes: &mut [i32]) {
    classes.fill(NO_CLASS);
    if quantized_search::is_faster(x.count(), centers.count(), x.dim()) {
        return quantized_search::nearest::<V>(x, centers, &[], scratch, classes);
    }
    if partial_search::is_faster(x.count(), centers.count(), x.dim()) {
        let scratch = scratch.as_chunks_mut().0;
        for (row, class) in classes.iter_mut().enumerate() {
            *class = partial_search::nearest::<V>(x.row(row), centers, scratch).map_or(NO_CLASS, |class| class as i32);
        }
        return;
    }
    for start in (0..x.count()).step_by(CHUNK_ROWS) {
        let x = x.chunk(start, CHUNK_ROWS);
        let classes = slice_mut(classes, start, x.count());
        let mut nearest = [f32::INFINITY; CHUNK_ROWS];
        if center_lanes::is_faster(x.dim()) {
            center_lanes::for_each_tile::<V>(x, centers, |row, first, sums| {
                let nearest = item_mut(&mut nearest, row);
                // `min_or_self` keeps the running minimum beside a NaN.
                let limit = V::splat(*nearest);
                if limit.greater_mask(sums.into_iter().fold(limit, V::min_or_self)) != 0 {
                    let distances = sums.map(V::to_array);
                    update::<V>(nearest, item_mut(classes, row), first, distances.as_flattened());
                }
            });
            continue;
        }
        for_each_block::<V>(x, centers, &mut |row, first, distances| {
            update::<V>(item_mut(&mut nearest, row), item_mut(classes, row), first, distances);
        });
    }
}

/// Makes the first of the smallest distances below `nearest` the nearest class.
#[inline(never)]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
fn update<V: Vector>(nearest: &mut f32, class: &mut i32, first: usize, distances: &[f32]) {
    if !is_any_below::<V>(distances, *nearest) {
        return;
    }
    for (offset, &distance) in distances.iter().enumerate() {
        if distance < *nearest {
            *nearest = distance;
            *class = (first + offset) as i32;
        }
    }
}

/// Returns true if one of the distances may be below `nearest`. The rest that fills no vector counts as below.
#[inline]
pub(crate) fn is_any_below<V: Vector>(distances: &[f32], nearest: f32) -> bool {
    let (lanes, rest) = distances.as_chunks::<LANES>();
    let nearest = V::splat(nearest);
    let below = lanes.iter().fold(0, |below, lanes| below | nearest.greater_mask(V::load(lanes)));
    below != 0 || !rest.is_empty()
}
