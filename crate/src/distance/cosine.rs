//! Rows × centers by the cosine: d = 1 − cos = ½‖u − v‖² of the directions u = x/‖x‖ and v = c/‖c‖, by the kernels of the
//! squared distance.
//!
//! Directions in `f32` are off by a rounding each, which moves d by at most 3·10⁻⁷·√d: of a row close to its center that
//! is much. The least of a row, and all that are as good as equal to it, are measured in `f64`, so that the nearest center
//! is that of `f64`.

use crate::detect::nearest::is_any_below;
use crate::distance::gemm;
use crate::distance::metric::Metric;
use crate::distance::squared_euclidean;
use crate::rows::shape::{Rows, at, at_mut, part_mut, split_mut};
use crate::rows::walk::for_lanes;
use crate::rows::walk_f64::square;
use crate::simd::f64x4::Wide;
use crate::simd::vector::{LANES, Vector, sqrt};

/// 1 − cos of directions that are one, as `f64` rounds them, is below.
const LEAST_ANGLE: f64 = 1e-30;

/// More than what two distances are off by, that of directions by 3·10⁻⁷·√d each …
const ROUNDING: f32 = 1e-6;
/// … and that of the kernels for what is not a row's least.
const TOLERANCE: f32 = 1e-5;

/// Distances that are looked at together.
const AT_ONCE: usize = 4 * LANES;

/// Centers and their directions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directions<'a> {
    centers: Rows<'a>,
    units: Rows<'a>,
    /// 1 for a center of zeros, else 0.
    lack: &'a [f32],
    /// The sum of these.
    any_lack: f32,
}

/// `f32` values of room that [`Directions::new`] wants …
pub(crate) fn room_values_of_centers(n_classes: usize, dim: usize) -> usize {
    n_classes * (dim + 1)
}

/// … and [`Directions::distances`].
pub(crate) fn room_values_of_rows(rows: usize, n_classes: usize, dim: usize) -> usize {
    rows * (dim + 1) + gemm::room_values(rows, n_classes, dim)
}

impl<'a> Directions<'a> {
    pub(crate) fn new<V: Vector>(centers: Rows<'a>, room: &'a mut [f32]) -> Self {
        let (units, lack) = normalize::<V>(centers, room);
        Self { centers, units, lack, any_lack: lack.iter().sum() }
    }

    /// distmat[i, j] = 1 − cos(x_i, c_j): exactly 1 where either is zero, NaN where a value is not finite.
    #[inline(never)]
    pub(crate) fn distances<V: Vector>(&self, x: Rows, room: &mut [f32], distmat: &mut [f32]) {
        let of_rows = x.count() * (x.dim() + 1);
        let (row_room, room) = split_mut(room, of_rows);
        let (units, lack) = normalize::<V>(x, row_room);
        squared_euclidean::distances::<V>(units, self.units, room, distmat);
        let n_classes = self.centers.count();
        for row in 0..x.count() {
            let distances = part_mut(distmat, row * n_classes, n_classes);
            let lack = at(lack, row);
            let least = self.halve::<V>(lack, distances);
            // Without a direction a row is as far from all.
            if lack == 0.0 {
                self.refine::<V>(x.row(row), least + ROUNDING + TOLERANCE * least, distances);
            }
        }
    }

    /// ½·‖u − v‖², but 1 where either has no direction; returns the least.
    fn halve<V: Vector>(&self, lack: f32, distances: &mut [f32]) -> f32 {
        let half = V::splat(0.5);
        let mut least = V::splat(f32::INFINITY);
        let (lanes, rest) = distances.as_chunks_mut::<LANES>();
        for four in lanes {
            let halved = V::load(four).mul(half);
            halved.store(four);
            least = least.min_or_self(halved);
        }
        for distance in rest {
            *distance *= 0.5;
            least = least.min_or_self(V::splat(*distance));
        }
        if lack + self.any_lack > 0.0 {
            for (distance, center_lack) in distances.iter_mut().zip(self.lack) {
                // Of what is not finite, NaN stays.
                if lack + center_lack > 0.0 && distance.is_finite() {
                    *distance = 1.0;
                }
                least = least.min_or_self(V::splat(*distance));
            }
        }
        least.least()
    }

    /// Measures all distances below a bound.
    fn refine<V: Vector>(&self, x: &[f32], bound: f32, distances: &mut [f32]) {
        for (run, some) in distances.chunks_mut(AT_ONCE).enumerate() {
            if !is_any_below::<V>(some, bound) {
                continue;
            }
            for (place, distance) in some.iter_mut().enumerate() {
                if *distance < bound {
                    *distance = self.measure::<V>(x, run * AT_ONCE + place);
                }
            }
        }
    }

    /// The distance of a row to a center, as exact as `f32` has it.
    #[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
    pub(crate) fn measure<V: Vector>(&self, x: &[f32], class: usize) -> f32 {
        let exact = Metric::Cosine.pair::<V>(x, self.centers.row(class)).distance;
        if exact < LEAST_ANGLE { 0.0 } else { exact as f32 }
    }
}

/// Writes row/‖row‖ for each row to `room`, which has `dim + 1` places a row, and returns these directions and what they
/// lack: 1 for a row of zeros, which has none and stays so, else 0.
#[inline(never)]
fn normalize<'a, V: Vector>(rows: Rows, room: &'a mut [f32]) -> (Rows<'a>, &'a [f32]) {
    let (count, dim) = (rows.count(), rows.dim());
    let (lack, units) = split_mut(part_mut(room, 0, count * (dim + 1)), count);
    for row in 0..count {
        let values = rows.row(row);
        let square = square::<V>(values);
        *at_mut(lack, row) = if square == 0.0 { 1.0 } else { 0.0 };
        let inverse = V::Wide::splat(if square == 0.0 { 0.0 } else { 1.0 / sqrt(square) });
        let unit = part_mut(units, row * dim, dim);
        for_lanes::<V, 1, 1>([values], [unit], |[value], _| [V::narrow(value.widen().mul(inverse))]);
    }
    (Rows::new(units, dim), lack)
}
