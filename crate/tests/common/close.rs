//! Comparisons that say where two results differ.

use core::fmt::Display;

/// Relative error that the kernels promise, against float64 on the same float32 inputs.
pub(crate) const TOLERANCE: f64 = 1e-5;

/// Values that are not finite.
pub(crate) const BAD: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// Asserts |actual − expected| ≤ tolerance · scale.
///
/// The scale of a value is its own magnitude. The scale of a sum whose terms cancel is the sum of their magnitudes: each
/// term is rounded relative to itself, and the sum can be as small as that rounding, so no summation has a bounded error
/// relative to the sum.
#[track_caller]
pub(crate) fn assert_close(actual: f64, expected: f64, scale: f64, tolerance: f64, what: impl Display) {
    assert!(
        (actual - expected).abs() <= tolerance * scale.abs(),
        "{what}: {actual} instead of {expected}, off by {:e} of {scale:e}",
        (actual - expected).abs() / scale.abs()
    );
}

/// [`assert_close`] for every entry of a row-major matrix.
#[track_caller]
pub(crate) fn assert_matrix_close(
    actual: &[f32],
    expected: &[Vec<f64>],
    scale: &[Vec<f64>],
    tolerance: f64,
    what: impl Display,
) {
    assert_eq!(actual.len(), expected.iter().map(Vec::len).sum::<usize>(), "{what}: length");
    let entries = expected.iter().flatten().zip(scale.iter().flatten());
    for (place, (&actual, (&expected, &scale))) in actual.iter().zip(entries).enumerate() {
        assert_close(actual.into(), expected, scale, tolerance, format_args!("{what}, value {place}"));
    }
}

/// Equality to the last bit; any NaN equals any other.
#[track_caller]
pub(crate) fn assert_same_bits(actual: &[f32], expected: &[f32], what: impl Display) {
    assert_eq!(actual.len(), expected.len(), "{what}: length");
    for (place, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert!(
            actual.to_bits() == expected.to_bits() || actual.is_nan() && expected.is_nan(),
            "{what}, value {place}: {actual:e} instead of {expected:e}"
        );
    }
}

/// [`assert_same_bits`] for one float64.
#[track_caller]
pub(crate) fn assert_same_f64(actual: f64, expected: f64, what: impl Display) {
    assert!(
        actual.to_bits() == expected.to_bits() || actual.is_nan() && expected.is_nan(),
        "{what}: {actual:e} instead of {expected:e}"
    );
}
