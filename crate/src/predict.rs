//! The nearest center of each row.

use crate::shape::Rows;
use crate::tiles::for_each_block;
use crate::vector::Vector;

/// What stands for the class of a row that has no finite distance.
pub const NO_CLASS: i32 = -1;

/// Rows that keep their running minimum on the stack while the centers pass.
const ROWS_AT_ONCE: usize = 64;

/// argmin_j ‖x_i − c_j‖², the lowest j among equals; [`NO_CLASS`] for a row with no finite distance. No distance
/// matrix is kept.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
pub fn predict<V: Vector>(x: &[f32], centers: Rows, classes: &mut [i32]) {
    let dim = centers.dim();
    for (x, classes) in x.chunks(ROWS_AT_ONCE * dim).zip(classes.chunks_mut(ROWS_AT_ONCE)) {
        let mut nearest = [f32::INFINITY; ROWS_AT_ONCE];
        classes.fill(NO_CLASS);
        for_each_block::<V>(Rows::new(x, dim), centers, |row, first, distances| {
            for (offset, &distance) in distances.iter().enumerate() {
                if distance < nearest[row] {
                    nearest[row] = distance;
                    classes[row] = (first + offset) as i32;
                }
            }
        });
    }
}
