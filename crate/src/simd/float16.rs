//! Half precision as storage: IEEE 754 binary16 from and to the formats that are computed in.

use crate::simd::vector::{HALF_INFINITE, LANES, Vector};

/// 65520: halfway from the largest finite binary16 to what would follow, and of the two that is the even one.
const OVERFLOWS: f64 = 65520.0;

/// The exponent of the least normal binary16, and of a step among the values below it.
const LEAST_EXPONENT: i32 = -14;
const FRACTION_BITS: i32 = 10;
const NAN: u16 = 0x7e00;

/// to ← the values of the bits, exactly.
pub fn widen<V: Vector>(bits: &[u16], to: &mut [f32]) {
    for (bits, to) in bits.chunks(LANES).zip(to.chunks_mut(LANES)) {
        if let (Some(bits), Some(to)) = (bits.first_chunk(), to.first_chunk_mut()) {
            V::load_half(bits).store(to);
        } else {
            let mut four = [0; LANES];
            four.iter_mut().zip(bits).for_each(|(four, bits)| *four = *bits);
            V::load_half(&four).store_partial(to);
        }
    }
}

/// to ← the bits of the nearest binary16, the even one of two as near. From `f64`, so that no value is rounded twice.
pub fn narrow(values: &[f64], to: &mut [u16]) {
    for (to, &value) in to.iter_mut().zip(values) {
        *to = nearest(value);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fractions are below 2¹¹, exponents small")]
fn nearest(value: f64) -> u16 {
    if value.is_nan() {
        return NAN;
    }
    let sign = (value.to_bits() >> 48) as u16 & 0x8000;
    let magnitude = value.abs();
    if magnitude >= OVERFLOWS {
        return sign | HALF_INFINITE;
    }
    let exponent = (((magnitude.to_bits() >> 52) as i32) - 1023).max(LEAST_EXPONENT);
    // In steps of the last place: a whole number below 2¹¹, or 2¹¹ where it is rounded up to the next exponent.
    let steps = round(magnitude * power_of_two(FRACTION_BITS - exponent)) as u16;
    // A normal value has a step of 2¹⁰ that its exponent stands for, which so is one too large.
    sign | ((((exponent - LEAST_EXPONENT) as u16) << FRACTION_BITS) + steps)
}

/// The nearest whole number, the even one of two, for 0 ≤ x < 2⁵¹: adding 2⁵² leaves no bits for a fraction.
fn round(x: f64) -> f64 {
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    (x + SHIFT) - SHIFT
}

/// 2ⁿ for normal results.
#[allow(clippy::cast_sign_loss, reason = "exponents are in range")]
fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}
