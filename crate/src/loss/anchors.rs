//! Centers that are anchors on axes, c_j = a_j·e_j with C ≤ D: distances and ∂ℓ/∂x of a row in O(C + D).
//!
//! x: a row; N = ‖x‖²; a: anchors [C]; f: factors [C]; y: class of the row.
//!
//! d²_j = (N − x²_j) + (x_j − a_j)², and Σ_j f_j·(x − c_j) has the value F_k·x_k + f_k·(x_k − a_k) in dimension k, with
//! F_k = Σ_{j≠k} f_j. Both differences could cancel, that of N where x lies along an axis, that of f where one class has
//! most of the gradient. N − x²_j is at least N/2, and then as exact as N, for every j but one at most; the same holds for
//! the sum of the other classes' factors, none of which is positive, without f_k. The one that falls below the half is summed
//! without x_j, or f_k. So each distance and each value of a gradient is as exact as the sum of the differences.

use crate::loss::softmin_state::sum_of_others;
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut};
use crate::rows::walk::for_lanes;
use crate::rows::walk_f64::{squared_norm, sum};
use crate::simd::u32x4::U32x4;
use crate::simd::vector::{LANES, Vector, round_to_f32};
use core::cell::Cell;

/// Number of values that are looked at together for one above the half.
const CHUNK_LEN: usize = 16 * LANES;

/// Returns true if the centers are anchors, and writes a to `anchors` [C]. A center that is not finite is none.
pub(crate) fn read<V: Vector>(centers: Rows, anchors: &mut [f32]) -> bool {
    let dim = centers.dim();
    centers.count() <= dim
        && anchors.iter_mut().enumerate().all(|(j, anchor)| {
            let center = centers.row(j);
            *anchor = item(center, j);
            anchor.is_finite() && is_zero::<V>(slice(center, 0, j)) && is_zero::<V>(slice(center, j + 1, dim - j - 1))
        })
}

#[inline(never)]
fn is_zero<V: Vector>(values: &[f32]) -> bool {
    let (lanes, rest) = values.as_chunks();
    let bits = lanes.iter().fold(V::load_partial(rest).bits(), |bits, values| bits.or(V::load(values).bits()));
    // The signs of zeros are shifted out.
    V::from_signed(bits.shift_left(1)).to_array().iter().all(|value| *value == 0.0)
}

/// distances[j] = d²_j
#[inline(never)]
pub(crate) fn distances<V: Vector>(x: &[f32], anchors: &[f32], distances: &mut [f32]) {
    let norm = squared_norm::<V>(x);
    let (whole, half) = (V::splat(round_to_f32(norm)), round_to_f32(0.5 * norm));
    for start in (0..anchors.len()).step_by(CHUNK_LEN) {
        let len = CHUNK_LEN.min(anchors.len() - start);
        let least = Cell::new(V::splat(f32::INFINITY));
        for_lanes::<V, 2, 1>(
            [slice(x, start, len), slice(anchors, start, len)],
            [slice_mut(distances, start, len)],
            |[x, anchor], _| {
                let (rest, offset) = (whole.sub(x.mul(x)), x.sub(anchor));
                least.set(least.get().min_or_self(rest));
                [offset.mul_add(offset, rest)]
            },
        );
        if least.get().min_lane() >= half {
            continue;
        }
        for j in start..start + len {
            let value = item(x, j);
            if f64::from(value * value) > 0.49 * norm {
                let rest = squared_norm::<V>(slice(x, 0, j)) + squared_norm::<V>(slice(x, j + 1, x.len() - j - 1));
                let offset = f64::from(value) - f64::from(item(anchors, j));
                *item_mut(distances, j) = round_to_f32(offset * offset + rest);
            }
        }
    }
}

/// grad ← Σ_j f_j·(x − c_j), which is 0 already if all factors are. `factors` changes.
#[inline(never)]
pub(crate) fn gradient<V: Vector>(x: &[f32], anchors: &[f32], factors: &mut [f32], class: usize, grad: &mut [f32]) {
    let own = f64::from(core::mem::take(item_mut(factors, class)));
    let others = sum::<V>(factors);
    if own == 0.0 && others == 0.0 {
        // 0·NaN would be NaN.
        return;
    }
    let (total, half) = (V::splat(round_to_f32(own + others)), round_to_f32(0.5 * others));
    let (head, tail) = split_mut(grad, anchors.len());
    let at = |k: usize, rest: f64, factor: f64| {
        let x = f64::from(item(x, k));
        round_to_f32(rest * x + factor * (x - f64::from(item(anchors, k))))
    };
    for start in (0..anchors.len()).step_by(CHUNK_LEN) {
        let len = CHUNK_LEN.min(anchors.len() - start);
        let least = Cell::new(V::splat(0.0));
        for_lanes::<V, 3, 1>(
            [slice(x, start, len), slice(anchors, start, len), slice(factors, start, len)],
            [slice_mut(head, start, len)],
            |[x, anchor, factor], _| {
                least.set(least.get().min_or_self(factor));
                [factor.mul_add(x.sub(anchor), total.sub(factor).mul(x))]
            },
        );
        if least.get().min_lane() >= half {
            continue;
        }
        for k in start..start + len {
            let factor = item(factors, k);
            if factor < half {
                *item_mut(head, k) = at(k, own + sum_of_others::<V>(factors, k), factor.into());
            }
        }
    }
    *item_mut(head, class) = at(class, others, own);
    for_lanes::<V, 1, 1>([slice(x, anchors.len(), tail.len())], [tail], |[x], _| [total.mul(x)]);
}
