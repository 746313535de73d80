//! Register tile: dot products of four rows with eight centers.

use crate::distance::packing::Packed;
use crate::simd::vector::{LANES, Vector};

/// Number of vectors of centers in a tile.
pub(crate) const TILE_VECTORS: usize = 2;

/// Number of centers in a tile.
pub(crate) const TILE_CENTERS: usize = TILE_VECTORS * LANES;

/// Number of products in a partial sum. The rounding error of a sum grows with its length, and decides which distances
/// are computed again.
pub(crate) const PARTIAL_DIMS: usize = 32;

/// Σ_k x_k·c_k of four rows with eight centers.
///
/// Eight sums, two vectors of centers, a row's value and a product leave four of V8's fifteen registers. Each turn of
/// the loop is sixteen operations on six loads and nothing else: 93 to 103 % of the rate of multiply-adds alone. Of
/// other shapes in rows × vectors, 2 × 4 does as well; 3 × 3, 5 × 2, 6 × 2 and 4 × 3 spill, and 4 × 1, 2 × 2 and 1 × 2
/// load too much: 50 to 90 %. Unrolled by two or four here it reached 63 to 91 %; V8 unrolls by itself.
#[inline]
pub(crate) fn micro_kernel<V: Vector>(x: &Packed<1>, c: &Packed<TILE_VECTORS>) -> [[V; TILE_VECTORS]; LANES] {
    let mut totals = [[V::splat(0.0); TILE_VECTORS]; LANES];
    for (x, c) in x.chunks(PARTIAL_DIMS).zip(c.chunks(PARTIAL_DIMS)) {
        let mut sums = [[V::splat(0.0); TILE_VECTORS]; LANES];
        for ([x], c) in x.iter().zip(c) {
            let c = [V::load(&c[0]), V::load(&c[1])];
            for row in 0..LANES {
                let x = V::splat(x[row]);
                for n in 0..TILE_VECTORS {
                    sums[row][n] = x.mul_add(c[n], sums[row][n]);
                }
            }
        }
        for row in 0..LANES {
            for n in 0..TILE_VECTORS {
                totals[row][n] = totals[row][n].add(sums[row][n]);
            }
        }
    }
    totals
}
