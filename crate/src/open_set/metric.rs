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

use crate::loss::is_near;
use crate::rows::{for_lanes, squared_distance};
use crate::shape::part;
use crate::vector::{Vector, sqrt};

/// How far a row is from a center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            return directions(x, c);
        }
        let mut square = squared_distance::<V>(x, c);
        if square < LEAST_SQUARE {
            square = squared_length(x, c, [1.0; 2]);
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

/// The pair by [`Metric::Cosine`].
fn directions(x: &[f32], c: &[f32]) -> Pair {
    let (a, b) = (sqrt(squared_length(x, x, [1.0, 0.0])), sqrt(squared_length(c, c, [1.0, 0.0])));
    let is_direction = a > 0.0 && is_near(a * a);
    let of_average = (is_direction && is_near(b * b)).then_some([1.0 / a, 1.0]);
    // So asked, a NaN goes on to the distance.
    if a == 0.0 && b.is_finite() || b == 0.0 && a.is_finite() {
        return Pair { distance: 1.0, of_x: [0.0; 2], of_center: [0.0; 2], length: 0.0, of_average };
    }
    let distance = 0.5 * squared_length(x, c, [1.0 / a, 1.0 / b]);
    let (across, cosine) = (1.0 / (a * b), 1.0 - distance);
    Pair {
        distance,
        of_x: [cosine / (a * a), across],
        of_center: [across, cosine / (b * b)],
        // √(1 − cos²) ≤ 1
        length: if distance.is_finite() { 1.0 / if a < b { a } else { b } } else { f64::INFINITY },
        of_average,
    }
}

/// ‖x·f − c·g‖² in `f64`: of `f32` values it neither overflows nor underflows.
#[inline(never)]
pub(crate) fn squared_length(x: &[f32], c: &[f32], [f, g]: Factors) -> f64 {
    // Four sums, so that an addition need not wait for the one before it.
    let mut sums = [0.0; 4];
    let mut add = |x: &[f32], c: &[f32]| {
        for (sum, (x, c)) in sums.iter_mut().zip(x.iter().zip(c)) {
            let difference = f64::from(*x) * f - f64::from(*c) * g;
            *sum += difference * difference;
        }
    };
    x.chunks(4).zip(part(c, 0, x.len()).chunks(4)).for_each(|(x, c)| add(x, c));
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

/// to ← to + x·f − c·g
#[inline(never)]
pub(crate) fn add<V: Vector>(x: &[f32], c: &[f32], [f, g]: Factors, to: &mut [f32]) {
    #[allow(clippy::float_cmp, reason = "the very same factor, not one that is about as large")]
    if f == g && (f == 0.0 || FACTORS.contains(&f.abs())) {
        #[allow(clippy::cast_possible_truncation, reason = "results are float32")]
        let factor = V::splat(f as f32);
        return for_lanes::<V, 2, 1>([x, c], [to], |[x, c], [to]| [factor.mul_add(x.sub(c), to)]);
    }
    // Of products of `f32` values by an `f64` enough digits are left when they cancel.
    for (to, (x, c)) in to.iter_mut().zip(x.iter().zip(part(c, 0, x.len()))) {
        #[allow(clippy::cast_possible_truncation, reason = "results are float32")]
        let term = (f64::from(*x) * f - f64::from(*c) * g) as f32;
        *to += term;
    }
}
