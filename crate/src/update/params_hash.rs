//! Hash that shows whether centers have changed, without a copy of them.

/// FNV-1a over the bits of the values, one 32-bit word at a time. Two lists of values have the same hash by a chance of
/// 1 in 2³².
#[must_use]
pub fn params_hash(values: &[f32]) -> u32 {
    values.iter().fold(0x811c_9dc5, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x0100_0193))
}
