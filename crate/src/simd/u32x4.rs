//! Four `u32` lanes: `v128` of WebAssembly SIMD and `[u32; 4]` for every other target.
//!
//! They have a trait of their own because the bits of an integer can be those of a NaN: where the module is translated
//! to JavaScript, an `f32` does not keep the bits of a NaN.
#![allow(unsafe_code, reason = "v128 loads and stores go through raw pointers")]

use crate::simd::vector::LANES;

/// Four `u32` lanes and their operations, which wrap around.
pub trait U32x4: Copy {
    /// Loads four values, the first one into lane 0.
    #[must_use]
    fn load(values: &[u32; LANES]) -> Self;
    /// Stores four values, lane 0 first.
    fn store(self, values: &mut [u32; LANES]);
    /// Sets every lane to `value`.
    #[must_use]
    fn splat(value: u32) -> Self;
    /// Widens codes to 16 bits, two in the halves of each lane.
    #[must_use]
    fn load_codes(codes: &[i8; 2 * LANES]) -> Self;
    /// Adds each pair of lanes.
    #[must_use]
    fn add(self, other: Self) -> Self;
    /// Sets the bits that are set in either.
    #[must_use]
    fn or(self, other: Self) -> Self;
    /// Sets the bits that differ.
    #[must_use]
    fn xor(self, other: Self) -> Self;
    /// Moves all bits to higher places; the highest are lost.
    #[must_use]
    fn shift_left(self, places: u32) -> Self;
    /// Moves all bits to higher places; the highest become the lowest.
    #[must_use]
    fn rotate_left(self, places: u32) -> Self;
    /// a₀·b₀ + a₁·b₁ in each lane, for the signed 16-bit halves of a lane of `self` and one of `other`.
    #[must_use]
    fn dot_halves(self, other: Self) -> Self;
}

impl U32x4 for [u32; LANES] {
    #[inline]
    fn load(values: &[u32; LANES]) -> Self {
        *values
    }
    #[inline]
    fn store(self, values: &mut [u32; LANES]) {
        *values = self;
    }
    #[inline]
    fn splat(value: u32) -> Self {
        [value; LANES]
    }
    #[inline]
    fn load_codes(codes: &[i8; 2 * LANES]) -> Self {
        let half = |code: i8| i32::from(code).cast_unsigned();
        core::array::from_fn(|lane| half(codes[2 * lane]) & 0xffff | half(codes[2 * lane + 1]) << 16)
    }
    #[inline]
    fn add(self, other: Self) -> Self {
        core::array::from_fn(|lane| self[lane].wrapping_add(other[lane]))
    }
    #[inline]
    fn or(self, other: Self) -> Self {
        core::array::from_fn(|lane| self[lane] | other[lane])
    }
    #[inline]
    fn xor(self, other: Self) -> Self {
        core::array::from_fn(|lane| self[lane] ^ other[lane])
    }
    #[inline]
    fn shift_left(self, places: u32) -> Self {
        self.map(|lane| lane << places)
    }
    #[inline]
    fn rotate_left(self, places: u32) -> Self {
        self.map(|lane| lane.rotate_left(places))
    }
    #[inline]
    fn dot_halves(self, other: Self) -> Self {
        let halves = |lane: u32| [lane.cast_signed() << 16 >> 16, lane.cast_signed() >> 16];
        core::array::from_fn(|lane| {
            let ([a0, a1], [b0, b1]) = (halves(self[lane]), halves(other[lane]));
            (a0 * b0).wrapping_add(a1 * b1).cast_unsigned()
        })
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::{LANES, U32x4};
    use core::arch::wasm32::{
        i16x8_load_extend_i8x8, i32x4_add, i32x4_dot_i16x8, i32x4_shl, u32x4_shr, u32x4_splat, v128, v128_load,
        v128_or, v128_store, v128_xor,
    };

    impl U32x4 for v128 {
        #[inline]
        fn load(values: &[u32; LANES]) -> Self {
            // SAFETY: the array is 16 readable bytes, and v128 loads need no alignment.
            unsafe { v128_load(values.as_ptr().cast()) }
        }
        #[inline]
        fn store(self, values: &mut [u32; LANES]) {
            // SAFETY: the array is 16 writable bytes, and v128 stores need no alignment.
            unsafe { v128_store(values.as_mut_ptr().cast(), self) }
        }
        #[inline]
        fn splat(value: u32) -> Self {
            u32x4_splat(value)
        }
        #[inline]
        fn load_codes(codes: &[i8; 2 * LANES]) -> Self {
            // SAFETY: the array is 8 readable bytes, and loads need no alignment.
            unsafe { i16x8_load_extend_i8x8(codes.as_ptr()) }
        }
        #[inline]
        fn add(self, other: Self) -> Self {
            i32x4_add(self, other)
        }
        #[inline]
        fn or(self, other: Self) -> Self {
            v128_or(self, other)
        }
        #[inline]
        fn xor(self, other: Self) -> Self {
            v128_xor(self, other)
        }
        #[inline]
        fn shift_left(self, places: u32) -> Self {
            i32x4_shl(self, places)
        }
        #[inline]
        fn rotate_left(self, places: u32) -> Self {
            v128_or(i32x4_shl(self, places), u32x4_shr(self, u32::BITS - places))
        }
        #[inline]
        fn dot_halves(self, other: Self) -> Self {
            i32x4_dot_i16x8(self, other)
        }
    }
}
