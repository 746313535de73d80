//! Distances of one row to one center, and how they change with either.
//!
//! | metric | d(x, c) | ∂d/∂x |
//! |---|---|---|
//! | `SqEuclidean` | ‖x − c‖² | 2(x − c) |
//! | `Euclidean` | ‖x − c‖ | (x − c)/d, 0 where d = 0 |
//! | `Cosine` | 1 − cos(x, c) = ½‖u − v‖², u = x/‖x‖, v = c/‖c‖; 1 if either is zero | ((u − v) − d·u)/‖x‖, 0 then |
//!
//! 1 − u·v would lose everything for x almost parallel to c; so would cos·u − v, the usual form of that gradient.
//! Directions are compared in `f64`: lengths may differ, so that no difference of the `f32` values is exact.

use crate::loss::reduction::is_near;
use crate::rows::walk::{for_lanes, squared_distance};
use crate::rows::walk_f64::each_four;
use crate::simd::f64x4::Wide;
use crate::simd::vector::{Vector, sqrt};

/// How far a row is from a center.
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

/// f and g of a vector x·f − c·g. Where they are equal it is f·(x − c).
pub(crate) type Factors = [f64; 2];

/// One row and one center.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// d(x, c): NaN where a value is, infinite or NaN where one is infinite.
    pub(crate) distance: f64,
    /// ∂d/∂x
    pub(crate) of_x: Factors,
    /// −∂d/∂c
    pub(crate) of_center: Factors,
    /// No less than the length of either of these two vectors: infinite for what is not finite or too far.
    pub(crate) length: f64,
    /// What the row adds to the sum that an average follows: x − c, u − c for `Cosine`. None: it is too far, or has
    /// no direction, and is no part of the average.
    pub(crate) of_average: Option<Factors>,
}

/// Squared distances below have lost digits to underflow where the distance itself has not.
const LEAST_SQUARE: f64 = 1e-30;

/// Factors out of this range have lost digits as `f32`, or overflowed.
const FACTORS: core::ops::Range<f64> = 1e-36..1e36;

impl Metric {
    /// The distance of a row to a center, and all that depends on both.
    #[inline(never)]
    pub(crate) fn pair<V: Vector>(self, x: &[f32], c: &[f32]) -> Pair {
        if self == Self::Cosine {
            return directions::<V>(x, c);
        }
        let mut square = squared_distance::<V>(x, c);
        if square < LEAST_SQUARE {
            square = squared_length::<V>(x, c, [1.0; 2]);
        }
        let root = sqrt(square);
        let near = is_near(square);
        let (distance, factor, length) = match self {
            Self::SqEuclidean => (square, 2.0, 2.0 * root),
            _ => (root, if root > 0.0 { 1.0 / root } else { 0.0 }, 1.0),
        };
        let length = if near { length } else { f64::INFINITY };
        let of_average = near.then_some([1.0; 2]);
        Pair { distance, of_x: [factor; 2], of_center: [factor; 2], length, of_average }
    }
}

/// A smaller 1 − cos has lost digits of `f64` to cancellation, in the products of a row as wide as any.
const CANCELLED: f64 = 1e-4;

/// The pair by [`Metric::Cosine`].
#[inline(never)]
fn directions<V: Vector>(x: &[f32], c: &[f32]) -> Pair {
    let [xx, cc, xc] = products::<V>(x, c);
    let (a, b) = (sqrt(xx), sqrt(cc));
    let of_average = (a > 0.0 && is_near(xx) && is_near(cc)).then_some([1.0 / a, 1.0]);
    // So asked, a NaN goes on to the distance.
    if a == 0.0 && b.is_finite() || b == 0.0 && a.is_finite() {
        return Pair { distance: 1.0, of_x: [0.0; 2], of_center: [0.0; 2], length: 0.0, of_average };
    }
    let across = 1.0 / (a * b);
    let mut distance = 1.0 - xc * across;
    if distance < CANCELLED {
        distance = 0.5 * squared_length::<V>(x, c, [1.0 / a, 1.0 / b]);
    }
    let cosine = 1.0 - distance;
    Pair {
        distance,
        of_x: [cosine / xx, across],
        of_center: [across, cosine / cc],
        // √(1 − cos²) ≤ 1
        length: if distance.is_finite() { 1.0 / if a < b { a } else { b } } else { f64::INFINITY },
        of_average,
    }
}

/// ‖x‖², ‖c‖² and x·c in `f64`.
fn products<V: Vector>(x: &[f32], c: &[f32]) -> [f64; 3] {
    let mut sums = [V::Wide::splat(0.0); 3];
    each_four::<V, 2>([x, c], |values| {
        let [x, c] = values.map(V::widen);
        sums = [x.mul_add(x, sums[0]), c.mul_add(c, sums[1]), x.mul_add(c, sums[2])];
    });
    sums.map(V::Wide::sum)
}

/// ‖x·f − c·g‖² in `f64`: of `f32` values it neither overflows nor underflows.
#[inline(never)]
fn squared_length<V: Vector>(x: &[f32], c: &[f32], factors: Factors) -> f64 {
    let [f, g] = factors.map(V::Wide::splat);
    let mut sum = V::Wide::splat(0.0);
    each_four::<V, 2>([x, c], |[x, c]| {
        let difference = x.widen().mul(f).sub(c.widen().mul(g));
        sum = difference.mul_add(difference, sum);
    });
    sum.sum()
}

/// to ← before + x·f − c·g, where nothing before is 0.
#[inline(never)]
pub(crate) fn combine<V: Vector>(before: &[f32], x: &[f32], c: &[f32], [f, g]: Factors, to: &mut [f32]) {
    #[allow(clippy::float_cmp, reason = "the very same factor, not one that is about as large")]
    if f == g && (f == 0.0 || FACTORS.contains(&f.abs())) {
        #[allow(clippy::cast_possible_truncation, reason = "results are float32")]
        let factor = V::splat(f as f32);
        if before.is_empty() {
            return for_lanes::<V, 2, 1>([x, c], [to], |[x, c], _| [factor.mul(x.sub(c))]);
        }
        return for_lanes::<V, 3, 1>([x, c, before], [to], |[x, c, before], _| [factor.mul_add(x.sub(c), before)]);
    }
    // Of products of `f32` values by an `f64` enough digits are left when they cancel.
    let [f, g] = [f, g].map(V::Wide::splat);
    let term = |x: V, c: V| V::narrow(x.widen().mul(f).sub(c.widen().mul(g)));
    if before.is_empty() {
        return for_lanes::<V, 2, 1>([x, c], [to], |[x, c], _| [term(x, c)]);
    }
    for_lanes::<V, 3, 1>([x, c, before], [to], |[x, c, before], _| [before.add(term(x, c))]);
}
