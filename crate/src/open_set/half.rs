//! Half precision as storage: IEEE 754 binary16 from and to the formats that are computed in.

/// 65520: halfway from the largest finite binary16 to what would follow, and of the two that is the even one.
const OVERFLOWS: f64 = 65520.0;

/// The exponent of the least normal binary16, and of a step among the values below it.
const LEAST_EXPONENT: i32 = -14;
const FRACTION_BITS: i32 = 10;
const INFINITE: u16 = 0x7c00;
const NAN: u16 = 0x7e00;

/// to ← the values of the bits, exactly.
pub fn widen(bits: &[u16], to: &mut [f32]) {
    for (to, &bits) in to.iter_mut().zip(bits) {
        let magnitude = u32::from(bits & 0x7fff);
        let value = if magnitude < 0x0400 {
            // Subnormal: a multiple of 2⁻²⁴.
            (f32::from(bits & 0x7fff) * (1.0 / 16_777_216.0)).to_bits()
        } else if magnitude < u32::from(INFINITE) {
            // The exponent's bias moves from 15 to 127.
            (magnitude << 13) + (112 << 23)
        } else {
            (magnitude << 13) | 0x7f80_0000
        };
        *to = f32::from_bits(value | u32::from(bits & 0x8000) << 16);
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
        return sign | INFINITE;
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
