//! Comparisons that say where two results differ.

use core::fmt::Display;

/// What the kernels promise: relative, against float64 on the same float32 inputs.
pub(crate) const TOLERANCE: f64 = 1e-5;

/// |actual − expected| ≤ tolerance · scale.
///
/// The scale of a value is its own magnitude. That of a sum whose terms cancel is the sum of their magnitudes: each
/// term comes rounded, by a part of itself, and what remains after cancellation can be as small as that rounding, so
/// that relative to the result no summation whatever has a bounded error.
#[track_caller]
pub(crate) fn assert_close(actual: f64, expected: f64, scale: f64, tolerance: f64, what: impl Display) {
    assert!(
        (actual - expected).abs() <= tolerance * scale,
        "{what}: {actual} instead of {expected}, off by {:e} of {scale:e}",
        (actual - expected).abs() / scale
    );
}

/// [`assert_close`] of every entry of a row-major matrix.
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
    for (place, (&actual, (&expected, scale))) in actual.iter().zip(entries).enumerate() {
        assert_close(actual.into(), expected, scale.abs(), tolerance, format_args!("{what}, value {place}"));
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
