//! Distances of all rows to all centers by cosine: d = 1 − cos(x, c) = ½‖u − v‖² of the unit vectors u = x/‖x‖ and v =
//! c/‖c‖, computed by the kernels of the squared distance.
//!
//! The rounding of u and v to `f32` moves d by at most 3·10⁻⁷·√d, which is much for a row close to its center. So the
//! smallest distance of each row, and all distances that may be equal to it, are computed again in `f64`: the nearest
//! center is the one that `f64` finds.

use crate::detect::nearest::is_any_below;
use crate::distance::gemm;
use crate::distance::metric::Metric;
use crate::distance::squared_euclidean;
use crate::rows::shape::{Rows, item, item_mut, slice_mut, split_mut, total_len};
use crate::rows::walk::for_lanes;
use crate::rows::walk_f64::squared_norm;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, round_to_f32, sqrt};

/// Upper bound of the distance that `f64` rounding leaves between equal directions. Smaller distances become 0.
const MIN_DISTANCE: f64 = 1e-30;

/// Absolute error bound for two distances, each off by at most 3·10⁻⁷·√d.
const DIRECTION_ERROR: f32 = 1e-6;
/// Relative error bound of the squared-distance kernels for distances that are not the smallest of a row.
const KERNEL_ERROR: f32 = 1e-5;

/// Number of distances that are compared with the bound at once.
const CHUNK_LEN: usize = 4 * LANES;

/// Centers and their unit vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directions<'a> {
    centers: Rows<'a>,
    units: Rows<'a>,
    /// 1 for a center of zeros, else 0.
    is_zero: &'a [f32],
    /// Sum of `is_zero`.
    zero_count: f32,
}

/// Length of the scratch for [`Directions::new`].
pub(crate) fn center_scratch_len(n_classes: usize, dim: usize) -> usize {
    total_len([(n_classes, dim), (n_classes, 1)])
}

/// Length of the scratch for [`Directions::distances`].
pub(crate) fn row_scratch_len(rows: usize, n_classes: usize, dim: usize) -> usize {
    total_len([(rows, dim), (rows, 1), (1, gemm::scratch_len(rows, n_classes, dim))])
}

impl<'a> Directions<'a> {
    pub(crate) fn new<V: Vector>(centers: Rows<'a>, scratch: &'a mut [f32]) -> Self {
        let (units, is_zero) = normalize::<V>(centers, scratch);
        Self { centers, units, is_zero, zero_count: is_zero.iter().sum() }
    }

    /// distmat[i, j] = 1 − cos(x_i, c_j): exactly 1 where x or c is zero, NaN where a value is not finite. If `direct`, all
    /// have the same bits in a batch of any size, and not the smallest alone.
    #[inline(never)]
    pub(crate) fn distances<V: Vector>(&self, x: Rows, direct: bool, scratch: &mut [f32], distmat: &mut [f32]) {
        let len = x.count() * (x.dim() + 1);
        let (row_scratch, scratch) = split_mut(scratch, len);
        let (units, is_zero) = normalize::<V>(x, row_scratch);
        if direct {
            squared_euclidean::direct_distances::<V>(units, self.units, distmat);
        } else {
            squared_euclidean::distances::<V>(units, self.units, scratch, distmat);
        }
        let n_classes = self.centers.count();
        for row in 0..x.count() {
            let distances = slice_mut(distmat, row * n_classes, n_classes);
            let is_zero = item(is_zero, row);
            let min = self.halve::<V>(is_zero, distances);
            // A row of zeros is at distance 1 from all centers, so there is nothing to refine.
            if is_zero == 0.0 {
                self.refine::<V>(x.row(row), min + DIRECTION_ERROR + KERNEL_ERROR * min, distances);
            }
        }
    }

    /// Replaces ‖u − v‖² by ½‖u − v‖², or by 1 where x or c is zero, and returns the smallest distance.
    fn halve<V: Vector>(&self, is_zero: f32, distances: &mut [f32]) -> f32 {
        let half = V::splat(0.5);
        let mut min = V::splat(f32::INFINITY);
        let (lanes, rest) = distances.as_chunks_mut::<LANES>();
        for four in lanes {
            let halved = V::load(four).mul(half);
            halved.store(four);
            min = min.min_or_self(halved);
        }
        for distance in rest {
            *distance *= 0.5;
            min = min.min_or_self(V::splat(*distance));
        }
        if is_zero + self.zero_count > 0.0 {
            for (distance, is_center_zero) in distances.iter_mut().zip(self.is_zero) {
                // A distance of NaN, from a value that is not finite, stays NaN.
                if is_zero + is_center_zero > 0.0 && distance.is_finite() {
                    *distance = 1.0;
                }
                min = min.min_or_self(V::splat(*distance));
            }
        }
        min.min_lane()
    }

    /// Computes all distances below `bound` again in `f64`.
    fn refine<V: Vector>(&self, x: &[f32], bound: f32, distances: &mut [f32]) {
        for (i, chunk) in distances.chunks_mut(CHUNK_LEN).enumerate() {
            if !is_any_below::<V>(chunk, bound) {
                continue;
            }
            for (offset, distance) in chunk.iter_mut().enumerate() {
                if *distance < bound {
                    *distance = self.exact_distance::<V>(x, i * CHUNK_LEN + offset);
                }
            }
        }
    }

    /// Distance of a row to a center, computed in `f64`.
    pub(crate) fn exact_distance<V: Vector>(&self, x: &[f32], class: usize) -> f32 {
        let exact = Metric::Cosine.pair::<V>(x, self.centers.row(class)).distance;
        if exact < MIN_DISTANCE { 0.0 } else { round_to_f32(exact) }
    }
}

/// Writes the unit vector of each row to `scratch`, which has `dim + 1` values for each row. Returns the unit vectors,
/// and flags: 1 for a row of zeros, which has no direction and stays zero, else 0.
#[inline(never)]
fn normalize<'a, V: Vector>(rows: Rows, scratch: &'a mut [f32]) -> (Rows<'a>, &'a [f32]) {
    let (count, dim) = (rows.count(), rows.dim());
    let (is_zero, units) = split_mut(slice_mut(scratch, 0, count * (dim + 1)), count);
    for row in 0..count {
        let values = rows.row(row);
        let square = squared_norm::<V>(values);
        *item_mut(is_zero, row) = if square == 0.0 { 1.0 } else { 0.0 };
        let inverse = V::F64x4::splat(if square == 0.0 { 0.0 } else { 1.0 / sqrt(square) });
        let unit = slice_mut(units, row * dim, dim);
        for_lanes::<V, 1, 1>([values], [unit], |[value], _| [V::narrow(value.widen().mul(inverse))]);
    }
    (Rows::new(units, dim), is_zero)
}
