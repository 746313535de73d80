//! The register tile: products of four rows with eight centers.

use crate::distance::packing::Packed;
use crate::simd::vector::{LANES, Vector};

/// Vectors of centers in a tile.
pub(crate) const WIDTH: usize = 2;

/// Centers in a tile.
pub(crate) const CENTERS: usize = WIDTH * LANES;

/// Products that are added up one by one before their sum joins the others: the rounding of a sum grows with its
/// length, and is what decides which distances must be computed again.
pub(crate) const RUN: usize = 32;

/// Σ_k x_k·c_k of four rows with eight centers.
///
/// Eight sums, two vectors of centers, a row's value and a product leave four of V8's fifteen registers: each turn of
/// the loop is sixteen operations on six loads and nothing else, 93 to 103 % of the rate of multiply-adds alone. In
/// rows × vectors, 2 × 4 does as well; 3 × 3, 5 × 2, 6 × 2 and 4 × 3 spill, and 4 × 1, 2 × 2 and 1 × 2 load too much:
/// 50 to 90 %. Unrolled here by two or four it reached 63 to 91 %; V8 unrolls by itself.
#[inline]
pub(crate) fn products<V: Vector>(x: &Packed<1>, c: &Packed<WIDTH>) -> [[V; WIDTH]; LANES] {
    let mut totals = [[V::splat(0.0); WIDTH]; LANES];
    for (x, c) in x.chunks(RUN).zip(c.chunks(RUN)) {
        let mut sums = [[V::splat(0.0); WIDTH]; LANES];
        for ([x], c) in x.iter().zip(c) {
            let c = [V::load(&c[0]), V::load(&c[1])];
            for row in 0..LANES {
                let x = V::splat(x[row]);
                for n in 0..WIDTH {
                    sums[row][n] = x.mul_add(c[n], sums[row][n]);
                }
            }
        }
        for row in 0..LANES {
            for n in 0..WIDTH {
                totals[row][n] = totals[row][n].add(sums[row][n]);
            }
        }
    }
    totals
}
