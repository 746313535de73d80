//! Sums of rows of one class about a pivot p, several rows in one walk: Σ w·d and Σ w·d², d = x − p.

use crate::rows::shape::{slice, split_mut};
use crate::simd::vector::{LANES, Vector, trap};

/// Number of rows in a walk, which loads and stores the sums once for all of them. The rows are added one after the
/// other, so that a sum has the same bits as with one row in each walk.
pub(crate) const ROWS_PER_PASS: usize = 4;

/// after ← before plus `R` rows: Σ w·d and behind it, with `SQUARES`, Σ w·d².
///
/// Returns the sum of the last of these over all dimensions: NaN or infinite if a row is, or if a sum exceeds `f32`.
#[inline(never)]
pub(crate) fn add<V: Vector, const R: usize, const SQUARES: bool>(
    rows: [&[f32]; R],
    pivot: &[f32],
    weights: [f32; R],
    before: &[f32],
    after: &mut [f32],
) -> f32 {
    let dim = pivot.len();
    let (vectors, rest) = (dim / LANES, dim % LANES);
    let weights = weights.map(V::splat);
    // Without `SQUARES` the second sums are empty, and never read.
    let (sums_after, squares_after) = split_mut(after, dim);
    let (sums, squares) = (slice(before, 0, dim), if SQUARES { slice(before, dim, dim) } else { &[] });
    let step = |x: [V; R], pivot: V, mut sum: V, mut square: V| {
        for r in 0..R {
            let difference = x[r].sub(pivot);
            let weighted = weights[r].mul(difference);
            sum = sum.add(weighted);
            if SQUARES {
                square = weighted.mul_add(difference, square);
            }
        }
        (sum, square)
    };
    let mut check = V::splat(0.0);
    {
        // Slices of one length let the compiler drop the bounds checks in the loop.
        let lanes = |values| slice(<[f32]>::as_chunks::<LANES>(values).0, 0, vectors);
        let (x, pivot, sums) = (rows.map(lanes), lanes(pivot), lanes(sums));
        let squares = if SQUARES { lanes(squares) } else { &[] };
        let sums_after = sums_after.as_chunks_mut::<LANES>().0;
        let squares_after = squares_after.as_chunks_mut::<LANES>().0;
        let (Some(sums_after), Some(squares_after)) =
            (sums_after.get_mut(..vectors), squares_after.get_mut(..if SQUARES { vectors } else { 0 }))
        else {
            trap()
        };
        for i in 0..vectors {
            let square = if SQUARES { V::load(&squares[i]) } else { check };
            let x = x.map(|row| V::load(&row[i]));
            let (sum, square) = step(x, V::load(&pivot[i]), V::load(&sums[i]), square);
            sum.store(&mut sums_after[i]);
            if SQUARES {
                square.store(&mut squares_after[i]);
            }
            check = check.add(if SQUARES { square } else { sum });
        }
    }
    if rest > 0 {
        let last = |values| V::load_partial(slice(values, dim - rest, rest));
        let (sum, square) = step(rows.map(last), last(pivot), last(sums), if SQUARES { last(squares) } else { check });
        let from = dim - rest;
        let Some(sums_after) = sums_after.get_mut(from..) else { trap() };
        sum.store_partial(sums_after);
        if SQUARES {
            let Some(squares_after) = squares_after.get_mut(from..) else { trap() };
            square.store_partial(squares_after);
        }
        check = check.add(if SQUARES { square } else { sum });
    }
    check.sum()
}
