//! Triplet-center loss: X. He, Y. Zhou, Z. Zhou, S. Bai, X. Bai, "Triplet-Center Loss for Multi-View 3D Object
//! Retrieval", CVPR 2018.
//!
//! ℓ = max(0, D_y + m − min_{j≠y} D_j), D = ½‖x − c‖² (their eq. 5 and 6); the lowest j among equals, n. Where ℓ > 0,
//! ∂ℓ/∂x = (x − c_y) − (x − c_n) = c_n − c_y, ∂ℓ/∂c_y = −(x − c_y) and ∂ℓ/∂c_n = x − c_n; else they are 0.
//!
//! Both distances are direct sums. n comes from the search for the nearest center, with the own class left out.

use crate::detect::nearest::{NO_CLASS, is_any_below};
use crate::distance::metric::combine;
use crate::distance::quantized_search;
use crate::distance::squared_euclidean;
use crate::loss::class_rows::ClassRows;
use crate::loss::proxy::{Batch, Scratch, Total, chunk_rows};
use crate::loss::reduction::Labels;
use crate::rows::shape::{Rows, class_of, item, item_mut, row_if_wanted, slice, slice_mut, split_mut};
use crate::rows::walk::squared_distance;
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Number of distances that are compared with the minimum at once.
const CHUNK_LEN: usize = 4 * LANES;

/// Loss with its margin m.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TripletCenter {
    pub(crate) margin: f64,
}

impl TripletCenter {
    /// Computes the loss of a batch and its gradients, as [`crate::loss::proxy::proxy_pass`] does.
    #[inline(never)]
    pub(crate) fn pass<V: Vector>(
        self,
        batch: &Batch,
        grad_x: &mut [f32],
        grad_centers: &mut [f32],
        scratch: &mut Scratch,
    ) -> f64 {
        let Batch { x, centers, .. } = *batch;
        let (n_rows, n_classes) = (x.count(), centers.count());
        let (scale, labels) = (batch.scale(), Labels::new(batch.labels, n_classes));
        nearest_others::<V>(x, centers, batch.labels, scratch.distances, scratch.nearest);
        // Row i is in the list of its own class, and as n_rows + i in that of the nearest other one.
        let mut rows = ClassRows::new(scratch.links, n_classes, 2 * n_rows);
        let mut total = Total::new(scratch.losses);
        for row in 0..n_rows {
            let grad = row_if_wanted(grad_x, row, x.dim());
            grad.fill(0.0);
            let (class, weight) = match batch.class_and_weight(&labels, row) {
                Ok(known) => known,
                Err(cost) => {
                    total.add(row, cost);
                    continue;
                }
            };
            let half_squared =
                |class: usize| 0.5 * f64::from(round_to_f32(squared_distance::<V>(x.row(row), centers.row(class))));
            let nearest = class_of(item(scratch.nearest, row), n_classes);
            let cost = half_squared(class) + self.margin - nearest.map_or(f64::INFINITY, half_squared);
            // `cost <= 0.0` is false for NaN.
            if cost <= 0.0 {
                continue;
            }
            total.add(row, weight * cost);
            let factor = weight * scale;
            let Some(nearest) = nearest.filter(|_| cost.is_finite() && round_to_f32(factor).is_finite()) else {
                continue;
            };
            combine::<V>(&[], centers.row(nearest), centers.row(class), [factor; 2], grad);
            *item_mut(scratch.row_accumulator, row) = factor;
            rows.push(class, row);
            rows.push(nearest, n_rows + row);
        }
        for (class, grad) in grad_centers.chunks_exact_mut(x.dim()).enumerate() {
            grad.fill(0.0);
            let part = |entry: usize| match entry.checked_sub(n_rows) {
                Some(row) => (row, -item(scratch.row_accumulator, row)),
                None => (entry, item(scratch.row_accumulator, entry)),
            };
            let sum = slice_mut(scratch.center_sum, 0, x.dim().div_ceil(LANES));
            rows.subtract::<V>(class, x, centers.row(class), &part, sum, grad);
        }
        total.sum * scale
    }
}

/// nearest ← argmin_{j≠y} ‖x_i − c_j‖², the lowest j among equals; [`NO_CLASS`] for a row without a finite distance.
fn nearest_others<V: Vector>(x: Rows, centers: Rows, labels: &[i32], scratch: &mut [f32], nearest: &mut [i32]) {
    let n_classes = centers.count();
    nearest.fill(NO_CLASS);
    if quantized_search::is_faster(x.count(), n_classes, x.dim()) {
        let scratch = slice_mut(scratch, 0, quantized_search::scratch_len(x.count(), n_classes, x.dim()));
        return quantized_search::nearest::<V>(x, centers, labels, scratch, nearest);
    }
    let chunk = chunk_rows(x.count(), n_classes);
    let (distances, scratch) = split_mut(scratch, chunk * n_classes);
    for first in (0..x.count()).step_by(chunk.max(1)) {
        let rows = x.chunk(first, chunk);
        let distances = slice_mut(distances, 0, rows.count() * n_classes);
        squared_euclidean::distances::<V>(rows, centers, scratch, distances);
        for row in 0..rows.count() {
            let excluded = class_of(item(labels, first + row), n_classes);
            let mut min_distance = f32::INFINITY;
            for (i, chunk) in slice(distances, row * n_classes, n_classes).chunks(CHUNK_LEN).enumerate() {
                if !is_any_below::<V>(chunk, min_distance) {
                    continue;
                }
                for (j, &distance) in (i * CHUNK_LEN..).zip(chunk) {
                    if Some(j) != excluded && distance < min_distance {
                        min_distance = distance;
                        *item_mut(nearest, first + row) = i32::try_from(j).unwrap_or(NO_CLASS);
                    }
                }
            }
        }
    }
}
