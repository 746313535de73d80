//! Four `f32` lanes: `v128` of WebAssembly SIMD, and `[f32; 4]` for every other target.
//!
//! Every kernel is written once, generic over [`Vector`]. Both implementations do the same operations on the same lanes
//! in the same order and never fuse a multiplication with an addition. So native tests run the arithmetic that ships,
//! with results that are equal to the last bit.
//!
//! [`trap`] is the crate's panic: it stops the module without a message. Messages would make the module larger, and no
//! caller of a WebAssembly module could read them.
//!
//! Functions that are `inline(never)`, here and in all kernels, exist once for all their callers, which keeps the
//! module small, or have a loop that needs all registers.
#![allow(unsafe_code, reason = "v128 loads and stores go through raw pointers")]

use crate::simd::f64x4::F64x4;
use crate::simd::u32x4::U32x4;

/// Number of lanes of a [`Vector`].
pub const LANES: usize = 4;

/// Four `f32` lanes. Arithmetic is lane-wise and follows IEEE 754, with the names of `core::ops`.
pub trait Vector: Copy {
    /// Vector of `f64` with the same number of lanes.
    type F64x4: F64x4;
    /// Vector of `u32` with the same number of lanes.
    type U32x4: U32x4;
    /// Converts each lane to `f64`, exactly.
    #[must_use]
    fn widen(self) -> Self::F64x4;
    /// Rounds each lane to the nearest `f32`.
    #[must_use]
    fn narrow(wide: Self::F64x4) -> Self;
    /// Sets every lane to `value`.
    #[must_use]
    fn splat(value: f32) -> Self;
    /// Loads four values, the first one into lane 0.
    #[must_use]
    fn load(values: &[f32; LANES]) -> Self;
    /// Stores four values, lane 0 first.
    fn store(self, values: &mut [f32; LANES]);
    #[must_use]
    fn add(self, other: Self) -> Self;
    #[must_use]
    fn sub(self, other: Self) -> Self;
    #[must_use]
    fn mul(self, other: Self) -> Self;
    #[must_use]
    fn div(self, other: Self) -> Self;
    #[must_use]
    fn sqrt(self) -> Self;
    /// Keeps the lanes where a < b and sets the others to 0, also those where a or b is NaN.
    #[must_use]
    fn where_less(self, a: Self, b: Self) -> Self;
    /// Larger of each pair of lanes; NaN where either is NaN.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// Smaller of each pair of lanes; the lane of `self` where either is NaN.
    #[must_use]
    fn min_or_self(self, other: Self) -> Self;
    /// Larger of each pair of lanes; the lane of `self` where either is NaN.
    #[must_use]
    fn max_or_self(self, other: Self) -> Self;
    /// Smallest lane of each of four vectors. No lane may be NaN.
    #[must_use]
    fn min_each(vectors: [Self; LANES]) -> Self;
    /// Mask with bit i set where lane i is larger than lane i of `other`; NaN is never larger.
    #[must_use]
    fn greater_mask(self, other: Self) -> u32;
    /// Transposes the 4 × 4 matrix with these rows.
    #[must_use]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];
    /// Sets all lanes but the last `count` to 0.
    #[must_use]
    fn keep_last(self, count: usize) -> Self;
    /// Computes 2ⁿ. The lanes hold whole numbers n in −127 … 127; 2⁻¹²⁷ counts as 0.
    #[must_use]
    fn power_of_two(self) -> Self;
    /// Rounds each integer, read in two's complement, to the nearest `f32`.
    #[must_use]
    fn from_signed(integers: Self::U32x4) -> Self;
    /// Bits of each lane.
    #[must_use]
    fn bits(self) -> Self::U32x4;
    /// Rounds each lane to an integer, ties to even; the lanes hold −2¹⁵ … 2¹⁵ − 1. The integers of `self` are the low
    /// halves of the result, those of `high` the high halves.
    #[must_use]
    fn round_to_halves(self, high: Self) -> Self::U32x4;
    /// Splits normal positive x = 2ᵉ·m into the whole numbers e and m in √½ … √2.
    #[must_use]
    fn split_exponent(self) -> (Self, Self);
    /// Copies the lanes to an array.
    #[must_use]
    fn to_array(self) -> [f32; LANES];

    /// self · factor + addend, rounded after each of the two operations: never fused.
    #[must_use]
    #[inline]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.mul(factor).add(addend)
    }

    /// Sum of the lanes of each of four vectors, added as in [`Vector::sum`].
    #[must_use]
    fn sum_each(vectors: [Self; LANES]) -> Self;

    /// Adds the lanes in a fixed order: (lane 0 + lane 2) + (lane 1 + lane 3).
    #[must_use]
    #[inline]
    fn sum(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        (a + c) + (b + d)
    }

    /// Smallest lane. No lane may be NaN.
    #[must_use]
    #[inline]
    fn min_lane(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        min_or_first(min_or_first(a, b), min_or_first(c, d))
    }

    /// Loads up to three values and sets the other lanes to 0. Two rows that are loaded this way differ by 0 there.
    #[must_use]
    #[inline(never)]
    fn load_partial(values: &[f32]) -> Self {
        // Written out by hand: LLVM turns a loop into a call to copy memory, slower than the rest of the kernel.
        Self::load(&match *values {
            [a] => [a, 0.0, 0.0, 0.0],
            [a, b] => [a, b, 0.0, 0.0],
            [a, b, c] => [a, b, c, 0.0],
            _ => [0.0; LANES],
        })
    }

    /// Stores the first lanes to up to three values.
    #[inline(never)]
    fn store_partial(self, values: &mut [f32]) {
        let lanes = self.to_array();
        match values {
            [a] => [*a] = [lanes[0]],
            [a, b] => [*a, *b] = [lanes[0], lanes[1]],
            [a, b, c] => [*a, *b, *c] = [lanes[0], lanes[1], lanes[2]],
            _ => {}
        }
    }
}

/// 1.5·2²³: the low bits of this number plus n are those of n, rounded.
const ROUNDER: f32 = 12_582_912.0;

/// Bits of √½, the smallest m of [`Vector::split_exponent`].
const MIN_SIGNIFICAND_BITS: i32 = 0x3f35_04f3;

/// Smaller of the two; `a` where either is NaN. In WebAssembly, `f32::min` would be a call.
#[inline]
pub(crate) fn min_or_first(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

#[inline]
pub(crate) fn zip<T: Copy>(a: [T; LANES], b: [T; LANES], f: impl Fn(T, T) -> T) -> [T; LANES] {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

impl Vector for [f32; LANES] {
    type F64x4 = [f64; LANES];
    type U32x4 = [u32; LANES];
    #[inline]
    fn widen(self) -> Self::F64x4 {
        self.map(f64::from)
    }
    #[inline]
    fn narrow(wide: Self::F64x4) -> Self {
        wide.map(round_to_f32)
    }
    #[inline]
    fn splat(value: f32) -> Self {
        [value; LANES]
    }
    #[inline]
    fn load(values: &[f32; LANES]) -> Self {
        *values
    }
    #[inline]
    fn store(self, values: &mut [f32; LANES]) {
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
    fn div(self, other: Self) -> Self {
        zip(self, other, |a, b| a / b)
    }
    #[inline]
    fn sqrt(self) -> Self {
        self.map(|lane| round_to_f32(sqrt(f64::from(lane))))
    }
    #[inline]
    fn where_less(self, a: Self, b: Self) -> Self {
        core::array::from_fn(|lane| if a[lane] < b[lane] { self[lane] } else { 0.0 })
    }
    #[inline]
    fn max(self, other: Self) -> Self {
        zip(self, other, |a, b| if a > b || a.is_nan() { a } else { b })
    }
    #[inline]
    fn min_or_self(self, other: Self) -> Self {
        zip(self, other, min_or_first)
    }
    #[inline]
    fn max_or_self(self, other: Self) -> Self {
        zip(self, other, |a, b| if a < b { b } else { a })
    }
    #[inline]
    fn min_each(vectors: [Self; LANES]) -> Self {
        vectors.map(Vector::min_lane)
    }
    #[inline]
    fn greater_mask(self, other: Self) -> u32 {
        let bit = |lane: usize| u32::from(self[lane] > other[lane]) << lane;
        bit(0) | bit(1) | bit(2) | bit(3)
    }
    #[inline]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        core::array::from_fn(|column| rows.map(|row| row[column]))
    }
    #[inline]
    fn keep_last(self, count: usize) -> Self {
        core::array::from_fn(|lane| if lane + count < LANES { 0.0 } else { self[lane] })
    }
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lanes hold −127 … 127")]
    fn power_of_two(self) -> Self {
        self.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "it is rounded on purpose")]
    fn from_signed(integers: Self::U32x4) -> Self {
        integers.map(|integer| integer.cast_signed() as f32)
    }
    #[inline]
    fn bits(self) -> Self::U32x4 {
        self.map(f32::to_bits)
    }
    #[inline]
    fn round_to_halves(self, high: Self) -> Self::U32x4 {
        let low = self.map(|lane| (lane + ROUNDER).to_bits() & 0xffff);
        core::array::from_fn(|lane| low[lane] | (high[lane] + ROUNDER).to_bits() << 16)
    }
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "exponents have eight bits")]
    fn split_exponent(self) -> (Self, Self) {
        let offsets = self.map(|x| x.to_bits().cast_signed() - MIN_SIGNIFICAND_BITS);
        let significand = |offset: i32| f32::from_bits(((offset & 0x7f_ffff) + MIN_SIGNIFICAND_BITS).cast_unsigned());
        (offsets.map(|offset| (offset >> 23) as f32), offsets.map(significand))
    }
    #[inline]
    fn sum_each(vectors: [Self; LANES]) -> Self {
        vectors.map(Vector::sum)
    }
    #[inline]
    fn to_array(self) -> [f32; LANES] {
        self
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::{LANES, MIN_SIGNIFICAND_BITS, ROUNDER, Vector};
    use core::arch::wasm32::{
        f32x4_add, f32x4_convert_i32x4, f32x4_demote_f64x2_zero, f32x4_div, f32x4_gt, f32x4_lt, f32x4_max, f32x4_mul,
        f32x4_pmax, f32x4_pmin, f32x4_splat, f32x4_sqrt, f32x4_sub, f64x2_promote_low_f32x4, i32x4, i32x4_add,
        i32x4_bitmask, i32x4_ge, i32x4_shl, i32x4_shr, i32x4_shuffle, i32x4_splat, i32x4_sub, i64x2_shuffle,
        u32x4_splat, v128, v128_and, v128_load, v128_or, v128_store,
    };

    impl Vector for v128 {
        type F64x4 = [v128; 2];
        type U32x4 = v128;
        #[inline]
        fn widen(self) -> Self::F64x4 {
            let high = i32x4_shuffle::<2, 3, 2, 3>(self, self);
            [f64x2_promote_low_f32x4(self), f64x2_promote_low_f32x4(high)]
        }
        #[inline]
        fn narrow([low, high]: Self::F64x4) -> Self {
            let (low, high) = (f32x4_demote_f64x2_zero(low), f32x4_demote_f64x2_zero(high));
            // The upper lanes of both are 0. The compiler turns a shuffle of both into four conversions, lane by lane.
            v128_or(low, i64x2_shuffle::<1, 0>(high, high))
        }
        #[inline]
        fn splat(value: f32) -> Self {
            f32x4_splat(value)
        }
        #[inline]
        fn load(values: &[f32; LANES]) -> Self {
            // SAFETY: the array is 16 readable bytes, and v128 loads need no alignment.
            unsafe { v128_load(values.as_ptr().cast()) }
        }
        #[inline]
        fn store(self, values: &mut [f32; LANES]) {
            // SAFETY: the array is 16 writable bytes, and v128 stores need no alignment.
            unsafe { v128_store(values.as_mut_ptr().cast(), self) }
        }
        #[inline]
        fn add(self, other: Self) -> Self {
            f32x4_add(self, other)
        }
        #[inline]
        fn sub(self, other: Self) -> Self {
            f32x4_sub(self, other)
        }
        #[inline]
        fn mul(self, other: Self) -> Self {
            f32x4_mul(self, other)
        }
        #[inline]
        fn div(self, other: Self) -> Self {
            f32x4_div(self, other)
        }
        #[inline]
        fn sqrt(self) -> Self {
            f32x4_sqrt(self)
        }
        #[inline]
        fn where_less(self, a: Self, b: Self) -> Self {
            v128_and(self, f32x4_lt(a, b))
        }
        #[inline]
        fn max(self, other: Self) -> Self {
            f32x4_max(self, other)
        }
        #[inline]
        fn min_or_self(self, other: Self) -> Self {
            f32x4_pmin(self, other)
        }
        #[inline]
        fn max_or_self(self, other: Self) -> Self {
            f32x4_pmax(self, other)
        }
        #[inline]
        fn min_each(vectors: [Self; LANES]) -> Self {
            let [a, b, c, d] = Self::transpose(vectors);
            f32x4_pmin(f32x4_pmin(a, b), f32x4_pmin(c, d))
        }
        #[inline]
        fn greater_mask(self, other: Self) -> u32 {
            u32::from(i32x4_bitmask(f32x4_gt(self, other)))
        }
        #[inline]
        fn transpose([a, b, c, d]: [Self; LANES]) -> [Self; LANES] {
            let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
            let (ab_high, cd_high) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
            [
                i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
                i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
                i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high),
                i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high),
            ]
        }
        #[inline]
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "counts are 0 … 4")]
        fn keep_last(self, count: usize) -> Self {
            let first = i32x4_splat(LANES as i32 - count as i32);
            v128_and(self, i32x4_ge(i32x4(0, 1, 2, 3), first))
        }
        #[inline]
        fn power_of_two(self) -> Self {
            // Adding 1.5·2²³ leaves the whole number in the low bits.
            i32x4_shl(f32x4_add(self, f32x4_splat(12_582_912.0 + 127.0)), 23)
        }
        #[inline]
        fn from_signed(integers: Self::U32x4) -> Self {
            f32x4_convert_i32x4(integers)
        }
        #[inline]
        fn bits(self) -> Self::U32x4 {
            self
        }
        #[inline]
        fn round_to_halves(self, high: Self) -> Self::U32x4 {
            let [low, high] = [self, high].map(|lanes| f32x4_add(lanes, f32x4_splat(ROUNDER)));
            v128_or(v128_and(low, u32x4_splat(0xffff)), i32x4_shl(high, 16))
        }
        #[inline]
        fn split_exponent(self) -> (Self, Self) {
            let min = i32x4_splat(MIN_SIGNIFICAND_BITS);
            let offset = i32x4_sub(self, min);
            let significand = i32x4_add(v128_and(offset, u32x4_splat(0x7f_ffff)), min);
            (f32x4_convert_i32x4(i32x4_shr(offset, 23)), significand)
        }
        #[inline]
        fn sum_each([a, b, c, d]: [Self; LANES]) -> Self {
            // Add pairs of halves, then pairs of pairs: three additions for four sums.
            let ab = f32x4_add(i32x4_shuffle::<0, 1, 4, 5>(a, b), i32x4_shuffle::<2, 3, 6, 7>(a, b));
            let cd = f32x4_add(i32x4_shuffle::<0, 1, 4, 5>(c, d), i32x4_shuffle::<2, 3, 6, 7>(c, d));
            f32x4_add(i32x4_shuffle::<0, 2, 4, 6>(ab, cd), i32x4_shuffle::<1, 3, 5, 7>(ab, cd))
        }
        #[inline]
        fn to_array(self) -> [f32; LANES] {
            let mut lanes = [0.0; LANES];
            self.store(&mut lanes);
            lanes
        }
    }
}

/// Lanes of the target.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub type Lanes = core::arch::wasm32::v128;
/// Lanes of the target.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub type Lanes = [f32; LANES];

/// √x by the vector instruction, correctly rounded as [`libm::sqrt`].
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) fn sqrt(x: f64) -> f64 {
    use core::arch::wasm32::{f64x2_extract_lane, f64x2_splat, f64x2_sqrt};
    f64x2_extract_lane::<0>(f64x2_sqrt(f64x2_splat(x)))
}
/// √x, correctly rounded.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// Rounds to the nearest `f32`: rows, centers, gradients, weights and scores are stored as `f32`. Values that overflow
/// become infinite.
#[allow(clippy::cast_possible_truncation, reason = "the rounding is wanted")]
#[inline]
pub(crate) fn round_to_f32(value: f64) -> f32 {
    value as f32
}

/// Stops the module.
#[cfg(target_arch = "wasm32")]
#[inline]
pub(crate) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}
/// Panics.
#[cfg(not(target_arch = "wasm32"))]
#[track_caller]
pub(crate) fn trap() -> ! {
    panic!("a kernel was called with operands that do not fit each other")
}
