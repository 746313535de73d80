//! The register tile: products of four rows with eight centers.

use crate::packed::Packed;
use crate::vector::{LANES, Vector};

/// Vectors of centers in a tile.
pub(crate) const WIDTH: usize = 2;

/// Centers in a tile.
pub(crate) const CENTERS: usize = WIDTH * LANES;

/// Products that are added up one by one before their sum joins the others: the rounding of a sum grows with its
/// length, and is what decides which distances must be computed again.
pub(crate) const RUN: usize = 32;

/// Σ_k x_k·c_k of four rows with eight centers.
///
/// Eight sums, two vectors of centers and a row's value leave five of the sixteen registers for products; one more
/// row or vector spills and halves the rate, one less leaves the units waiting. Each turn of the loop is sixteen
/// operations on six loads. Unrolled by two or four it was slower by 5 … 30 % in V8, which then keeps too much alive.
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
