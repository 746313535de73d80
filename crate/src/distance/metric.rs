//! Distances of one row x to one center c, and their derivatives.
//!
//! | metric | d(x, c) | ∂d/∂x |
//! |---|---|---|
//! | `SqEuclidean` | ‖x − c‖² | 2(x − c) |
//! | `Euclidean` | ‖x − c‖ | (x − c)/d, 0 where d = 0 |
//! | `Cosine` | 1 − cos(x, c) = ½‖u − v‖², u = x/‖x‖, v = c/‖c‖; 1 if either is zero | ((u − v) − d·u)/‖x‖, 0 then |
//!
//! 1 − u·v would cancel for x almost parallel to c, and so would cos·u − v, the usual form of the gradient. Directions
//! are compared in `f64`, since a difference of `f32` values of different lengths is not exact.

use crate::loss::reduction::is_near;
use crate::rows::walk::{for_lanes, squared_distance};
use crate::rows::walk_f64::for_each_vector;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{Vector, round_to_f32, sqrt};

/// Distance of a row to a center.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen, derive(bytemuck::CheckedBitPattern))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Metric {
    /// ‖x − c‖²
    SqEuclidean,
    /// ‖x − c‖
    Euclidean,
    /// 1 − cos(x, c)
    Cosine,
}

/// Coefficients f and g of a vector x·f − c·g. Where they are equal, the vector is f·(x − c).
pub(crate) type Coeffs = [f64; 2];

/// Distance of one row to one center, with its derivatives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// d(x, c). NaN if a value is NaN; infinite or NaN if a value is infinite.
    pub(crate) distance: f64,
    /// ∂d/∂x
    pub(crate) x_coeffs: Coeffs,
    /// −∂d/∂c
    pub(crate) center_coeffs: Coeffs,
    /// Upper bound of the lengths of both derivatives; infinite if the row is not finite or too far.
    pub(crate) norm_bound: f64,
    /// Summand of the row in a class mean: x − c, or u − c for `Cosine`. `None` if the row is too far or has no
    /// direction: it does not count in the mean.
    pub(crate) mean_coeffs: Option<Coeffs>,
}

/// Squared distances below are computed again in `f64`: in `f32` they have lost digits to underflow.
const MIN_SQUARED_DISTANCE: f64 = 1e-30;

/// Coefficients in this range are exact enough as `f32`. Others have lost digits, or overflow.
const F32_COEFF_RANGE: core::ops::Range<f64> = 1e-36..1e36;

impl Metric {
    /// Computes the distance of a row to a center, and its derivatives.
    #[inline(never)]
    pub(crate) fn pair<V: Vector>(self, x: &[f32], c: &[f32]) -> Pair {
        if self == Self::Cosine {
            return cosine_pair::<V>(x, c);
        }
        let mut square = squared_distance::<V>(x, c);
        if square < MIN_SQUARED_DISTANCE {
            square = squared_combination::<V>(x, c, [1.0; 2]);
        }
        let root = sqrt(square);
        let near = is_near(square);
        let (distance, factor, norm_bound) = match self {
            Self::SqEuclidean => (square, 2.0, 2.0 * root),
            _ => (root, if root > 0.0 { 1.0 / root } else { 0.0 }, 1.0),
        };
        let norm_bound = if near { norm_bound } else { f64::INFINITY };
        let mean_coeffs = near.then_some([1.0; 2]);
        Pair { distance, x_coeffs: [factor; 2], center_coeffs: [factor; 2], norm_bound, mean_coeffs }
    }
}

/// Cosine distances below are computed again from differences: 1 − cos has lost digits of `f64`, for rows of any width.
const MIN_COSINE_DISTANCE: f64 = 1e-4;

/// Computes [`Metric::pair`] for [`Metric::Cosine`].
#[inline(never)]
fn cosine_pair<V: Vector>(x: &[f32], c: &[f32]) -> Pair {
    let [xx, cc, xc] = dot_products::<V>(x, c);
    let (a, b) = (sqrt(xx), sqrt(cc));
    let mean_coeffs = (a > 0.0 && is_near(xx) && is_near(cc)).then_some([1.0 / a, 1.0]);
    // `b.is_finite()` sends NaN on to the distance.
    if a == 0.0 && b.is_finite() || b == 0.0 && a.is_finite() {
        return Pair { distance: 1.0, x_coeffs: [0.0; 2], center_coeffs: [0.0; 2], norm_bound: 0.0, mean_coeffs };
    }
    let across = 1.0 / (a * b);
    let mut distance = 1.0 - xc * across;
    if distance < MIN_COSINE_DISTANCE {
        distance = 0.5 * squared_combination::<V>(x, c, [1.0 / a, 1.0 / b]);
    }
    let cosine = 1.0 - distance;
    Pair {
        distance,
        x_coeffs: [cosine / xx, across],
        center_coeffs: [across, cosine / cc],
        // √(1 − cos²) ≤ 1
        norm_bound: if distance.is_finite() { 1.0 / if a < b { a } else { b } } else { f64::INFINITY },
        mean_coeffs,
    }
}

/// ‖x‖², ‖c‖² and x·c in `f64`.
fn dot_products<V: Vector>(x: &[f32], c: &[f32]) -> [f64; 3] {
    let mut sums = [V::F64x4::splat(0.0); 3];
    for_each_vector::<V, 2>([x, c], |values| {
        let [x, c] = values.map(V::widen);
        sums = [x.mul_add(x, sums[0]), c.mul_add(c, sums[1]), x.mul_add(c, sums[2])];
    });
    sums.map(V::F64x4::sum)
}

/// ‖x·f − c·g‖² in `f64`, where squares of `f32` values neither overflow nor underflow.
#[inline(never)]
fn squared_combination<V: Vector>(x: &[f32], c: &[f32], coeffs: Coeffs) -> f64 {
    let [f, g] = coeffs.map(V::F64x4::splat);
    let mut sum = V::F64x4::splat(0.0);
    for_each_vector::<V, 2>([x, c], |[x, c]| {
        let difference = x.widen().mul(f).sub(c.widen().mul(g));
        sum = difference.mul_add(difference, sum);
    });
    sum.sum()
}

/// to ← before + x·f − c·g. An empty `before` stands for zeros.
#[inline(never)]
pub(crate) fn combine<V: Vector>(before: &[f32], x: &[f32], c: &[f32], [f, g]: Coeffs, to: &mut [f32]) {
    #[allow(clippy::float_cmp, reason = "the very same factor, not one that is about as large")]
    if f == g && (f == 0.0 || F32_COEFF_RANGE.contains(&f.abs())) {
        let factor = V::splat(round_to_f32(f));
        if before.is_empty() {
            return for_lanes::<V, 2, 1>([x, c], [to], |[x, c], _| [factor.mul(x.sub(c))]);
        }
        return for_lanes::<V, 3, 1>([x, c, before], [to], |[x, c, before], _| [factor.mul_add(x.sub(c), before)]);
    }
    // Products of `f32` values and an `f64` keep enough digits when they cancel.
    let [f, g] = [f, g].map(V::F64x4::splat);
    let term = |x: V, c: V| V::narrow(x.widen().mul(f).sub(c.widen().mul(g)));
    if before.is_empty() {
        return for_lanes::<V, 2, 1>([x, c], [to], |[x, c], _| [term(x, c)]);
    }
    for_lanes::<V, 3, 1>([x, c, before], [to], |[x, c, before], _| [before.add(term(x, c))]);
}
