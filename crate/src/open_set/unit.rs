//! Rows as directions.

use crate::shape::{Rows, at_mut, part_mut};
use crate::vector::{sqrt, trap};

/// Writes row/‖row‖ for each row to `room`, which has `dim + 1` places a row, and returns these directions and what they
/// lack: 1 for a row of zeros, which has none and stays so, else 0.
#[inline(never)]
pub(crate) fn normalize<'a>(rows: Rows, room: &'a mut [f32]) -> (Rows<'a>, &'a [f32]) {
    let (count, dim) = (rows.count(), rows.dim());
    let Some((lack, units)) = part_mut(room, 0, count * (dim + 1)).split_at_mut_checked(count) else { trap() };
    for row in 0..count {
        // Of `f32` values, squares neither overflow in `f64` nor underflow.
        let square: f64 = rows.row(row).iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
        let inverse = if square == 0.0 { 0.0 } else { 1.0 / sqrt(square) };
        *at_mut(lack, row) = if square == 0.0 { 1.0 } else { 0.0 };
        for (unit, value) in part_mut(units, row * dim, dim).iter_mut().zip(rows.row(row)) {
            #[allow(clippy::cast_possible_truncation, reason = "directions are float32")]
            let value = (f64::from(*value) * inverse) as f32;
            *unit = value;
        }
    }
    (Rows::new(units, dim), lack)
}
