//! Class probabilities from distances.

use crate::rows::walk::min;
use crate::simd::vector::{Vector, round_to_f32};

/// Replaces each row of distances by p_j = e^((m − d_j)/T) / Σ_k e^((m − d_k)/T), m = min d, T = `temperature`, which
/// pytorch-ood calls `predict`. A row with a NaN, or without a finite distance, becomes NaN.
pub fn softmin<V: Vector>(distmat: &mut [f32], n_classes: usize, temperature: f64) {
    let inverse = round_to_f32(1.0 / temperature);
    // `max(1)`: a chunk length of 0 would panic. Without classes there are no distances.
    for row in distmat.chunks_exact_mut(n_classes.max(1)) {
        let min = min::<V>(row);
        let scale = V::splat(round_to_f32(1.0 / shifted_exps::<V>(row, min, inverse)));
        map_lanes::<V>(row, |term| term.mul(scale));
    }
}

/// d_j ← e^((m − d_j)·s), m = `min`, s = `scale`; returns the sum.
#[inline(never)]
pub(crate) fn shifted_exps<V: Vector>(distances: &mut [f32], min: f32, scale: f32) -> f64 {
    let (min, scale) = (V::splat(min), V::splat(scale));
    let mut total = 0.0_f64;
    map_lanes::<V>(distances, |distances| {
        let term = exp(min.sub(distances).mul(scale));
        total += f64::from(term.sum());
        term
    });
    total
}

/// values ← f(values), four at a time. Lanes past the end are infinite, so that their exponential is 0. One call of `f`
/// keeps one copy of it in the module.
#[inline]
pub(crate) fn map_lanes<V: Vector>(values: &mut [f32], mut f: impl FnMut(V) -> V) {
    let (lanes, rest) = values.as_chunks_mut();
    let mut last = core::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(f32::INFINITY));
    let count = lanes.len();
    for i in 0..count + usize::from(!rest.is_empty()) {
        let lanes = lanes.get_mut(i).unwrap_or(&mut last);
        f(V::load(lanes)).store(lanes);
    }
    V::load(&last).store_partial(rest);
}

/// eˣ for x ≤ 0, within 2 units in the last place: x = n·ln 2 + r, |r| ≤ ½·ln 2, with the polynomial of Cephes' `expf`
/// (Moshier 1989) for eʳ.
#[inline]
pub(crate) fn exp<V: Vector>(x: V) -> V {
    const LOG2_E: f32 = core::f32::consts::LOG2_E;
    // ln 2 in two parts: the product of n and the first part is exact.
    const LN2_HIGH: f32 = 355.0 / 512.0;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    const POLYNOMIAL: [f32; 5] = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    // e⁻¹⁰⁴ is below half of the smallest positive `f32`, and n stays in the range of `power_of_two`.
    let x = x.max(V::splat(-104.0));
    let n = round(x.mul(V::splat(LOG2_E)));
    let r = n.mul_add(V::splat(-LN2_LOW), n.mul_add(V::splat(-LN2_HIGH), x));
    let exp_r = POLYNOMIAL.iter().fold(V::splat(1.987_569_1e-4), |sum, factor| sum.mul_add(r, V::splat(*factor)));
    let exp_r = exp_r.mul_add(r.mul(r), r).add(V::splat(1.0));
    // Two factors of 2^(n/2): 2ⁿ alone is no normal `f32` where the result is subnormal.
    let half = round(n.mul(V::splat(0.5)));
    exp_r.mul(half.power_of_two()).mul(n.sub(half).power_of_two())
}

/// 2⁻ˣ for x from 0 to 126, off by less than 3·10⁻⁷ of itself, and exactly 1 for x = 0: x = n + f, |f| ≤ ½, with the
/// polynomial of degree 5 whose largest error is the smallest, 10⁻⁷, for 2⁻ᶠ.
#[inline]
pub(crate) fn exp2_of_negative<V: Vector>(x: V) -> V {
    const POLYNOMIAL: [f32; 5] = [9.669_692e-3, -5.550_558e-2, 2.402_228e-1, -core::f32::consts::LN_2, 1.0];
    let n = round(x);
    let f = x.sub(n);
    let power = POLYNOMIAL.iter().fold(V::splat(-1.330_061e-3), |sum, factor| sum.mul_add(f, V::splat(*factor)));
    power.mul(V::splat(0.0).sub(n).power_of_two())
}

/// Rounds |x| < 2²² to the nearest whole number: adding 1.5·2²³ leaves no bits for a fraction.
#[inline]
fn round<V: Vector>(x: V) -> V {
    const SHIFT: f32 = 12_582_912.0;
    x.add(V::splat(SHIFT)).sub(V::splat(SHIFT))
}
