//! Whether centers are still what they were, without keeping them.

/// FNV-1a over the bits of the values, a word at a time. Other values have another one, but for one case in 2³².
#[must_use]
pub fn fingerprint(values: &[f32]) -> u32 {
    values.iter().fold(0x811c_9dc5, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x0100_0193))
}
