//! Four `f64` lanes, for sums where the 24 bits of an `f32` are too few.
//!
//! The two implementations do the same operations on the same lanes in the same order, like those of `vector`.
#![allow(unsafe_code, reason = "v128 loads and stores go through raw pointers")]

use crate::simd::vector::{LANES, zip};

/// Four `f64` lanes. Arithmetic is lane-wise and follows IEEE 754, with the names of `core::ops`.
pub trait F64x4: Copy {
    /// Sets every lane to `value`.
    #[must_use]
    fn splat(value: f64) -> Self;
    /// Loads four values, the first one into lane 0.
    #[must_use]
    fn load(values: &[f64; LANES]) -> Self;
    /// Stores four values, lane 0 first.
    fn store(self, values: &mut [f64; LANES]);
    #[must_use]
    fn add(self, other: Self) -> Self;
    #[must_use]
    fn sub(self, other: Self) -> Self;
    #[must_use]
    fn mul(self, other: Self) -> Self;
    /// Adds the lanes in a fixed order: (lane 0 + lane 2) + (lane 1 + lane 3).
    #[must_use]
    fn sum(self) -> f64;

    /// self · factor + addend, rounded after each of the two operations: never fused.
    #[must_use]
    #[inline]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.mul(factor).add(addend)
    }
}

impl F64x4 for [f64; LANES] {
    #[inline]
    fn splat(value: f64) -> Self {
        [value; LANES]
    }
    #[inline]
    fn load(values: &[f64; LANES]) -> Self {
        *values
    }
    #[inline]
    fn store(self, values: &mut [f64; LANES]) {
        *values = self;
    }
    #[inline]
    fn add(self, other: Self) -> Self {
        zip(self, other, |a, b| a + b)
    }
    #[inline]
    fn sub(self, other: Self) -> Self {
        zip(self, other, |a, b| a - b)
    }
    #[inline]
    fn mul(self, other: Self) -> Self {
        zip(self, other, |a, b| a * b)
    }
    #[inline]
    fn sum(self) -> f64 {
        let [a, b, c, d] = self;
        (a + c) + (b + d)
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::{F64x4, LANES};
    use core::arch::wasm32::{
        f64x2_add, f64x2_extract_lane, f64x2_mul, f64x2_splat, f64x2_sub, v128, v128_load, v128_store,
    };

    /// The first vector holds lanes 0 and 1, the second lanes 2 and 3.
    impl F64x4 for [v128; 2] {
        #[inline]
        fn splat(value: f64) -> Self {
            [f64x2_splat(value); 2]
        }
        #[inline]
        fn load(values: &[f64; LANES]) -> Self {
            let [low, high, ..] = values.as_chunks::<2>().0 else { crate::simd::vector::trap() };
            // SAFETY: both arrays are 16 readable bytes, and v128 loads need no alignment.
            unsafe { [v128_load(low.as_ptr().cast()), v128_load(high.as_ptr().cast())] }
        }
        #[inline]
        fn store(self, values: &mut [f64; LANES]) {
            let [low, high, ..] = values.as_chunks_mut::<2>().0 else { crate::simd::vector::trap() };
            // SAFETY: both arrays are 16 writable bytes, and v128 stores need no alignment.
            unsafe {
                v128_store(low.as_mut_ptr().cast(), self[0]);
                v128_store(high.as_mut_ptr().cast(), self[1]);
            }
        }
        #[inline]
        fn add(self, other: Self) -> Self {
            [f64x2_add(self[0], other[0]), f64x2_add(self[1], other[1])]
        }
        #[inline]
        fn sub(self, other: Self) -> Self {
            [f64x2_sub(self[0], other[0]), f64x2_sub(self[1], other[1])]
        }
        #[inline]
        fn mul(self, other: Self) -> Self {
            [f64x2_mul(self[0], other[0]), f64x2_mul(self[1], other[1])]
        }
        #[inline]
        fn sum(self) -> f64 {
            let pairs = f64x2_add(self[0], self[1]);
            f64x2_extract_lane::<0>(pairs) + f64x2_extract_lane::<1>(pairs)
        }
    }
}
