//! Rounding to IEEE 754 binary16, a storage format.

const INFINITY: u16 = 0x7c00;

/// Smallest magnitude that rounds to infinity: halfway from the largest finite binary16, 65504, to 2¹⁶. The tie goes to
/// 2¹⁶, which has the even significand.
const OVERFLOW_THRESHOLD: f64 = 65520.0;

/// Exponent of the smallest normal binary16. Subnormal values have the same step.
const MIN_EXPONENT: i32 = -14;
const FRACTION_BITS: i32 = 10;
const NAN_BITS: u16 = 0x7e00;

/// Writes the bits of the nearest binary16 of each value to `to`; ties go to the even one. The values are `f64`, so
/// that none is rounded twice.
pub fn narrow(values: &[f64], to: &mut [u16]) {
    for (to, &value) in to.iter_mut().zip(values) {
        *to = round_to_float16(value);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fractions are below 2¹¹, exponents small")]
fn round_to_float16(value: f64) -> u16 {
    if value.is_nan() {
        return NAN_BITS;
    }
    let sign = (value.to_bits() >> 48) as u16 & 0x8000;
    let magnitude = value.abs();
    if magnitude >= OVERFLOW_THRESHOLD {
        return sign | INFINITY;
    }
    let exponent = (((magnitude.to_bits() >> 52) as i32) - 1023).max(MIN_EXPONENT);
    // The magnitude in units of the last place: below 2¹¹, or 2¹¹ where it is rounded up to the next exponent.
    let steps = round_half_even(magnitude * power_of_two(FRACTION_BITS - exponent)) as u16;
    // `steps` of a normal value includes the implicit leading bit 2¹⁰, which carries 1 into the exponent field. A
    // subnormal value has no such bit, so its field stays 0.
    sign | ((((exponent - MIN_EXPONENT) as u16) << FRACTION_BITS) + steps)
}

/// Rounds 0 ≤ x < 2⁵¹ to the nearest whole number, ties to even: adding 2⁵² leaves no bits for a fraction.
fn round_half_even(x: f64) -> f64 {
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    (x + SHIFT) - SHIFT
}

/// 2ⁿ, for n in −1022 … 1023.
#[allow(clippy::cast_sign_loss, reason = "exponents are in range")]
fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}
