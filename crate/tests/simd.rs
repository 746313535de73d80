//! Half precision, by the definition of its values.

use center_loss::simd::float16::narrow;
use proptest::prelude::*;

/// Value of a binary16 by its definition.
fn value_of(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * f64::powi(2.0, -24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1024.0 + fraction) * f64::powi(2.0, exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

fn narrowed(value: f64) -> u16 {
    let mut bits = [0xffff];
    narrow(&[value], &mut bits);
    bits[0]
}

#[test]
fn every_float16_keeps_its_value_and_ties_go_to_even() {
    for bits in 0..=u16::MAX {
        let expected = value_of(bits);
        if expected.is_nan() {
            assert_eq!(narrowed(expected), 0x7e00);
            continue;
        }
        assert_eq!(narrowed(expected), bits, "{bits:#x}");
        if bits & 0x7fff < 0x7bff {
            let halfway = f64::midpoint(expected, value_of(bits + 1));
            assert_eq!(narrowed(halfway), if bits % 2 == 0 { bits } else { bits + 1 }, "after {bits:#x}");
            for (off, nearest) in [(0.999_999, bits), (1.000_001, bits + 1)] {
                let off = expected + (halfway - expected) * off;
                assert_eq!(narrowed(off), nearest, "{off:e}");
            }
        }
    }
    assert_eq!([65519.999, 65520.0, f64::INFINITY, -1e300].map(narrowed), [0x7bff, 0x7c00, 0x7c00, 0xfc00]);
    // By way of float32 this would be rounded twice, and become 1.
    assert_eq!(narrowed(1.0 + f64::powi(2.0, -11) + f64::powi(2.0, -40)), 0x3c01);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// If two values are equally near, the one with the even bits is right.
    #[test]
    fn narrowing_gives_the_nearest_float16(value in prop_oneof![-70_000.0..70_000.0, -1.0..1.0, -1e-4..1e-4, -1e-7..1e-7, any::<f64>()]) {
        let bits = narrowed(value);
        prop_assert_eq!(bits & 0x8000, if value.is_sign_negative() { 0x8000 } else { 0 });
        // Values from half a step past the largest on become infinite: infinity counts as one step past the largest.
        let place = |bits: u16| if bits & 0x7fff == 0x7c00 { 65536.0 } else { value_of(bits & 0x7fff) };
        let error = |bits: u16| (value.abs() - place(bits)).abs();
        let nearest = bits & 0x7fff;
        for other in [nearest.wrapping_sub(1), nearest + 1].into_iter().filter(|bits| *bits <= 0x7c00) {
            let is_even = error(nearest) <= error(other) && (nearest & 1 == 0 || value.abs() > 65536.0);
            prop_assert!(error(nearest) < error(other) || is_even, "{value:e} became {nearest:#x}, not {other:#x}");
        }
    }
}
