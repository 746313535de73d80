//! Classes that occur in a batch, each with a slot.
//!
//! The time is O(B) and does not grow with the number of classes C: the caller keeps the one table of C entries, which
//! holds [`NO_SLOT`] everywhere between calls.

use crate::rows::row_sums::RowSum;
use crate::rows::shape::{class_of, item, item_mut, slice};

/// Slot of a class that does not occur in the batch.
pub const NO_SLOT: u32 = u32::MAX;

/// Classes of a batch, in the order of their first rows.
#[derive(Debug)]
pub struct BatchClasses<'a> {
    class_slots: &'a mut [u32],
    classes: &'a mut [BatchClass],
    len: usize,
}

/// One class of the batch.
#[cfg_attr(target_arch = "wasm32", derive(bytemuck::Zeroable))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct BatchClass {
    pub class: u32,
    /// Number of its rows in the batch that are not consumed yet.
    rows_left: u32,
    pub(crate) sum: RowSum,
}

impl BatchClass {
    /// Counts one row as consumed. Returns true for the last row.
    #[inline]
    pub(crate) fn consume_row(&mut self) -> bool {
        self.rows_left -= 1;
        self.rows_left == 0
    }
}

impl<'a> BatchClasses<'a> {
    /// Largest number of classes that can occur in `rows` rows.
    #[must_use]
    pub fn capacity(rows: usize, n_classes: usize) -> usize {
        rows.min(n_classes)
    }

    /// Finds the classes of the rows that have one. `class_slots` [C] holds [`NO_SLOT`] everywhere. `classes` has the
    /// length [`BatchClasses::capacity`], with any content.
    #[allow(clippy::cast_possible_truncation, reason = "rows and classes fit the 32 bits of a wasm address")]
    #[must_use]
    pub fn new(labels: &[i32], class_slots: &'a mut [u32], classes: &'a mut [BatchClass]) -> Self {
        let mut len = 0;
        for &label in labels {
            let Some(class) = class_of(label, class_slots.len()) else { continue };
            let slot = item_mut(class_slots, class);
            if *slot == NO_SLOT {
                *slot = len as u32;
                *item_mut(classes, len) = BatchClass { class: class as u32, rows_left: 1, sum: RowSum::default() };
                len += 1;
            } else {
                item_mut(classes, *slot as usize).rows_left += 1;
            }
        }
        Self { class_slots, classes, len }
    }

    #[must_use]
    pub fn as_slice(&self) -> &[BatchClass] {
        slice(self.classes, 0, self.len)
    }

    /// Slot of a class; [`NO_SLOT`] if it does not occur in the batch.
    #[must_use]
    #[inline]
    pub fn slot(&self, class: usize) -> usize {
        item(self.class_slots, class) as usize
    }

    #[inline]
    pub(crate) fn get(&mut self, slot: usize) -> &mut BatchClass {
        item_mut(self.classes, slot)
    }
}

impl Drop for BatchClasses<'_> {
    /// Sets `class_slots` back to [`NO_SLOT`].
    fn drop(&mut self) {
        for batch_class in slice(self.classes, 0, self.len) {
            *item_mut(self.class_slots, batch_class.class as usize) = NO_SLOT;
        }
    }
}
