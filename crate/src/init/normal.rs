//! Standard normal values, eight at a time.
//!
//! Four xoshiro128++ generators run side by side, one in each lane. Two draws of a lane give two
//! values by the transform of Box and Muller:
//!
//! z₁ = ±√(−2·ln u)·cos(π/2·t) and z₂ = ±√(−2·ln u)·sin(π/2·t)
//!
//! The first draw is a signed integer: its magnitude gives u in 0 … 1, its sign that of both values.
//! The second draw gives t in −1 … 1. Sign and half a turn together cover the circle, so no angle is
//! reduced and no lane branches. The smallest u is 2⁻³², so |z| < 6.7; the chance of more is 3·10⁻¹¹.
//!
//! Value i depends on the seed and on i alone: a shorter list is the start of a longer one.

use core::f32::consts::{FRAC_PI_2, LN_2};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

use crate::simd::u32x4::U32x4;
use crate::simd::vector::{LANES, Vector};

/// Number of values from one step of all generators.
const STEP_LEN: usize = 2 * LANES;

/// Fills `values` from a seed, with the same bits on every machine.
pub fn normal<V: Vector>(values: &mut [f32], seed: u64) {
    let mut streams = Streams::new(seed);
    for step in values.chunks_mut(STEP_LEN) {
        let [first, second] = normal_step::<V>(&mut streams);
        if let [to_first, to_second] = step.as_chunks_mut().0 {
            first.store(to_first);
            second.store(to_second);
        } else {
            let normals = [first.to_array(), second.to_array()];
            for (value, normal) in step.iter_mut().zip(normals.as_flattened()) {
                *value = *normal;
            }
        }
    }
}

/// Four xoshiro128++ generators side by side: state word i of all four is vector i.
#[derive(Clone, Copy, Debug)]
pub struct Streams<I>([I; 4]);

impl<I: U32x4> Streams<I> {
    /// Seeds each generator with 128 bits of `SplitMix64`, as the authors of xoshiro advise. Of 2¹²⁸
    /// places in the sequence, four at random meet within 2⁴⁰ draws with a chance of 2⁻⁸⁴, so no jump
    /// is needed to keep them apart. `SplitMix64` never gives 0 twice in a row, the one bad state.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "both halves of the bits are taken")]
    pub fn new(seed: u64) -> Self {
        let mut seeds = SplitMix64::seed_from_u64(seed);
        let mut words = [[0; LANES]; 4];
        for lane in 0..LANES {
            for pair in words.as_chunks_mut::<2>().0 {
                let bits = next_seed(&mut seeds);
                pair[0][lane] = bits as u32;
                pair[1][lane] = (bits >> 32) as u32;
            }
        }
        Self(words.map(|word| I::load(&word)))
    }

    /// Next draw of each generator.
    #[inline]
    pub fn draw(&mut self) -> I {
        let [a, b, c, d] = self.0;
        let (c_next, d_next) = (c.xor(a), d.xor(b));
        self.0 = [a.xor(d_next), b.xor(c_next), c_next.xor(b.shift_left(9)), d_next.rotate_left(11)];
        a.add(d).rotate_left(7).add(a)
    }
}

/// Advances the seeds. Inlined, the loop around it would unroll to eight copies.
#[inline(never)]
fn next_seed(seeds: &mut SplitMix64) -> u64 {
    seeds.next_u64()
}

#[inline]
fn normal_step<V: Vector>(streams: &mut Streams<V::U32x4>) -> [V; 2] {
    let mut signed_uniform = || V::from_signed(streams.draw()).mul(V::splat(1.0 / 2_147_483_648.0));
    let (signed, quarter_turns) = (signed_uniform(), signed_uniform());
    let with_sign_of = |x: V, sign: V| x.sub(x.add(x).where_less(sign, V::splat(0.0)));
    // Half a unit moves u to the middle of its interval, and away from 0, which has no logarithm.
    let u = with_sign_of(signed, signed).add(V::splat(0.5 / 2_147_483_648.0));
    let radius = with_sign_of(log(u).mul(V::splat(-2.0)).sqrt(), signed);
    let (sin, cos) = sin_cos(quarter_turns);
    [radius.mul(cos), radius.mul(sin)]
}

/// Natural logarithm of normal positive numbers; the relative error is below 3·10⁻⁷.
///
/// ln(2ᵉ·m) = e·ln 2 + 2·artanh(s) with s = (m − 1) / (m + 1). The polynomial is the minimax one of
/// (2·artanh(s)/s − 2) / s² for m in √½ … √2. Around 1 the exponent is 0, so nothing cancels.
#[must_use]
#[inline]
pub fn log<V: Vector>(x: V) -> V {
    let (exponent, m) = x.split_exponent();
    let one = V::splat(1.0);
    let s = m.sub(one).div(m.add(one));
    let z = s.mul(s);
    let rest = polynomial(z, [0.298_717_3, 0.399_775_42, 0.666_667_76]);
    let log = s.mul(z.mul_add(rest, V::splat(2.0)));
    exponent.mul_add(V::splat(LN_2), log)
}

/// Sine and cosine of π/2·t for t in −1 … 1; the error is below 3·10⁻⁷.
///
/// The polynomials in t² are the minimax ones of sin(π/2·t)/t, weighted with t, from π/2 on, and of
/// cos(π/2·t).
#[must_use]
#[inline]
pub fn sin_cos<V: Vector>(t: V) -> (V, V) {
    let z = t.mul(t);
    let sin = polynomial(z, [1.523_678_3e-4, -4.675_879_8e-3, 7.969_141e-2, -0.645_964_26, FRAC_PI_2]);
    let cos = polynomial(z, [8.581_906_2e-4, -2.081_062_8e-2, 0.253_650_75, -1.233_698_2, 0.999_999_94]);
    (t.mul(sin), cos)
}

/// Horner's scheme, the highest power first.
#[inline]
fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let powers = coefficients.into_iter().map(V::splat);
    powers.reduce(|sum, coefficient| sum.mul_add(x, coefficient)).unwrap_or(x)
}
