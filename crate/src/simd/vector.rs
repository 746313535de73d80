//! Four `f32` lanes, twice: `v128` of WebAssembly SIMD and `[f32; 4]` for every other target.
//!
//! Every kernel is written once over [`Vector`]. Both implementations do the same operations on the same lanes in
//! the same order and never fuse a multiplication with an addition, so that native tests run the very arithmetic that
//! ships: their results are equal to the last bit. Only this file, `wide` and `integers` know of `core::arch`.
#![allow(unsafe_code, reason = "v128 loads and stores go through raw pointers")]

use crate::simd::f64x4::Wide;
use crate::simd::u32x4::Integers;

/// The number of lanes of a [`Vector`].
pub const LANES: usize = 4;

/// Four `f32` lanes and the few operations that the kernels need.
pub trait Vector: Copy {
    /// The same lanes as `f64`.
    type Wide: Wide;
    /// Vector of `u32` with the same number of lanes.
    type Integers: Integers;
    /// The lanes as `f64`.
    #[must_use]
    fn widen(self) -> Self::Wide;
    /// The nearest `f32` of each lane.
    #[must_use]
    fn narrow(wide: Self::Wide) -> Self;
    /// The values of four binary16, by their bits.
    #[must_use]
    fn load_half(bits: &[u16; LANES]) -> Self;
    /// `value` in every lane.
    #[must_use]
    fn splat(value: f32) -> Self;
    /// The four values, first value in lane 0.
    #[must_use]
    fn load(values: &[f32; LANES]) -> Self;
    /// Writes lane 0 to the first value.
    fn store(self, values: &mut [f32; LANES]);
    /// a + b
    #[must_use]
    fn add(self, other: Self) -> Self;
    /// a − b
    #[must_use]
    fn sub(self, other: Self) -> Self;
    /// a · b
    #[must_use]
    fn mul(self, other: Self) -> Self;
    /// a / b
    #[must_use]
    fn div(self, other: Self) -> Self;
    /// √a
    #[must_use]
    fn sqrt(self) -> Self;
    /// The lanes where a is less than b, 0 in the others, as where either is NaN.
    #[must_use]
    fn where_less(self, a: Self, b: Self) -> Self;
    /// The larger of each pair of lanes; NaN where either is NaN.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller of each pair of lanes; that of `self` where either is NaN.
    #[must_use]
    fn min_or_self(self, other: Self) -> Self;
    /// The smallest lanes of four vectors, as the lanes of one; none is NaN.
    #[must_use]
    fn least_each(vectors: [Self; LANES]) -> Self;
    /// Bit i is set where lane i is larger than that of `other`; never for NaN.
    #[must_use]
    fn greater(self, other: Self) -> u32;
    /// The matrix that has the four vectors as its rows, turned so that they are its columns.
    #[must_use]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];
    /// 0 in all lanes but the last `count`.
    #[must_use]
    fn keep_last(self, count: usize) -> Self;
    /// 2ⁿ for lanes that hold whole numbers n in −126 … 127.
    #[must_use]
    fn power_of_two(self) -> Self;
    /// Nearest `f32` of each integer in −2³¹ … 2³¹ − 1, in two's complement.
    #[must_use]
    fn from_signed(integers: Self::Integers) -> Self;
    /// Splits normal positive x = 2ᵉ·m into the whole numbers e and m in √½ … √2.
    #[must_use]
    fn split_exponent(self) -> (Self, Self);
    /// The four lanes as an array.
    #[must_use]
    fn to_array(self) -> [f32; LANES];

    /// a · b + c, rounded after each of the two operations.
    #[must_use]
    #[inline]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.mul(factor).add(addend)
    }

    /// The sums of four vectors, each (lane 0 + lane 2) + (lane 1 + lane 3), as the lanes of one.
    #[must_use]
    fn sum_each(vectors: [Self; LANES]) -> Self;

    /// (lane 0 + lane 2) + (lane 1 + lane 3)
    #[must_use]
    #[inline]
    fn sum(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        (a + c) + (b + d)
    }

    /// The smallest lane; none is NaN.
    #[must_use]
    #[inline]
    fn least(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        lesser(lesser(a, b), lesser(c, d))
    }

    /// Up to three values, the other lanes 0: two rows so loaded differ by 0 there, and one body serves all lengths.
    /// Not inlined: a row needs it once at the most, and every kernel would carry several copies.
    #[must_use]
    #[inline(never)]
    fn load_partial(values: &[f32]) -> Self {
        // Spelled out: a loop becomes a call to copy memory, which takes longer than all the rest.
        Self::load(&match *values {
            [a] => [a, 0.0, 0.0, 0.0],
            [a, b] => [a, b, 0.0, 0.0],
            [a, b, c] => [a, b, c, 0.0],
            _ => [0.0; LANES],
        })
    }

    /// Writes the first lanes to up to three values.
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

/// The bits of a binary16, as those of an `f32` 13 places higher, have an exponent that is so much too small: 2¹¹².
const HALF_TO_FLOAT: f32 = f32::from_bits((112 + 127) << 23);
/// Bits of a binary16 from which on it is not finite; so is the `f32` with all bits of its exponent.
pub(crate) const HALF_INFINITE: u16 = 0x7c00;

/// Bits of √½, the least m of [`Vector::split_exponent`].
const LEAST_SIGNIFICAND: i32 = 0x3f35_04f3;

/// The lesser of the two, a where either is NaN: in WebAssembly, `f32::min` is a call.
#[inline]
pub(crate) fn lesser(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

#[inline]
pub(crate) fn zip<T: Copy>(a: [T; LANES], b: [T; LANES], of: impl Fn(T, T) -> T) -> [T; LANES] {
    [of(a[0], b[0]), of(a[1], b[1]), of(a[2], b[2]), of(a[3], b[3])]
}

impl Vector for [f32; LANES] {
    type Wide = [f64; LANES];
    type Integers = [u32; LANES];
    #[inline]
    fn widen(self) -> Self::Wide {
        self.map(f64::from)
    }
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "it is rounded on purpose")]
    fn narrow(wide: Self::Wide) -> Self {
        wide.map(|value| value as f32)
    }
    #[inline]
    fn load_half(bits: &[u16; LANES]) -> Self {
        bits.map(|bits| {
            let magnitude = bits & 0x7fff;
            let finite = f32::from_bits(u32::from(magnitude) << 13) * HALF_TO_FLOAT;
            let special = if magnitude < HALF_INFINITE { 0 } else { 0x7f80_0000 };
            f32::from_bits(finite.to_bits() | special | u32::from(bits & 0x8000) << 16)
        })
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
    #[allow(clippy::cast_possible_truncation, reason = "the root of an f32, by way of f64, is rounded as if at once")]
    fn sqrt(self) -> Self {
        self.map(|lane| sqrt(f64::from(lane)) as f32)
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
        zip(self, other, lesser)
    }
    #[inline]
    fn least_each(vectors: [Self; LANES]) -> Self {
        vectors.map(Vector::least)
    }
    #[inline]
    fn greater(self, other: Self) -> u32 {
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
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lanes hold −126 … 127")]
    fn power_of_two(self) -> Self {
        self.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "it is rounded on purpose")]
    fn from_signed(integers: Self::Integers) -> Self {
        integers.map(|integer| integer.cast_signed() as f32)
    }
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "exponents have eight bits")]
    fn split_exponent(self) -> (Self, Self) {
        let offsets = self.map(|x| x.to_bits().cast_signed() - LEAST_SIGNIFICAND);
        let significand = |offset: i32| f32::from_bits(((offset & 0x7f_ffff) + LEAST_SIGNIFICAND).cast_unsigned());
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
    use super::{HALF_INFINITE, HALF_TO_FLOAT, LANES, LEAST_SIGNIFICAND, Vector};
    use core::arch::wasm32::{
        f32x4_add, f32x4_convert_i32x4, f32x4_demote_f64x2_zero, f32x4_div, f32x4_gt, f32x4_lt, f32x4_max, f32x4_mul,
        f32x4_pmin, f32x4_splat, f32x4_sqrt, f32x4_sub, f64x2_promote_low_f32x4, i32x4, i32x4_add, i32x4_bitmask,
        i32x4_ge, i32x4_shl, i32x4_shr, i32x4_shuffle, i32x4_splat, i32x4_sub, i32x4_trunc_sat_f32x4, i64x2_shuffle,
        u32x4_extend_low_u16x8, u32x4_splat, v128, v128_and, v128_load, v128_load64_zero, v128_or, v128_store,
    };

    impl Vector for v128 {
        type Wide = [v128; 2];
        type Integers = v128;
        #[inline]
        fn widen(self) -> Self::Wide {
            let high = i32x4_shuffle::<2, 3, 2, 3>(self, self);
            [f64x2_promote_low_f32x4(self), f64x2_promote_low_f32x4(high)]
        }
        #[inline]
        fn narrow([low, high]: Self::Wide) -> Self {
            let (low, high) = (f32x4_demote_f64x2_zero(low), f32x4_demote_f64x2_zero(high));
            // Their upper lanes are 0. A shuffle of both the compiler would make four conversions, lane by lane.
            v128_or(low, i64x2_shuffle::<1, 0>(high, high))
        }
        #[inline]
        fn load_half(bits: &[u16; LANES]) -> Self {
            // SAFETY: the array is 8 readable bytes, and v128 loads need no alignment.
            let bits = u32x4_extend_low_u16x8(unsafe { v128_load64_zero(bits.as_ptr().cast()) });
            let magnitude = v128_and(bits, u32x4_splat(0x7fff));
            let finite = f32x4_mul(i32x4_shl(magnitude, 13), f32x4_splat(HALF_TO_FLOAT));
            let is_special = i32x4_ge(magnitude, i32x4_splat(HALF_INFINITE.into()));
            let special = v128_and(is_special, u32x4_splat(0x7f80_0000));
            let sign = i32x4_shl(v128_and(bits, u32x4_splat(0x8000)), 16);
            v128_or(v128_or(finite, special), sign)
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
        fn least_each(vectors: [Self; LANES]) -> Self {
            let [a, b, c, d] = Self::transpose(vectors);
            f32x4_pmin(f32x4_pmin(a, b), f32x4_pmin(c, d))
        }
        #[inline]
        fn greater(self, other: Self) -> u32 {
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
            i32x4_shl(i32x4_add(i32x4_trunc_sat_f32x4(self), i32x4_splat(127)), 23)
        }
        #[inline]
        fn from_signed(integers: Self::Integers) -> Self {
            f32x4_convert_i32x4(integers)
        }
        #[inline]
        fn split_exponent(self) -> (Self, Self) {
            let least = i32x4_splat(LEAST_SIGNIFICAND);
            let offset = i32x4_sub(self, least);
            let significand = i32x4_add(v128_and(offset, u32x4_splat(0x7f_ffff)), least);
            (f32x4_convert_i32x4(i32x4_shr(offset, 23)), significand)
        }
        #[inline]
        fn sum_each([a, b, c, d]: [Self; LANES]) -> Self {
            // Pairs of halves, then pairs of pairs: three additions for four sums.
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

/// The lanes that the target has.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub type Lanes = core::arch::wasm32::v128;
/// The lanes that the target has.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub type Lanes = [f32; LANES];

/// √x, correctly rounded as everywhere: the instruction where there is one within reach.
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

/// Stops the module as a panic does, without the message that none could read there.
#[cfg(target_arch = "wasm32")]
#[inline]
pub(crate) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}
/// Stops the module as a panic does, without the message that none could read there.
#[cfg(not(target_arch = "wasm32"))]
#[track_caller]
pub(crate) fn trap() -> ! {
    panic!("a kernel was called with operands that do not fit each other")
}
