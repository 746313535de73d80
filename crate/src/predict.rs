//! The nearest center of each row.

use crate::shape::{Rows, at_mut, part_mut};
use crate::tiles::for_each_block;
use crate::vector::Vector;

/// What stands for the class of a row that has no finite distance.
pub const NO_CLASS: i32 = -1;

/// Rows that keep their running minimum on the stack while the centers pass.
const ROWS_AT_ONCE: usize = 64;

/// argmin_j ‖x_i − c_j‖², the lowest j among equals; [`NO_CLASS`] for a row with no finite distance. No distance
/// matrix is kept.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
pub fn predict<V: Vector>(x: Rows, centers: Rows, classes: &mut [i32]) {
    classes.fill(NO_CLASS);
    for start in (0..x.count()).step_by(ROWS_AT_ONCE) {
        let x = x.part(start, ROWS_AT_ONCE);
        let classes = part_mut(classes, start, x.count());
        let mut nearest = [f32::INFINITY; ROWS_AT_ONCE];
        for_each_block::<V>(x, centers, &mut |row, first, distances| {
            let (nearest, class) = (at_mut(&mut nearest, row), at_mut(classes, row));
            for (offset, &distance) in distances.iter().enumerate() {
                if distance < *nearest {
                    *nearest = distance;
                    *class = (first + offset) as i32;
                }
            }
        });
    }
}
